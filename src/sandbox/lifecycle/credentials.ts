import { randomInt, randomUUID } from 'node:crypto'
import { addBeingDeletedWarning, type Building, createWarning, isDisconnected } from '../building.ts'
import type { AccessMethod, Credential, User } from '../state/entities.ts'

/** The fields of a new mobile key or access code, checked against Latch's rules. */
export type NewCredential = {
  readonly user: User
  readonly access_method: AccessMethod
  readonly entrance_ids: readonly string[]
  readonly starts_at?: string | undefined
  readonly ends_at?: string | undefined
  /** Whether Seam replaced a start in the past with the current time. */
  readonly isStartMoved?: boolean
}

/** Maximum delay of Node's timers. */
const maxTimerMs = 2_147_483_647

/** Creates a credential, which Latch issues after `issueDelayMs`. */
export function createCredential(building: Building, wanted: NewCredential): Credential {
  const { user } = wanted
  const warnings = [
    createWarning(building, 'waiting_to_be_issued', 'Latch has not issued this credential yet.'),
  ]
  if (wanted.isStartMoved) {
    warnings.push(
      createWarning(building, 'schedule_modified', 'The start was moved, so that it is not in the past.'),
    )
  }
  const credential: Credential = {
    acs_credential_id: randomUUID(),
    acs_system_id: user.acs_system_id,
    connected_account_id: user.connected_account_id,
    acs_user_id: user.acs_user_id,
    access_method: wanted.access_method,
    entrance_ids: wanted.entrance_ids,
    stage: 'waiting',
    display_name: wanted.access_method === 'code' ? 'Code' : 'Mobile key',
    ...(wanted.access_method === 'code' ? { code: null } : {}),
    starts_at: wanted.starts_at,
    ends_at: wanted.ends_at,
    is_issued: false,
    issued_at: null,
    is_latest_desired_state_synced_with_provider: false,
    latest_desired_state_synced_with_provider_at: null,
    created_at: building.clock.stamp(),
    errors: [],
    warnings,
  }
  building.state.credentials.put(credential)
  scheduleExpiry(building, credential.acs_credential_id)
  building.timers.after(building.issueDelayMs, () => issueCredential(building, credential.acs_credential_id))
  return building.state.credentials.get(credential.acs_credential_id) ?? credential
}

/** Issues a waiting credential; an access code gets its PIN. Does nothing while the connected account is disconnected. */
export function issueCredential(building: Building, credentialId: string): void {
  const credential = building.state.credentials.get(credentialId)
  if (credential === undefined || credential.stage === 'issued') return
  if (isDisconnected(building, credential.connected_account_id)) return
  building.state.credentials.patch(credentialId, {
    ...createIssuedFields(building, credential),
    warnings: credential.warnings.filter((one) => one.warning_code !== 'waiting_to_be_issued'),
  })
  emitCredentialEvent(building, 'acs_credential.issued', credential)
}

/** Issues a credential again; an access code gets another PIN. */
export function reissueCredential(building: Building, credential: Credential): void {
  building.state.credentials.patch(credential.acs_credential_id, createIssuedFields(building, credential))
  emitCredentialEvent(building, 'acs_credential.reissued', credential)
}

/** Changes the end of a credential. Seam has no event for it. */
export function changeCredentialEnd(building: Building, credentialId: string, endsAt: string): void {
  const { credentials } = building.state
  credentials.patch(credentialId, { ends_at: endsAt, is_latest_desired_state_synced_with_provider: false })
  scheduleExpiry(building, credentialId)
  building.timers.after(
    building.issueDelayMs,
    () => void credentials.patch(credentialId, createSyncedFields(building)),
  )
}

/** Ends a credential immediately, and emits the event. */
export function invalidateCredential(building: Building, credential: Credential): void {
  const ends_at = building.clock.stamp()
  building.state.credentials.patch(credential.acs_credential_id, { ends_at })
  emitCredentialEvent(building, 'acs_credential.invalidated', credential)
}

/** Marks a credential as being deleted, and removes it after `deleteDelayMs`. */
export function deleteCredential(building: Building, credential: Credential): void {
  markDeleted(building, credential)
  building.timers.after(building.deleteDelayMs, () =>
    removeCredential(building, credential.acs_credential_id),
  )
}

/** Adds the warning `being_deleted` to a credential. */
export function markDeleted(building: Building, credential: Credential): void {
  const warnings = addBeingDeletedWarning(building, credential.warnings)
  building.state.credentials.patch(credential.acs_credential_id, { warnings })
}

/** Removes a credential immediately, and emits the event. */
export function removeCredential(building: Building, credentialId: string): void {
  const credential = building.state.credentials.get(credentialId)
  if (credential === undefined) return
  building.state.credentials.delete(credentialId)
  emitCredentialEvent(building, 'acs_credential.deleted', credential)
}

/** Emits `acs_credential.invalidated` when the credential ends, unless its end has changed by then. */
export function scheduleExpiry(building: Building, credentialId: string): void {
  const credential = building.state.credentials.get(credentialId)
  if (credential?.ends_at === undefined) return
  const { ends_at } = credential
  const remainingMs = Date.parse(ends_at) - building.clock.nowMs()
  if (remainingMs <= 0) return
  building.timers.after(Math.min(remainingMs, maxTimerMs), () => {
    const now = building.state.credentials.get(credentialId)
    if (now?.ends_at !== ends_at) return
    if (remainingMs > maxTimerMs) scheduleExpiry(building, credentialId)
    else emitCredentialEvent(building, 'acs_credential.invalidated', now)
  })
}

function createIssuedFields(building: Building, credential: Credential): Partial<Credential> {
  const issued_at = building.clock.stamp()
  const pin = credential.access_method === 'code' ? { code: createPin() } : {}
  return { ...pin, stage: 'issued', is_issued: true, issued_at, ...createSyncedFields(building) }
}

function createSyncedFields(building: Building): Partial<Credential> {
  return {
    is_latest_desired_state_synced_with_provider: true,
    latest_desired_state_synced_with_provider_at: building.clock.stamp(),
  }
}

function createPin(): string {
  return String(randomInt(10_000_000)).padStart(7, '0')
}

function emitCredentialEvent(building: Building, type: string, credential: Credential): void {
  const { acs_system_id, acs_credential_id, connected_account_id } = credential
  building.events.emit(type, { acs_system_id, acs_credential_id, connected_account_id })
}
