/**
 * Recommended actions for the error and warning codes that Seam reports for objects of the graph. Sources of the codes:
 * Seam's OpenAPI document (types 1.977) and Seam's page "Troubleshooting Your Access Control System". Codes of other
 * access control systems are for workspaces that use them in addition to Latch.
 */
const advice: Readonly<Record<string, string>> = {
  account_disconnected: 'Log in to Latch again in a new Connect Webview.',
  invalid_credentials: 'The Latch login is no longer valid. Log in again in a new Connect Webview.',
  acs_system_disconnected: 'Connect the ACS system again with a new Connect Webview.',
  provider_service_unavailable: 'Wait. The service of Latch is unavailable; Seam reconnects automatically.',
  seam_bridge_disconnected: 'Start the Seam Bridge of the building again, or pair it again.',
  bridge_disconnected: 'Start the Seam Bridge of the building again, or pair it again.',
  insufficient_permissions: 'In Latch, grant Seam the missing permissions that the message names.',
  unknown_issue_with_acs_system:
    'The data may be outdated. Check the building in Latch, then contact Seam support.',
  setup_required: 'Set up in Latch what the message describes.',
  time_zone_does_not_match_location: 'In Latch, set the same time zone for the building and its entrances.',
  latch_conflict_with_resident_user:
    'The person exists both in Latch Mission Control and in Seam, which Latch does not support. Contact Seam support to resolve this.',
  failed_to_create_on_acs_system:
    'Check the email address: another resident in Latch may already use it. Otherwise contact Seam support.',
  failed_to_update_on_acs_system:
    'Check the changed values, especially the email address, and try again. Otherwise contact Seam support.',
  failed_to_delete_on_acs_system: 'Try again later. If the error persists, contact Seam support.',
  deleted_externally:
    'The ACS user was deleted outside Seam. Create the ACS user again, or delete it here too.',
  latch_resident_user: 'This resident was created in Latch Mission Control. Manage the resident there.',
  being_deleted: 'No action is required. The object is being deleted and will disappear.',
  acs_user_inactive: 'The ACS user currently has no access. Check the access schedule and the message.',
  unknown_issue_with_acs_user: 'Access may not work. Check the resident in Latch, then contact Seam support.',
  waiting_to_be_issued: 'Wait until Latch has issued the credential.',
  schedule_modified: 'Check the start time. Seam changed it because it was in the past.',
  schedule_externally_modified: 'Check the start and end time. They were changed outside Seam.',
  unknown_issue_with_acs_credential: 'The credential may not work. Issue a new one, or contact Seam support.',
  needs_to_be_reissued: 'Issue the credential again.',
  entrance_setup_required: 'Set up the entrance in Latch first.',
  privacy_mode:
    'Wait until privacy mode of the entrance ends. Credentials do not unlock it during privacy mode.',
  account_reauthorization_requested:
    'Log in again in a new Connect Webview before the account is disconnected.',
  scheduled_maintenance_window: 'Wait until the maintenance is complete.',
  unknown_issue_with_connected_account:
    'The data may be outdated. Check the connected account, then contact Seam support.',
  issue_with_acs_user: 'Check the errors of the ACS users of this user identity.',
  visionline_instance_unreachable:
    'Start the Visionline server of the building, and check its IP address in Seam.',
  salto_ks_subscription_limit_exceeded:
    'Ask Salto to increase the user limit, or delete users from the site.',
  salto_ks_subscription_limit_almost_reached:
    'Ask Salto to increase the user limit before it is reached, or delete users from the site.',
  salto_ks_certification_expired: 'Ask Salto support to renew the certification of the site.',
  salto_ks_user_not_subscribed: 'Subscribe the user in Salto KS, or ask Salto to increase the user limit.',
  salto_ks_entrance_access_code_support_removed:
    'PINs no longer work at this entrance. Enable them in Salto KS.',
  salto_ks_privacy_mode:
    'Wait until privacy mode of the entrance ends. Credentials do not unlock it during privacy mode.',
  entrance_shares_zone:
    'Check the zone: a credential for this entrance also unlocks the other entrances of the zone.',
  dormakaba_sites_disconnected: 'Connect the dormakaba sites again with a new Connect Webview.',
  dormakaba_sites_unapproved: 'Approve the sites in dormakaba.',
  acs_user_profile_does_not_match_user_identity:
    'Make the name, email address and phone number equal to those of the user identity.',
}

/** Returns the recommended action for an error or warning code of Seam, or `null` if there is none. */
export function adviceFor(code: string): string | null {
  return Object.hasOwn(advice, code) ? (advice[code] ?? null) : null
}
