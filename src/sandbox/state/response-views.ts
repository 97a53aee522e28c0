import { getDisplayName } from '../lifecycle/user-identities.ts'
import type {
  Account,
  ClientSession,
  Credential,
  Entrance,
  Identity,
  System,
  User,
  Webhook,
  Webview,
} from './entities.ts'
import type { State } from './state.ts'

/** An object as in Seam's responses. */
export type ResponseView = Record<string, unknown>

/** Functions that convert rows to objects of responses. */
export type ResponseViews = ReturnType<typeof createResponseViews>

/** Image of an ACS system: a plain rectangle. */
const imageUrl =
  'data:image/svg+xml,%3Csvg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"%3E%3Cpath d="M6 2h12v20H6z"/%3E%3C/svg%3E'

/**
 * Creates the views of a workspace. They add the fields that Seam copies from other objects, and omit internal fields. `origin` returns
 * the origin of this server.
 */
export function createResponseViews(state: State, workspace_id: string, origin: () => string) {
  function system(row: System): ResponseView {
    const { time_zone, ...shown } = row
    return {
      ...shown,
      workspace_id,
      connected_account_ids: [row.connected_account_id],
      external_type: 'latch_building',
      external_type_display_name: 'Latch building',
      system_type: 'latch_building',
      system_type_display_name: 'Latch building',
      is_credential_manager: false,
      location: { time_zone },
      image_url: imageUrl,
      image_alt_text: 'Latch',
      acs_user_count: state.users.countBy('system', row.acs_system_id),
    }
  }

  function user(row: User): ResponseView {
    const identity =
      row.user_identity_id === undefined ? undefined : state.identities.get(row.user_identity_id)
    const copies = identity && {
      user_identity_full_name: identity.full_name,
      user_identity_email_address: identity.email_address,
      user_identity_phone_number: identity.phone_number,
    }
    return {
      ...row,
      ...copies,
      workspace_id,
      display_name: row.full_name,
      external_type: 'latch_user',
      external_type_display_name: 'Latch user',
      is_managed: true,
    }
  }

  function credential(row: Credential): ResponseView {
    const { entrance_ids: _doors, stage: _stage, ...shown } = row
    const holder = row.acs_user_id === undefined ? undefined : state.users.get(row.acs_user_id)
    return {
      ...shown,
      user_identity_id: holder?.user_identity_id,
      workspace_id,
      external_type: 'latch_access',
      external_type_display_name: 'Latch access',
      is_multi_phone_sync_credential: row.access_method === 'mobile_key',
      is_managed: true,
    }
  }

  const entrance = (row: Entrance): ResponseView => ({ ...row, space_ids: [] })

  const account = (row: Account): ResponseView => ({
    ...row,
    account_type: 'latch',
    account_type_display_name: 'Latch',
    accepted_capabilities: ['access_control'],
    automatically_manage_new_devices: true,
  })

  function identity(row: Identity): ResponseView {
    const users = state.users.by('identity', row.user_identity_id)
    return {
      ...row,
      workspace_id,
      display_name: getDisplayName(row),
      acs_user_ids: users.map(({ acs_user_id }) => acs_user_id),
    }
  }

  function webview(row: Webview): ResponseView {
    const { auth_token, ...shown } = row
    const query = new URLSearchParams({ connect_webview_id: row.connect_webview_id, auth_token })
    return {
      ...shown,
      workspace_id,
      url: `${origin()}/connect_webviews/view?${query}`,
      login_successful: row.status === 'authorized',
      selected_provider: row.status === 'pending' ? null : 'latch',
      accepted_devices: [],
      any_device_allowed: false,
    }
  }

  const session = (row: ClientSession): ResponseView => ({
    ...row,
    workspace_id,
    user_identity_ids: row.user_identity_id === undefined ? [] : [row.user_identity_id],
    device_count: 0,
  })

  const webhook = (row: Webhook): ResponseView => ({ ...row })

  return { system, user, credential, entrance, account, identity, webview, session, webhook }
}
