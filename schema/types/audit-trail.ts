import type { AuditCriteria } from '../../src/commands/records/audit-trail.ts'
import {
  type AuditActorKind,
  type AuditOutcome,
  type AuditRecord as AuditRecordShape,
  type AuditTargetType,
  auditSortKey,
} from '../../src/model/audit.ts'
import { type PageRequest, readPageSize } from '../../src/model/paging.ts'
import { builder } from '../builder.ts'
import type { GraphContext } from '../context.ts'
import { createBadInputError, rethrowPageError } from '../graph-errors.ts'
import {
  type ConnectionPage,
  computePageComplexity,
  createConnectionType,
  createPageArguments,
} from '../lists/relay-connection.ts'
import { toEnumValues } from './enums.ts'

const AuditActorKindEnum = builder.enumType('AuditActorKind', {
  description: 'How an actor was authenticated.',
  values: toEnumValues<AuditActorKind>({
    API_KEY: 'By an API key.',
    TOKEN: 'By a JSON Web Token (JWT) of the configured issuer.',
    DEMO: 'Not authenticated: demo access to the bundled sandbox.',
    COMMAND_LINE: "Not authenticated by the gateway: a user of the gateway's command line.",
  }),
})

const AuditOutcomeEnum = builder.enumType('AuditOutcome', {
  description: 'Outcome of an action.',
  values: toEnumValues<AuditOutcome>({
    DONE: 'The action is complete.',
    SCHEDULED: 'The action is scheduled. Another record is created when it is carried out.',
    PARTLY_DONE: 'Some steps are complete; at least one other step failed or was rejected.',
    UNDONE: 'The steps that were complete were rolled back.',
  }),
})

const AuditTargetTypeEnum = builder.enumType('AuditTargetType', {
  description: 'Type of object that an action applies to.',
  values: toEnumValues<AuditTargetType>({
    ACS_USER: 'An ACS user.',
    ACS_CREDENTIAL: 'A credential.',
    USER_IDENTITY: 'A user identity.',
    CONNECT_WEBVIEW: 'A Connect Webview.',
    CONNECTED_ACCOUNT: 'A connected account.',
    WEBHOOK_ENDPOINT: 'A webhook endpoint of this gateway.',
    API_KEY: 'An API key of this gateway.',
    JOURNAL: 'The change journal of this gateway: the key that signs its cursors, or the journal itself.',
  }),
})

const AuditDetail = builder
  .objectRef<{ readonly name: string; readonly value: string }>('AuditDetail')
  .implement({
    description: 'ID, time or setting that belongs to an action.',
    fields: (t) => ({
      name: t.exposeString('name', { description: 'Name, such as `expiresAt` or `scopes`.' }),
      value: t.exposeString('value', { description: 'Value. The items of a list are separated by spaces.' }),
    }),
  })

const AuditRecord = builder.objectRef<AuditRecordShape>('AuditRecord').implement({
  description:
    'Record of an action that was carried out through this gateway or on its command line and that changed data or permissions. Never contains PINs, tokens, API keys or secrets.',
  fields: (t) => ({
    id: t.exposeID('id', {
      description: 'Unique ID. A repeated request does not create a second record of the same action.',
    }),
    at: t.field({ type: 'DateTime', description: 'Time of the action, in UTC.', resolve: ({ at }) => at }),
    actor: t.exposeString('actor', {
      description:
        "Name of the API key; `jwt:` followed by the subject of the token; or the operating system's name of the user of the command line.",
    }),
    actorKind: t.field({
      type: AuditActorKindEnum,
      description: 'How the actor was authenticated.',
      resolve: ({ actorKind }) => actorKind,
    }),
    action: t.exposeString('action', {
      description:
        'Name of the mutation, such as `moveIn`, or of the command on the command line, such as `keys create`.',
    }),
    outcome: t.field({
      type: AuditOutcomeEnum,
      description: 'Outcome of the action.',
      resolve: ({ outcome }) => outcome,
    }),
    targetType: t.field({
      type: AuditTargetTypeEnum,
      description: 'Type of the object that the action applies to.',
      resolve: ({ targetType }) => targetType,
    }),
    targetId: t.exposeString('targetId', {
      nullable: true,
      description:
        "ID of the object: Seam's ID, or the ID of the API key or webhook endpoint. Kept after the object is deleted. `null` if the object has no ID.",
    }),
    acsUserId: t.exposeString('acsUserId', {
      nullable: true,
      description:
        'ID of the ACS user in Seam (`acs_user_id`), or `null` if the action does not apply to one ACS user.',
    }),
    acsSystemIds: t.exposeStringList('acsSystemIds', {
      nullable: true,
      description:
        'IDs of the ACS systems in Seam (`acs_system_id`) that the action applies to, or `null` if it applies to the whole workspace.',
    }),
    details: t.field({
      type: [AuditDetail],
      description: 'IDs, times and settings of the action.',
      resolve: ({ details }) => Object.entries(details).map(([name, value]) => ({ name, value })),
    }),
  }),
})

