import type { NewChange } from './change.ts'
import type { Issue } from './entities.ts'

/** An event of Seam's, as a webhook or `events/list` brings it; what else it carries depends on its type. */
export type SeamEvent = {
  readonly event_id: string
  readonly event_type: string
  readonly workspace_id: string
  readonly created_at: string
  readonly occurred_at: string
  readonly [key: string]: unknown
}

type Told = Partial<Pick<NewChange, 'changedFields' | 'problem'>> & Pick<NewChange, 'subject' | 'kind'>
type Rule = (event: SeamEvent) => Told

const credential =
  (kind: NewChange['kind']): Rule =>
  () => ({ subject: 'CREDENTIAL', kind })
const user =
  (kind: NewChange['kind']): Rule =>
  () => ({ subject: 'USER', kind })
const entrance =
  (kind: NewChange['kind'], changedFields: readonly string[] = []): Rule =>
  () => ({
    subject: 'ENTRANCE',
    kind,
    changedFields,
  })
const connection =
  (kind: NewChange['kind'], changedFields: readonly string[] = []): Rule =>
  () => ({
    subject: 'CONNECTION',
    kind,
    changedFields,
  })
const trouble =
  (kind: NewChange['kind'], fallback: Issue, ...lists: string[]): Rule =>
  (event) => ({
    subject: 'CONNECTION',
    kind,
    problem: firstIssue(event, lists) ?? fallback,
  })
const issue = (code: string, message: string): Issue => ({ code, message, since: null })

const opensDifferently = entrance('UPDATED', ['credentials', 'users'])

/** The event types that touch our types (Seam's OpenAPI document, types 1.977); the others are of no use here. */
const rules: Readonly<Record<string, Rule>> = {
  'acs_credential.issued': credential('ISSUED'),
  'acs_credential.reissued': credential('REISSUED'),
  'acs_credential.invalidated': credential('INVALIDATED'),
  'acs_credential.deleted': credential('DELETED'),
  'acs_user.created': user('CREATED'),
  'acs_user.deleted': user('DELETED'),
  'acs_entrance.added': entrance('CREATED'),
  'acs_entrance.removed': entrance('DELETED'),
  'access_grant.access_granted_to_door': opensDifferently,
  'access_grant.access_to_door_lost': opensDifferently,
  'acs_system.added': connection('CREATED'),
  'acs_system.connected': connection('CONNECTED'),
  'acs_system.disconnected': trouble(
    'DISCONNECTED',
    issue('acs_system_disconnected', 'The system is disconnected.'),
    'acs_system_errors',
    'connected_account_errors',
  ),
  'connected_account.created': connection('CREATED'),
  'connected_account.connected': connection('CONNECTED'),
  'connected_account.successful_login': connection('UPDATED'),
  'connected_account.completed_first_sync': connection('UPDATED', ['acsSystems']),
  'connected_account.completed_first_sync_after_reconnection': connection('UPDATED', ['acsSystems']),
  'connected_account.disconnected': trouble(
    'DISCONNECTED',
    issue('account_disconnected', 'The account is disconnected.'),
    'connected_account_errors',
  ),
  'connected_account.reauthorization_requested': trouble(
    'UPDATED',
    issue('account_reauthorization_requested', 'The account asks for a new login.'),
    'connected_account_warnings',
    'connected_account_errors',
  ),
  'connected_account.deleted': connection('DELETED'),
  'connect_webview.login_succeeded': connection('UPDATED', ['status', 'authorizedAt', 'connectedAccount']),
  'connect_webview.login_failed': (event) => ({
    ...trouble('UPDATED', issue('login_failed', 'The login through the Connect Webview failed.'))(event),
    changedFields: ['status'],
  }),
}

/**
 * The changes that an event stands for: one, or none where it touches nothing of ours or lacks the id of what it's about. Takes over
 * only the fields named here, so that a PIN in an event goes no further.
 */
export function changesOf(event: SeamEvent, origin: NewChange['origin']): NewChange[] {
  const told = Object.hasOwn(rules, event.event_type) ? rules[event.event_type]?.(event) : undefined
  if (told === undefined) return []
  const entranceId = idOf(event, 'acs_entrance_id')
  const change = {
    changedFields: [],
    problem: null,
    ...told,
    origin,
    occurredAt: event.occurred_at,
    actor: null,
    seamEventId: event.event_id,
    acsSystemId: idOf(event, 'acs_system_id'),
    acsUserId: idOf(event, 'acs_user_id'),
    acsEntranceIds: entranceId === null ? null : [entranceId],
    acsCredentialId: idOf(event, 'acs_credential_id'),
    connectedAccountId: idOf(event, 'connected_account_id'),
    connectWebviewId: idOf(event, 'connect_webview_id'),
  } as NewChange
  return subjectIsNamed(change) ? [change] : []
}

function subjectIsNamed(change: NewChange): boolean {
  if (change.subject === 'CREDENTIAL') return change.acsCredentialId !== null
  if (change.subject === 'USER') return change.acsUserId !== null
  if (change.subject === 'ENTRANCE') return change.acsEntranceIds !== null
  return change.acsSystemId !== null || change.connectedAccountId !== null || change.connectWebviewId !== null
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

function idOf(event: SeamEvent, key: string): string | null {
  const value = event[key]
  return typeof value === 'string' && uuid.test(value) ? value.toLowerCase() : null
}

function firstIssue(event: SeamEvent, lists: readonly string[]): Issue | null {
  for (const list of lists) {
    const rows = event[list]
    const first = Array.isArray(rows) ? (rows[0] as Record<string, unknown> | undefined) : undefined
    const code = first?.error_code ?? first?.warning_code
    if (typeof code !== 'string') continue
    const { message, created_at: since } = first ?? {}
    return {
      code,
      message: typeof message === 'string' ? message : '',
      since: typeof since === 'string' ? since : null,
    }
  }
  return null
}
