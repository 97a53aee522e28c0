import type { Credential, User } from '../state/entities.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** Returns the ACS user of a resident, changed to an edge case for some residents of every hundred. */
export function applyUserEdgeCase(user: User, index: number): User {
  const { created_at } = user
  switch (index % 100) {
    case 7:
    case 38:
    case 71:
      return { ...user, is_suspended: true }
    case 13:
      return { ...user, user_identity_id: undefined }
    case 22: {
      const message = 'This user was created in Latch Mission Control; manage them there.'
      return { ...user, warnings: [{ warning_code: 'latch_resident_user', message, created_at }] }
    }
    case 53: {
      const { is_suspended: _unknown, ...rest } = user
      return rest
    }
    case 58:
      return { ...user, access_schedule: { starts_at: created_at, ends_at: null } }
    case 68: {
      const message = 'Latch did not accept the last change of this user.'
      return { ...user, errors: [{ error_code: 'failed_to_update_on_acs_system', message, created_at }] }
    }
    default:
      return user
  }
}

/** Returns a credential, for some residents of every hundred expired, upcoming, ending soon, unissued or faulty. `place` 0 is the mobile key. */
export function applyCredentialEdgeCase(
  credential: Credential,
  index: number,
  place: number,
  startMs: number,
): Credential {
  const { created_at } = credential
  switch (`${index % 100}/${place}`) {
    case '5/1':
    case '29/0':
      return { ...credential, ends_at: new Date(startMs - 3 * dayMs).toISOString() }
    case '16/2':
    case '34/0':
      return { ...credential, starts_at: new Date(startMs + 5 * dayMs).toISOString(), ends_at: undefined }
    case '44/2':
      return { ...credential, ends_at: new Date(startMs + 2 * hourMs).toISOString() }
    case '41/2':
      return markUnissued(credential)
    case '46/1': {
      const message = 'The door has no hub: take the code to it with the Latch Manager App.'
      return { ...credential, errors: [{ error_code: 'failed_to_set_on_door', message, created_at }] }
    }
    case '63/1': {
      const {
        is_issued: _issued,
        is_latest_desired_state_synced_with_provider: _synced,
        ...rest
      } = credential
      return { ...rest, issued_at: null, latest_desired_state_synced_with_provider_at: null }
    }
    case '77/2': {
      const message = 'The schedule was changed in Latch Mission Control.'
      return {
        ...credential,
        warnings: [{ warning_code: 'schedule_externally_modified', message, created_at }],
      }
    }
    default:
      return credential
  }
}

/** Returns the credential as one that Latch has not issued, and that stays so until the activity `issue`. */
function markUnissued(credential: Credential): Credential {
  const { created_at } = credential
  const message = 'Latch has not issued this credential yet.'
  return {
    ...credential,
    stage: 'held',
    ...(credential.access_method === 'code' ? { code: null } : {}),
    is_issued: false,
    issued_at: null,
    is_latest_desired_state_synced_with_provider: false,
    latest_desired_state_synced_with_provider_at: null,
    warnings: [{ warning_code: 'waiting_to_be_issued', message, created_at }],
  }
}