const AuditFilter = builder.inputType('AuditFilter', {
  description: 'Filter for audit records. All given conditions must be met.',
  fields: (t) => ({
    actor: t.string({
      description: 'Only actions of this actor; see `AuditRecord.actor`. The value must match exactly.',
    }),
    action: t.string({
      description:
        'Only this action, such as `createClientSession` or `keys revoke`. The value must match exactly.',
    }),
    targetId: t.string({ description: 'Only actions on the object with this `targetId`.' }),
    acsUserId: t.string({
      description: 'Only actions that apply to the ACS user with this ID in Seam (`acs_user_id`).',
    }),
    since: t.field({ type: 'DateTime', description: 'Only actions at or after this time.' }),
    until: t.field({ type: 'DateTime', description: 'Only actions before this time.' }),
  }),
})

const AuditRecordConnection = createConnectionType('AuditRecord', AuditRecord, 'audit records')

/** Added to the complexity of an operation that searches and counts audit records. */
const searchComplexity = 10_000

builder.queryField('auditTrail', (t) =>
  t.field({
    type: AuditRecordConnection,
    description:
      "Audit trail: which actor did what, when and to which object, newest first. Contains a record only if all objects that it applies to are in the viewer's access scope. Records are kept as long as `AUDIT_RETENTION_DAYS` and `AUDIT_RETENTION_RECORDS` of the gateway define. Adds 10,000 to the complexity of the operation. Requires the `read` and `audit` scopes.",
    authScopes: { scope: 'audit' },
    args: {
      filter: t.arg({ type: AuditFilter, description: 'Conditions that the returned records must meet.' }),
      ...createPageArguments(t.arg),
    },
    complexity: (args) => ({ ...computePageComplexity(args), field: searchComplexity }),
    resolve: (_root, { filter, ...request }, context) => loadAuditPage(filter ?? {}, request, context),
  }),
)

async function loadAuditPage(
  criteria: AuditCriteria,
  request: PageRequest,
  { auditTrail, viewer }: GraphContext,
): Promise<ConnectionPage<AuditRecordShape>> {
  const { size, isBackward } = rethrowPageError(() => readPageSize(request))
  const olderThan = readAuditCursor('after', request.after)
  const newerThan = readAuditCursor('before', request.before)
  const range = { newerThan, olderThan, isNewestFirst: !isBackward }
  const records = await auditTrail.find(viewer, criteria, { ...range, limit: size + 1 })
  const hasMore = records.length > size
  const pageRecords = records.slice(0, size)
  const rows = isBackward ? pageRecords.reverse() : pageRecords
  const hasAny = async (range: { newerThan: string | null; olderThan: string | null }) =>
    (await auditTrail.find(viewer, criteria, { ...range, limit: 1, isNewestFirst: true })).length > 0
  const edgeKeys = [rows[0], rows.at(-1)].map((row) => (row === undefined ? null : auditSortKey(row)))
  const [newest = null, oldest = null] = edgeKeys
  const hasOlder = () =>
    oldest === null ? Promise.resolve(false) : hasAny({ newerThan: null, olderThan: oldest })
  const hasNewer = () =>
    newest === null ? Promise.resolve(false) : hasAny({ newerThan: newest, olderThan: null })
  return {
    rows,
    totalCount: () => auditTrail.count(viewer, criteria),
    hasNextPage: !isBackward ? hasMore : hasOlder,
    hasPreviousPage: isBackward ? hasMore : hasNewer,
    cursorOf: (record) => Buffer.from(auditSortKey(record)).toString('base64url'),
  }
}

/** Reads a cursor of the audit trail. Throws a `GraphQLError` (`BAD_USER_INPUT`) if the text is not such a cursor. */
function readAuditCursor(argument: string, cursor: string | null | undefined): string | null {
  if (!cursor) return null
  const sortKey = Buffer.from(cursor, 'base64url').toString('utf8')
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z .+$/.test(sortKey)) return sortKey
  throw createBadInputError(
    argument,
    `\`${argument}\` is not a cursor of the audit trail. Use a cursor from \`pageInfo\` or \`edges\`.`,
  )
}
