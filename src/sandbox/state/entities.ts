/** An item of `errors` of Seam's objects. */
export type SeamIssueError = {
  error_code: string
  message: string
  created_at: string
  is_connected_account_error?: boolean
  acs_user_id?: string
  acs_system_id?: string
}

/** An item of `warnings` of Seam's objects. */
export type SeamIssueWarning = { warning_code: string; message: string; created_at: string }

type WithIssues = { created_at: string; errors: SeamIssueError[]; warnings: SeamIssueWarning[] }

/** A connected account: a login to Latch. */
export type Account = WithIssues & {
  connected_account_id: string
  display_name: string
  customer_key?: string | undefined
  custom_metadata: Record<string, string | boolean>
}

/** An ACS system: a building in Latch. */
export type System = WithIssues & {
  acs_system_id: string
  connected_account_id: string
  name: string
  time_zone: string | null
}

/** An item of `pending_mutations` of an ACS user: a change that Latch has not applied yet. */
export type PendingMutation = {
  mutation_code: string
  message: string
  created_at: string
  from?: Record<string, unknown>
  to?: Record<string, unknown>
}

/** The period in which an ACS user has access. */
export type Schedule = { starts_at: string; ends_at: string | null }

/** An ACS user. The fields copied from its user identity are added in responses. */
export type User = WithIssues & {
  acs_user_id: string
  acs_system_id: string
  connected_account_id: string
  full_name: string
  email_address?: string | undefined
  phone_number?: string | undefined
  is_suspended?: boolean
  access_schedule?: Schedule | undefined
  user_identity_id?: string | undefined
  pending_mutations: PendingMutation[]
  last_successful_sync_at: string | null
}

/** An entrance. An absent field is unknown. */
export type Entrance = WithIssues & {
  acs_entrance_id: string
  acs_system_id: string
  connected_account_id: string
  display_name: string
  can_unlock_with_mobile_key?: boolean
  can_unlock_with_code?: boolean
  can_unlock_with_card?: boolean
  latch_metadata: {
    accessibility_type?: string
    door_name?: string
    door_type?: string
    is_connected?: boolean
  }
}

/** An access method that Latch supports. */
export type AccessMethod = 'code' | 'mobile_key'

/** A mobile key or access code. `entrance_ids` and `stage` are internal: Seam's credentials do not have these fields. */
export type Credential = WithIssues & {
  acs_credential_id: string
  acs_system_id: string
  connected_account_id: string
  acs_user_id?: string | undefined
  access_method: AccessMethod
  entrance_ids: readonly string[]
  /** `waiting` becomes `issued` by itself; `held` becomes `issued` only by the activity `issue`. */
  stage: 'held' | 'waiting' | 'issued'
  display_name: string
  code?: string | null
  starts_at?: string | undefined
  ends_at?: string | undefined
  is_issued?: boolean
  issued_at?: string | null
  is_latest_desired_state_synced_with_provider?: boolean | null
  latest_desired_state_synced_with_provider_at?: string | null
}

/** A user identity: a person in any number of ACS systems. */
export type Identity = WithIssues & {
  user_identity_id: string
  user_identity_key: string | null
  full_name: string | null
  email_address: string | null
  phone_number: string | null
}

/** A Connect Webview: a login page. `auth_token` is part of its URL. */
export type Webview = {
  connect_webview_id: string
  auth_token: string
  status: 'pending' | 'failed' | 'authorized'
  created_at: string
  authorized_at: string | null
  connected_account_id: string | null
  accepted_providers: string[]
  accepted_capabilities: string[]
  any_provider_allowed: boolean
  automatically_manage_new_devices: boolean
  wait_for_device_creation: boolean
  device_selection_mode: 'none' | 'single' | 'multiple'
  custom_metadata: Record<string, string | boolean>
  custom_redirect_url: string | null
  custom_redirect_failure_url: string | null
  customer_key?: string | undefined
}

/** A client session of a resident's app. */
export type ClientSession = {
  client_session_id: string
  token: string
  created_at: string
  expires_at: string
  user_identifier_key: string | null
  user_identity_id?: string | undefined
  customer_key?: string | undefined
  connected_account_ids: string[]
  connect_webview_ids: string[]
}

/** A webhook, with the secret that signs its deliveries. */
export type Webhook = { webhook_id: string; url: string; event_types: string[]; secret: string }

/** An event as Seam lists and sends it. Its other fields depend on its type. */
export type SeamEvent = {
  event_id: string
  event_type: string
  workspace_id: string
  created_at: string
  occurred_at: string
  [field: string]: unknown
}
