import type { ChangeKind, ChangeOrigin, ChangeSubject, NewChange } from './change.ts'
import type { Issue } from './entities.ts'
import type { NodeType, SeamId } from './ids.ts'

/** An event of Seam, as a webhook or `events/list` contains it. Its further fields depend on its type. */
export type SeamEvent = {
  readonly event_id: string
  readonly event_type: string
  readonly workspace_id: string
  readonly created_at: string
  readonly occurred_at: string
  readonly [key: string]: unknown
}

/** Whether an event belongs to a workspace, whose id is in lower case. An event without a workspace belongs to none. */
export function isOfWorkspace(event: Pick<SeamEvent, 'workspace_id'>, workspaceId: string): boolean {
  const id: unknown = event.workspace_id
  return typeof id === 'string' && id.toLowerCase() === workspaceId
}

/** Meaning of an event type: the type of the changed object, the event's field with the object's id, and the kind of change. */
type EventRule = {
  readonly subject: ChangeSubject
  readonly idKey: string
  readonly kind: ChangeKind
  readonly changedFields?: readonly string[]
  readonly problem?: ProblemSource
}

/** The event's lists of errors and warnings, in order of preference, and the issue to use if all lists are empty. */
type ProblemSource = { readonly listNames: readonly string[]; readonly fallback: Issue }

const credential = { subject: 'CREDENTIAL', idKey: 'acs_credential_id' } as const
const user = { subject: 'USER', idKey: 'acs_user_id' } as const
const entrance = { subject: 'ENTRANCE', idKey: 'acs_entrance_id' } as const
const system = { subject: 'CONNECTION', idKey: 'acs_system_id' } as const
const account = { subject: 'CONNECTION', idKey: 'connected_account_id' } as const
const webview = { subject: 'CONNECTION', idKey: 'connect_webview_id' } as const

const accessChanged: EventRule = { ...entrance, kind: 'UPDATED', changedFields: ['credentials', 'users'] }
const systemsAdded: EventRule = { ...account, kind: 'UPDATED', changedFields: ['acsSystems'] }

/** Rules for the event types that affect objects of the graph (source: Seam's OpenAPI document, types 1.977). All other types are ignored. */
const eventRules: Readonly<Record<string, EventRule>> = {
  'acs_credential.issued': { ...credential, kind: 'ISSUED' },
  'acs_credential.reissued': { ...credential, kind: 'REISSUED' },
  'acs_credential.invalidated': { ...credential, kind: 'INVALIDATED' },
  'acs_credential.deleted': { ...credential, kind: 'DELETED' },
  'acs_user.created': { ...user, kind: 'CREATED' },
  'acs_user.deleted': { ...user, kind: 'DELETED' },
  'acs_entrance.added': { ...entrance, kind: 'CREATED' },
  'acs_entrance.removed': { ...entrance, kind: 'DELETED' },
  'access_grant.access_granted_to_door': accessChanged,
  'access_grant.access_to_door_lost': accessChanged,
  'acs_system.added': { ...system, kind: 'CREATED' },
  'acs_system.connected': { ...system, kind: 'CONNECTED' },
  'acs_system.disconnected': {
    ...system,
    kind: 'DISCONNECTED',
    problem: {
      listNames: ['acs_system_errors', 'connected_account_errors'],
      fallback: createIssue('acs_system_disconnected', 'The system is disconnected.'),
    },
  },
  'connected_account.created': { ...account, kind: 'CREATED' },
  'connected_account.connected': { ...account, kind: 'CONNECTED' },
  'connected_account.successful_login': { ...account, kind: 'UPDATED' },
  'connected_account.completed_first_sync': systemsAdded,
  'connected_account.completed_first_sync_after_reconnection': systemsAdded,
  'connected_account.disconnected': {
    ...account,
    kind: 'DISCONNECTED',
    problem: {
      listNames: ['connected_account_errors'],
      fallback: createIssue('account_disconnected', 'The account is disconnected.'),
    },
  },
  'connected_account.reauthorization_requested': {
    ...account,
    kind: 'UPDATED',
    problem: {
      listNames: ['connected_account_warnings', 'connected_account_errors'],
      fallback: createIssue('account_reauthorization_requested', 'The account asks for a new login.'),
    },
  },
  'connected_account.deleted': { ...account, kind: 'DELETED' },
  'connect_webview.login_succeeded': {
    ...webview,
    kind: 'UPDATED',
    changedFields: ['status', 'authorizedAt', 'connectedAccount'],
  },
  'connect_webview.login_failed': {
    ...webview,
    kind: 'UPDATED',
    changedFields: ['status'],
    problem: {
      listNames: [],
      fallback: createIssue('login_failed', 'The login through the Connect Webview failed.'),
    },
  },
}

/**
 * Converts an event to changes: one change, or none if the event does not affect the graph, or if its time or the id of its object is
 * invalid. Never throws. Copies only the fields named here, so that a PIN in an event is discarded.
 */
export function changesOfEvent(event: SeamEvent, origin: ChangeOrigin): NewChange[] {
  const rule = Object.hasOwn(eventRules, event.event_type) ? eventRules[event.event_type] : undefined
  const occurredAt = parseEventTime(event.occurred_at) ?? parseEventTime(event.created_at)
  if (rule === undefined || occurredAt === null || parseSeamId(event[rule.idKey]) === null) return []
  const acsEntranceId = parseSeamId<'AcsEntrance'>(event.acs_entrance_id)
  const change: NewChange = {
    subject: rule.subject,
    kind: rule.kind,
    origin,
    occurredAt,
    actor: null,
    seamEventId: event.event_id,
    acsSystemId: parseSeamId(event.acs_system_id),
    acsUserId: parseSeamId(event.acs_user_id),
    acsEntranceIds: acsEntranceId === null ? null : [acsEntranceId],
    acsCredentialId: parseSeamId(event.acs_credential_id),
    connectedAccountId: parseSeamId(event.connected_account_id),
    connectWebviewId: parseSeamId(event.connect_webview_id),
    changedFields: rule.changedFields ?? [],
    problem: rule.problem === undefined ? null : problemOf(event, rule.problem),
  }
  return [change]
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** The caller chooses the branded type by the field that it reads, because the ids of all of Seam's types have the same format. */
function parseSeamId<T extends NodeType>(value: unknown): SeamId<T> | null {
  return typeof value === 'string' && uuid.test(value) ? (value.toLowerCase() as SeamId<T>) : null
}

const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/

function parseEventTime(value: unknown): string | null {
  const isTime = typeof value === 'string' && isoTime.test(value) && !Number.isNaN(Date.parse(value))
  return isTime ? value : null
}

/** Returns the first valid error or warning of the first list that contains one. */
function problemOf(event: SeamEvent, { listNames, fallback }: ProblemSource): Issue {
  for (const list of listNames) {
    const rows = event[list]
    const issue = Array.isArray(rows) ? rows.map(parseIssue).find((each) => each !== null) : undefined
    if (issue !== undefined) return issue
  }
  return fallback
}

function parseIssue(row: unknown): Issue | null {
  const { error_code, warning_code, message, created_at } = (row ?? {}) as Record<string, unknown>
  const code = error_code ?? warning_code
  if (typeof code !== 'string') return null
  return { code, message: typeof message === 'string' ? message : '', since: parseEventTime(created_at) }
}

function createIssue(code: string, message: string): Issue {
  return { code, message, since: null }
}
