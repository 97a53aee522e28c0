import type { Batch, Gap as GapShape } from '../src/feed/batch.ts'
import type { Change as ChangeShape } from '../src/model/change.ts'
import { builder, forOperators, forPartners, unpagedRows } from './builder.ts'
import type { GraphContext } from './context.ts'
import { ChangeKindEnum, ChangeOriginEnum, GapReasonEnum } from './enums.ts'
import { Issue } from './issue.ts'
import { AcsCredential, AcsEntrance, AcsSystem, AcsUser, ConnectedAccount, ConnectWebview } from './refs.ts'

const typeNames = {
  CREDENTIAL: 'CredentialChange',
  USER: 'UserChange',
  ENTRANCE: 'EntranceChange',
  CONNECTION: 'ConnectionChange',
} as const

export const Change = builder.interfaceRef<ChangeShape>('Change')

Change.implement({
  description: 'One thing that became different. Changes have one order, that of the journal.',
  resolveType: (change) => typeNames[change.subject],
  fields: (t) => ({
    id: t.id({
      description: 'The same for everybody and for ever, within one journal.',
      resolve: (change) => Buffer.from(`Change:${change.offset}`).toString('base64url'),
    }),
    cursor: t.field({
      type: 'Cursor',
      description: 'The position right after it.',
      resolve: (change, _args, { log }) => log.cursorAt(change.offset),
    }),
    kind: t.field({ type: ChangeKindEnum, description: 'What happened.', resolve: (change) => change.kind }),
    occurredAt: t.field({
      type: 'DateTime',
      description: 'When it happened, as far as Seam says.',
      resolve: (change) => change.occurredAt,
    }),
    origin: t.field({
      type: ChangeOriginEnum,
      description: 'How the gateway learnt of it.',
      resolve: (change) => change.origin,
    }),
    actor: t.string({
      subGraphs: forOperators,
      nullable: true,
      description:
        'Name of the key that made it through this gateway, to viewers with `audit`; `null` otherwise, and where it came from elsewhere.',
      resolve: (change, _args, { viewer }) => (viewer.scopes.has('audit') ? change.actor : null),
    }),
    seamEventId: t.id({
      nullable: true,
      description: "Seam's `event_id`, where an event told it.",
      resolve: (change) => change.seamEventId,
    }),
  }),
})

const changedFields = 'Names of the fields of the graph that differ; empty where Seam did not say.'

export const CredentialChange = builder.objectRef<ChangeShape>('CredentialChange').implement({
  description: 'A credential became different.',
  interfaces: [Change],
  fields: (t) => ({
    credentialId: t.id({
      description: "Seam's own id of the credential, also once it is gone: `acs_credential_id`.",
      resolve: (change) => change.acsCredentialId ?? '',
    }),
    credential: t.field({
      type: AcsCredential,
      nullable: true,
      description: 'The credential as it is now, at least as new as this change; `null` once it is gone.',
      resolve: ({ acsCredentialId: id, kind }, _args, { view }) =>
        id === null || kind === 'DELETED' ? null : view.credential(id),
    }),
    changedFields: t.stringList({
      description: changedFields,
      resolve: (change) => [...change.changedFields],
    }),
  }),
})

const UserChange = builder.objectRef<ChangeShape>('UserChange').implement({
  description: 'A person became different.',
  interfaces: [Change],
  fields: (t) => ({
    acsUserId: t.id({
      description: "Seam's own id of the person, also once they are gone: `acs_user_id`.",
      resolve: (change) => change.acsUserId ?? '',
    }),
    acsUser: t.field({
      type: AcsUser,
      nullable: true,
      description: 'The person as they are now, at least as new as this change; `null` once they are gone.',
      resolve: ({ acsUserId: id, kind }, _args, { view }) =>
        id === null || kind === 'DELETED' ? null : view.user(id),
    }),
    changedFields: t.stringList({
      description: changedFields,
      resolve: (change) => [...change.changedFields],
    }),
  }),
})

