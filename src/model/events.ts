import type { ChangeKind, ChangeOrigin, ChangeSubject, NewChange } from './change.ts'
import type { Issue } from './entities.ts'
import type { NodeType, SeamId } from './ids.ts'

/** An event of Seam's, as a webhook or `events/list` brings it; what else it carries depends on its type. */
export type SeamEvent = {
  readonly event_id: string
  readonly event_type: string
  readonly workspace_id: string
  readonly created_at: string
  readonly occurred_at: string
  readonly [key: string]: unknown
}

/** What an event of one type means: which thing changed, under which key its id stands, and how it changed. */
type Rule = {
  readonly subject: ChangeSubject
  readonly idKey: string
  readonly kind: ChangeKind
  readonly changedFields?: readonly string[]
  readonly trouble?: Trouble
}

/** Where an event of trouble lists what is wrong, best first, and what is said when it lists nothing. */
type Trouble = { readonly lists: readonly string[]; readonly otherwise: Issue }

const credential = { subject: 'CREDENTIAL', idKey: 'acs_credential_id' } as const
const user = { subject: 'USER', idKey: 'acs_user_id' } as const
const entrance = { subject: 'ENTRANCE', idKey: 'acs_entrance_id' } as const
const system = { subject: 'CONNECTION', idKey: 'acs_system_id' } as const
const account = { subject: 'CONNECTION', idKey: 'connected_account_id' } as const
const webview = { subject: 'CONNECTION', idKey: 'connect_webview_id' } as const

const opensDifferently: Rule = { ...entrance, kind: 'UPDATED', changedFields: ['credentials', 'users'] }
const hasNewSystems: Rule = { ...account, kind: 'UPDATED', changedFields: ['acsSystems'] }

/** The event types that touch our types (Seam's OpenAPI document, types 1.977); the others are of no use here. */
const rules: Readonly<Record<string, Rule>> = {
  'acs_credential.issued': { ...credential, kind: 'ISSUED' },
  'acs_credential.reissued': { ...credential, kind: 'REISSUED' },
  'acs_credential.invalidated': { ...credential, kind: 'INVALIDATED' },
  'acs_credential.deleted': { ...credential, kind: 'DELETED' },
  'acs_user.created': { ...user, kind: 'CREATED' },
  'acs_user.deleted': { ...user, kind: 'DELETED' },
  'acs_entrance.added': { ...entrance, kind: 'CREATED' },
  'acs_entrance.removed': { ...entrance, kind: 'DELETED' },
  'access_grant.access_granted_to_door': opensDifferently,
  'access_grant.access_to_door_lost': opensDifferently,
  'acs_system.added': { ...system, kind: 'CREATED' },
  'acs_system.connected': { ...system, kind: 'CONNECTED' },
  'acs_system.disconnected': {
    ...system,
    kind: 'DISCONNECTED',
    trouble: {
      lists: ['acs_system_errors', 'connected_account_errors'],
      otherwise: issue('acs_system_disconnected', 'The system is disconnected.'),
    },
  },
  'connected_account.created': { ...account, kind: 'CREATED' },
  'connected_account.connected': { ...account, kind: 'CONNECTED' },
  'connected_account.successful_login': { ...account, kind: 'UPDATED' },
  'connected_account.completed_first_sync': hasNewSystems,
  'connected_account.completed_first_sync_after_reconnection': hasNewSystems,
  'connected_account.disconnected': {
    ...account,
    kind: 'DISCONNECTED',
    trouble: {
      lists: ['connected_account_errors'],
      otherwise: issue('account_disconnected', 'The account is disconnected.'),
    },
  },
  'connected_account.reauthorization_requested': {
    ...account,
    kind: 'UPDATED',
    trouble: {
      lists: ['connected_account_warnings', 'connected_account_errors'],
      otherwise: issue('account_reauthorization_requested', 'The account asks for a new login.'),
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
    trouble: {
      lists: [],
      otherwise: issue('login_failed', 'The login through the Connect Webview failed.'),
    },
  },
}

/**
 * The changes that an event stands for: one, or none where it touches nothing of ours, or where the id of its subject or its time
 * can't be read. Never throws. Takes over only the fields named here, so that a PIN in an event goes no further.
 */
export function changesOf(event: SeamEvent, origin: ChangeOrigin): NewChange[] {
  const rule = Object.hasOwn(rules, event.event_type) ? rules[event.event_type] : undefined
  const occurredAt = timeOf(event.occurred_at) ?? timeOf(event.created_at)
  if (rule === undefined || occurredAt === null || idOf(event[rule.idKey]) === null) return []
  const acsEntranceId = idOf<'AcsEntrance'>(event.acs_entrance_id)
  const change: NewChange = {
    subject: rule.subject,
    kind: rule.kind,
    origin,
    occurredAt,
    actor: null,
    seamEventId: event.event_id,
    acsSystemId: idOf(event.acs_system_id),
    acsUserId: idOf(event.acs_user_id),
    acsEntranceIds: acsEntranceId === null ? null : [acsEntranceId],
    acsCredentialId: idOf(event.acs_credential_id),
    connectedAccountId: idOf(event.connected_account_id),
    connectWebviewId: idOf(event.connect_webview_id),
    changedFields: rule.changedFields ?? [],
    problem: rule.trouble === undefined ? null : problemOf(event, rule.trouble),
  }
  return [change]
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** The branded type is the caller's word for what the key promises: Seam's ids all look the same. */
function idOf<T extends NodeType>(value: unknown): SeamId<T> | null {
  return typeof value === 'string' && uuid.test(value) ? (value.toLowerCase() as SeamId<T>) : null
}

const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/

function timeOf(value: unknown): string | null {
  const isTime = typeof value === 'string' && isoTime.test(value) && !Number.isNaN(Date.parse(value))
  return isTime ? value : null
}

/** The first error or warning of the first list that has a readable one. */
function problemOf(event: SeamEvent, { lists, otherwise }: Trouble): Issue {
  for (const list of lists) {
    const rows = event[list]
    const found = Array.isArray(rows) ? rows.map(issueOf).find((each) => each !== null) : undefined
    if (found !== undefined) return found
  }
  return otherwise
}

function issueOf(row: unknown): Issue | null {
  const { error_code, warning_code, message, created_at } = (row ?? {}) as Record<string, unknown>
  const code = error_code ?? warning_code
  if (typeof code !== 'string') return null
  return { code, message: typeof message === 'string' ? message : '', since: timeOf(created_at) }
}

function issue(code: string, message: string): Issue {
  return { code, message, since: null }
}
