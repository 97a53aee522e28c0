import type { Batch, Gap as GapShape } from '../../src/feed/subscription.ts'
import { type Change as ChangeShape, subjectNodeIdOf } from '../../src/model/change.ts'
import { assumedListRows, builder, inPartnerGraph, notInPartnerGraph } from '../builder.ts'
import type { GraphContext } from '../context.ts'
import { AccessMethodEnum, ChangeKindEnum, ChangeOriginEnum, GapReasonEnum } from '../types/enums.ts'
import { Issue } from '../types/issue.ts'
import {
  AcsCredential,
  AcsEntrance,
  AcsSystem,
  AcsUser,
  ConnectedAccount,
  ConnectWebview,
} from '../types/object-refs.ts'

const typeNameBySubject = {
  CREDENTIAL: 'CredentialChange',
  USER: 'UserChange',
  ENTRANCE: 'EntranceChange',
  CONNECTION: 'ConnectionChange',
} as const

export const Change = builder.interfaceRef<ChangeShape>('Change')

Change.implement({
  description:
    'Change to an object. All changes of a workspace have one order, the order of the change journal.',
  resolveType: (change) => typeNameBySubject[change.subject],
  fields: (t) => ({
    id: t.id({
      description:
        'Opaque ID of the change. Stable, and the same for every viewer, until the change journal is replaced.',
      resolve: (change) => Buffer.from(`Change:${change.offset}`).toString('base64url'),
    }),
    cursor: t.field({
      type: 'Cursor',
      description: 'Position in the change journal directly after this change.',
      resolve: (change, _args, { changeLog }) => changeLog.cursorAt(change.offset),
    }),
    subjectId: t.id({
      description:
        'Node ID (`Node.id`) of the changed ACS user, credential, entrance, ACS system, connected account or Connect Webview. Also set after the object is deleted. A client with a normalized cache removes this object if `kind` is `DELETED`.',
      resolve: subjectNodeIdOf,
    }),
    kind: t.field({ type: ChangeKindEnum, description: 'Kind of change.', resolve: (change) => change.kind }),
    occurredAt: t.field({
      type: 'DateTime',
      description:
        'Time of the change according to Seam, or the time at which the gateway detected it if Seam does not report the time.',
      resolve: (change) => change.occurredAt,
    }),
    origin: t.field({
      type: ChangeOriginEnum,
      description: 'How the gateway learned about the change.',
      resolve: (change) => change.origin,
    }),
    actor: t.string({
      subGraphs: notInPartnerGraph,
      nullable: true,
      description:
        'Name of the API key, or `jwt:` followed by the subject of the token, that made the change through this gateway. `null` if the change was not made through this gateway, or if the viewer does not have the `audit` scope.',
      resolve: (change, _args, { viewer }) => (viewer.scopes.has('audit') ? change.actor : null),
    }),
    seamEventId: t.id({
      nullable: true,
      description:
        'ID of the event in Seam (`event_id`), or `null` if the change does not come from an event.',
      resolve: (change) => change.seamEventId,
    }),
  }),
})

const changedFieldsText =
  'Names of the changed fields, as they are called in this graph. Empty if Seam does not report which fields changed.'

export const CredentialChange = builder.objectRef<ChangeShape>('CredentialChange').implement({
  description: 'Change to a credential.',
  interfaces: [Change],
  fields: (t) => ({
    credentialId: t.id({
      description:
        'ID of the credential in Seam (`acs_credential_id`). Also set after the credential is deleted.',
      resolve: (change) => change.acsCredentialId ?? '',
    }),
    credential: t.field({
      type: AcsCredential,
      nullable: true,
      description:
        'Current state of the credential, which includes at least this change, or `null` if the credential is deleted.',
      resolve: ({ acsCredentialId: id, kind }, _args, { view }) =>
        id === null || kind === 'DELETED' ? null : view.credential(id),
    }),
    recordedAcsUserId: t.id({
      nullable: true,
      description:
        'ID in Seam (`acs_user_id`) of the ACS user that the credential was assigned to when the change was recorded. `null` if the credential was unassigned or the ACS user was unknown at that time.',
      resolve: (change) => change.acsUserId,
    }),
    recordedAcsUser: t.field({
      type: AcsUser,
      nullable: true,
      description:
        "Current state of the ACS user in `recordedAcsUserId`. Also set after the credential is deleted. `null` if `recordedAcsUserId` is `null`, or the ACS user is deleted or outside the viewer's access scope.",
      resolve: ({ acsUserId: id }, _args, { view }) => (id === null ? null : view.user(id)),
    }),
    recordedAcsEntranceIds: t.idList({
      nullable: true,
      description:
        'IDs in Seam (`acs_entrance_id`) of the entrances that the credential unlocked when the change was recorded. `null` if the entrances were unknown at that time. The gateway knows them only for ACS systems whose entrances were recently queried or subscribed to.',
      resolve: (change) => (change.acsEntranceIds === null ? null : [...change.acsEntranceIds]),
    }),
    recordedAccessMethod: t.field({
      type: AccessMethodEnum,
      nullable: true,
      description:
        'Access method of the credential when the change was recorded. Also set after the credential is deleted. `null` if the access method was unknown at that time, or an earlier version of the gateway recorded the change.',
      resolve: (change) => change.accessMethod ?? null,
    }),
    changedFields: t.stringList({
      description: changedFieldsText,
      resolve: (change) => [...change.changedFields],
    }),
  }),
})

