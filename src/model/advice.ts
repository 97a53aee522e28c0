/** What to do about the errors and warnings that can occur on Latch (codes: Seam's OpenAPI document, types 1.977). */
const advice: Readonly<Record<string, string>> = {
  account_disconnected: 'Log in to Latch again through a new Connect Webview.',
  acs_system_disconnected: 'Connect the building again through a new Connect Webview.',
  provider_service_unavailable: "Wait: Latch's service is down, and Seam reconnects by itself.",
  setup_required: 'Follow the message: something must be set up in Latch first.',
  time_zone_does_not_match_location: "Make the building's time zone and its doors' agree in Latch.",
  latch_conflict_with_resident_user:
    "The same person exists in Latch Mission Control and through Seam, which Latch doesn't support. Ask Seam's support to resolve it.",
  failed_to_create_on_acs_system:
    'Check the e-mail address: it may belong to somebody else in Latch. Otherwise ask Seam’s support.',
  failed_to_update_on_acs_system:
    'Check what was changed, the e-mail address above all, and try again. Otherwise ask Seam’s support.',
  failed_to_delete_on_acs_system: 'Try again later. If it stays, ask Seam’s support.',
  deleted_externally: 'Removed outside Seam: create the person anew, or delete them here as well.',
  latch_resident_user: 'Created in Latch Mission Control: manage this person there.',
  being_deleted: 'Nothing to do: it is being deleted and will disappear.',
  acs_user_inactive: "Can't enter now: check the schedule and the message.",
  unknown_issue_with_acs_user: 'Access may not work: check the person in Latch, then ask Seam’s support.',
  waiting_to_be_issued: 'Wait: Latch has not issued it yet.',
  schedule_modified: 'Check the start: Seam moved it so that it is not in the past.',
  schedule_externally_modified: 'Check the schedule: it was changed outside Seam.',
  unknown_issue_with_acs_credential: 'The key may not work: issue a new one, or ask Seam’s support.',
  needs_to_be_reissued: 'Issue it again.',
  entrance_setup_required: 'Set the door up in Latch first.',
  privacy_mode: 'Keys and codes are blocked while the door is in privacy mode.',
  account_reauthorization_requested: 'Log in through a new Connect Webview before the account disconnects.',
  scheduled_maintenance_window: 'Wait until the maintenance is over.',
  unknown_issue_with_connected_account:
    'Data may be out of date: check the account, then ask Seam’s support.',
  issue_with_acs_user: "Look at the errors of this person's ACS users.",
  acs_user_profile_does_not_match_user_identity: 'Make name, e-mail and phone agree with the identity.',
}

/** A sentence of advice for a code of Seam's; `null` for one that has none. */
export function adviceFor(code: string): string | null {
  return Object.hasOwn(advice, code) ? (advice[code] ?? null) : null
}