const EntranceChange = builder.objectRef<ChangeShape>('EntranceChange').implement({
  description: 'A door became different.',
  interfaces: [Change],
  fields: (t) => ({
    acsEntranceId: t.id({
      description: "Seam's own id of the door, also once it is gone: `acs_entrance_id`.",
      resolve: (change) => change.acsEntranceIds?.[0] ?? '',
    }),
    acsEntrance: t.field({
      type: AcsEntrance,
      nullable: true,
      description: 'The door as it is now, at least as new as this change; `null` once it is gone.',
      resolve: ({ acsEntranceIds, kind }, _args, { view }) => {
        const id = acsEntranceIds?.[0]
        return id === undefined || kind === 'DELETED' ? null : view.entrance(id)
      },
    }),
    changedFields: t.stringList({
      description: changedFields,
      resolve: (change) => [...change.changedFields],
    }),
  }),
})

const ConnectionChange = builder.objectRef<ChangeShape>('ConnectionChange').implement({
  description: 'A connected account, an ACS system or a Connect Webview became different.',
  interfaces: [Change],
  fields: (t) => ({
    connectedAccount: t.field({
      type: ConnectedAccount,
      nullable: true,
      description: 'The account it is about, if it is about one and that is still there.',
      resolve: ({ connectedAccountId: id }, _args, { view }) => (id === null ? null : view.account(id)),
    }),
    acsSystem: t.field({
      type: AcsSystem,
      nullable: true,
      description: 'The system it is about, if it is about one.',
      resolve: ({ acsSystemId: id }, _args, { view }) => (id === null ? null : view.system(id)),
    }),
    connectWebview: t.field({
      type: ConnectWebview,
      nullable: true,
      description: 'The Connect Webview it is about, if it is about one.',
      resolve: ({ connectWebviewId: id }, _args, { view }) => (id === null ? null : view.webview(id)),
    }),
    problem: t.field({
      type: Issue,
      nullable: true,
      description: 'What is wrong, with what to do about it.',
      resolve: (change) => change.problem,
    }),
  }),
})

const Gap = builder.objectRef<GapShape>('Gap').implement({
  description: 'Something is missing before this batch. Fetch what you show anew, then go on.',
  fields: (t) => ({
    reason: t.field({ type: GapReasonEnum, description: 'Why.', resolve: (gap) => gap.reason }),
    missed: t.exposeInt('missed', { nullable: true, description: 'How many changes, where that is known.' }),
  }),
})

/** Makes one feed: a batch of changes of one type. */
function feedOf(name: string, type: typeof Change | typeof CredentialChange, things: string) {
  return builder.objectRef<Batch>(name).implement({
    description: `A batch of changes of ${things}. Empty ones come at once after subscribing and at least every 15 seconds, and move the cursor on.`,
    fields: (t) => ({
      cursor: t.field({
        type: 'Cursor',
        description: 'The position after this batch. Keep it, and subscribe `after` it to resume.',
        resolve: (batch) => batch.cursor,
      }),
      gap: t.field({
        type: Gap,
        nullable: true,
        description: 'Not `null` when something is missing before this batch.',
        resolve: (batch) => batch.gap,
      }),
      changes: t.field({
        type: [type as typeof Change],
        description: 'What became different, in order.',
        complexity: { multiplier: unpagedRows },
        resolve: (batch) => [...batch.changes],
      }),
    }),
  })
}

export const ChangeFeed = feedOf('ChangeFeed', Change, 'everything')
export const CredentialFeed = feedOf('CredentialFeed', CredentialChange, 'credentials')
export const UserFeed = feedOf('UserFeed', UserChange, 'people')
export const EntranceFeed = feedOf('EntranceFeed', EntranceChange, 'doors')
export const ConnectionFeed = feedOf('ConnectionFeed', ConnectionChange, 'connections')

builder.queryField('cursor', (t) =>
  t.field({
    subGraphs: forPartners,
    type: 'Cursor',
    description:
      'Everything in this response is at least as new as this position. Subscribe `after` it, and nothing between is missed.',
    resolve: (_root: unknown, _args: unknown, { cursor }: GraphContext) => cursor,
  }),
)
