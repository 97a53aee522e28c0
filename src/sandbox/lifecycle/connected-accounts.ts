import { type Building, createProblem, isDisconnected } from '../building.ts'
import type { Account, SeamIssueError } from '../state/entities.ts'
import { completeUserMutations, removeUser } from './acs-users.ts'
import { issueCredential, removeCredential } from './credentials.ts'

/** Adds the error `account_disconnected` to the connected account and its ACS systems, until `repairAccount`. */
export function disconnectAccount(building: Building, account: Account): void {
  const { connected_account_id } = account
  if (isDisconnected(building, connected_account_id)) return
  const error = createProblem(building, 'account_disconnected', 'Latch no longer accepts this login.')
  const errors = [...account.errors, { ...error, is_connected_account_error: true }]
  building.state.accounts.patch(connected_account_id, { errors })
  const accountIssues = {
    connected_account_errors: errors.map(toEventError),
    connected_account_warnings: account.warnings,
  }
  for (const system of building.state.systems.by('account', connected_account_id)) {
    const { acs_system_id, warnings } = system
    const changed = [...system.errors, error]
    building.state.systems.patch(acs_system_id, { errors: changed })
    building.events.emit('acs_system.disconnected', {
      acs_system_id,
      connected_account_id,
      acs_system_errors: changed.map(toEventError),
      acs_system_warnings: warnings,
      ...accountIssues,
    })
  }
  building.events.emit('connected_account.disconnected', {
    ...createAccountEventFields(account),
    ...accountIssues,
  })
}

/** Removes the error `account_disconnected`, and completes the pending mutations and credentials after `issueDelayMs`. */
export function repairAccount(building: Building, account: Account): void {
  const { connected_account_id } = account
  if (!isDisconnected(building, connected_account_id)) return
  building.state.accounts.patch(connected_account_id, { errors: withoutDisconnection(account.errors) })
  building.events.emit('connected_account.connected', createAccountEventFields(account))
  for (const { acs_system_id, errors } of building.state.systems.by('account', connected_account_id)) {
    building.state.systems.patch(acs_system_id, { errors: withoutDisconnection(errors) })
    building.events.emit('acs_system.connected', { acs_system_id, connected_account_id })
  }
  building.events.emit(
    'connected_account.completed_first_sync_after_reconnection',
    createAccountEventFields(account),
  )
  building.timers.after(building.issueDelayMs, () => completePending(building, connected_account_id))
}

/** Removes the connected account and all its objects from Seam, and emits an event for each object. */
export function removeAccount(building: Building, account: Account): void {
  const { state, events } = building
  const { connected_account_id } = account
  events.forgetAccount(connected_account_id)
  for (const { acs_user_id } of state.users.by('account', connected_account_id)) {
    removeUser(building, acs_user_id)
  }
  for (const { acs_credential_id } of state.credentials.by('account', connected_account_id)) {
    removeCredential(building, acs_credential_id)
  }
  for (const { acs_entrance_id, acs_system_id } of state.entrances.by('account', connected_account_id)) {
    state.entrances.delete(acs_entrance_id)
    events.emit('acs_entrance.removed', { acs_entrance_id, acs_system_id, connected_account_id })
  }
  for (const { acs_system_id } of state.systems.by('account', connected_account_id)) {
    state.systems.delete(acs_system_id)
  }
  state.accounts.delete(connected_account_id)
  const { customer_key } = account
  events.emit('connected_account.deleted', {
    ...createAccountEventFields(account),
    connected_account_type: 'latch',
    ...(customer_key === undefined ? {} : { customer_key }),
  })
}

/** The fields of a connected account in Seam's events. */
export function createAccountEventFields(account: Account): Record<string, unknown> {
  const { connected_account_id, custom_metadata } = account
  return { connected_account_id, connected_account_custom_metadata: custom_metadata }
}

function completePending(building: Building, connectedAccountId: string): void {
  for (const user of building.state.users.by('account', connectedAccountId)) {
    if (user.pending_mutations.length > 0) completeUserMutations(building, user.acs_user_id)
  }
  for (const credential of building.state.credentials.by('account', connectedAccountId)) {
    if (credential.stage === 'waiting') issueCredential(building, credential.acs_credential_id)
  }
}

function withoutDisconnection(errors: SeamIssueError[]): SeamIssueError[] {
  return errors.filter((error) => error.error_code !== 'account_disconnected')
}

/** Returns the three fields of an error that events contain. */
function toEventError({ error_code, message, created_at }: SeamIssueError): SeamIssueError {
  return { error_code, message, created_at }
}