const UserChange = builder.objectRef<ChangeShape>('UserChange').implement({
  description: 'Change to an ACS user.',
  interfaces: [Change],
  fields: (t) => ({
    acsUserId: t.id({
      description: 'ID of the ACS user in Seam (`acs_user_id`). Also set after the ACS user is deleted.',
      resolve: (change) => change.acsUserId ?? '',
    }),
    acsUser: t.field({
      type: AcsUser,
      nullable: true,
      description:
        'Current state of the ACS user, which includes at least this change, or `null` if the ACS user is deleted.',
      resolve: ({ acsUserId: id, kind }, _args, { view }) =>
        id === null || kind === 'DELETED' ? null : view.user(id),
    }),
    changedFields: t.stringList({
      description: changedFieldsText,
      resolve: (change) => [...change.changedFields],
    }),
  }),
})

const EntranceChange = builder.objectRef<ChangeShape>('EntranceChange').implement({
  description: 'Change to an entrance.',
  interfaces: [Change],
  fields: (t) => ({
    acsEntranceId: t.id({
      description: 'ID of the entrance in Seam (`acs_entrance_id`). Also set after the entrance is removed.',
      resolve: (change) => change.acsEntranceIds?.[0] ?? '',
    }),
    acsEntrance: t.field({
      type: AcsEntrance,
      nullable: true,
      description:
        'Current state of the entrance, which includes at least this change, or `null` if the entrance is removed.',
      resolve: ({ acsEntranceIds, kind }, _args, { view }) => {
        const id = acsEntranceIds?.[0]
        return id === undefined || kind === 'DELETED' ? null : view.entrance(id)
      },
    }),
    changedFields: t.stringList({
      description: changedFieldsText,
      resolve: (change) => [...change.changedFields],
    }),
  }),
})

const ConnectionChange = builder.objectRef<ChangeShape>('ConnectionChange').implement({
  description: 'Change to a connected account, an ACS system or a Connect Webview.',
  interfaces: [Change],
  fields: (t) => ({
    connectedAccount: t.field({
      type: ConnectedAccount,
      nullable: true,
      description:
        "Connected account that the change applies to. `null` if the change does not apply to one, or the connected account is deleted or outside the viewer's access scope.",
      resolve: ({ connectedAccountId: id }, _args, { view }) => (id === null ? null : view.account(id)),
    }),
    acsSystem: t.field({
      type: AcsSystem,
      nullable: true,
      description:
        "ACS system that the change applies to. `null` if the change does not apply to one, or the ACS system is deleted or outside the viewer's access scope.",
      resolve: ({ acsSystemId: id }, _args, { view }) => (id === null ? null : view.system(id)),
    }),
    connectWebview: t.field({
      type: ConnectWebview,
      nullable: true,
      description:
        "Connect Webview that the change applies to. `null` if the change does not apply to one, or the Connect Webview is deleted or outside the viewer's access scope.",
      resolve: ({ connectWebviewId: id }, _args, { view }) => (id === null ? null : view.webview(id)),
    }),
    problem: t.field({
      type: Issue,
      nullable: true,
      description: 'Problem that the change reports, with advice, or `null` if it does not report one.',
      resolve: (change) => change.problem,
    }),
  }),
})

const Gap = builder.objectRef<GapShape>('Gap').implement({
  description:
    'Gap in a feed: changes before this batch cannot be delivered. Fetch the displayed data again, then continue with the batches that follow.',
  fields: (t) => ({
    reason: t.field({
      type: GapReasonEnum,
      description: 'Reason for the gap.',
      resolve: (gap) => gap.reason,
    }),
    missed: t.exposeInt('missed', {
      nullable: true,
      description: 'Number of missed changes, or `null` if it is unknown.',
    }),
  }),
})

/** Creates the object type of a feed: a batch of changes of one type. */
function createFeedType(name: string, type: typeof Change | typeof CredentialChange, subjectText: string) {
  return builder.objectRef<Batch>(name).implement({
    description: `Batch of ${subjectText}. An empty batch is sent immediately after subscribing and at least every 15 seconds. It advances the cursor.`,
    fields: (t) => ({
      cursor: t.field({
        type: 'Cursor',
        description:
          'Position after this batch. Store it, and pass it as `after` to resume the subscription.',
        resolve: (batch) => batch.cursor,
      }),
      gap: t.field({
        type: Gap,
        nullable: true,
        description: 'Gap before this batch, or `null` if no changes are missing.',
        resolve: (batch) => batch.gap,
      }),
      changes: t.field({
        type: [type as typeof Change],
        description: 'Changes in the order of the change journal.',
        complexity: { multiplier: assumedListRows },
        resolve: (batch) => [...batch.changes],
      }),
    }),
  })
}

export const ChangeFeed = createFeedType('ChangeFeed', Change, 'changes to objects of all types')
export const CredentialFeed = createFeedType('CredentialFeed', CredentialChange, 'changes to credentials')
export const UserFeed = createFeedType('UserFeed', UserChange, 'changes to ACS users')
export const EntranceFeed = createFeedType('EntranceFeed', EntranceChange, 'changes to entrances')
export const ConnectionFeed = createFeedType(
  'ConnectionFeed',
  ConnectionChange,
  'changes to connected accounts, ACS systems and Connect Webviews',
)

builder.queryField('cursor', (t) =>
  t.field({
    subGraphs: inPartnerGraph,
    type: 'Cursor',
    description:
      'Position in the change journal. All data in this response includes at least the changes up to this position. To receive every later change, pass it as `after` to a subscription.',
    resolve: (_root: unknown, _args: unknown, { cursor }: GraphContext) => cursor,
  }),
)
