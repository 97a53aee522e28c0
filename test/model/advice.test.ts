import { describe, expect, it } from 'vitest'
import { adviceFor } from '../../src/model/advice.ts'

/** What Seam's OpenAPI document (types 1.977) lists and a Latch building can show. */
const latchCodes = [
  'account_disconnected',
  'acs_system_disconnected',
  'provider_service_unavailable',
  'setup_required',
  'time_zone_does_not_match_location',
  'latch_conflict_with_resident_user',
  'failed_to_create_on_acs_system',
  'failed_to_update_on_acs_system',
  'failed_to_delete_on_acs_system',
  'deleted_externally',
  'latch_resident_user',
  'being_deleted',
  'acs_user_inactive',
  'unknown_issue_with_acs_user',
  'waiting_to_be_issued',
  'schedule_modified',
  'schedule_externally_modified',
  'unknown_issue_with_acs_credential',
  'entrance_setup_required',
  'account_reauthorization_requested',
  'scheduled_maintenance_window',
  'unknown_issue_with_connected_account',
  'issue_with_acs_user',
  'acs_user_profile_does_not_match_user_identity',
]

describe('advice', () => {
  it.each(latchCodes)('should say in a sentence what to do about %s', (code) => {
    expect(adviceFor(code)).toMatch(/^\p{Lu}.*\.$/u)
  })

  it.each(['a_code_of_tomorrow', '', 'constructor', '__proto__'])('should have none for %j', (code) => {
    expect(adviceFor(code)).toBeNull()
  })
})
