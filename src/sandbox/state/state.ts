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
import { createTable, type Table } from './indexed-table.ts'

/** All objects of the workspace, without its events. */
export type State = {
  readonly accounts: Table<Account, 'customer'>
  readonly systems: Table<System, 'account'>
  readonly users: Table<User, 'system' | 'identity' | 'account' | 'email' | 'phone'>
  readonly entrances: Table<Entrance, 'system' | 'account'>
  readonly credentials: Table<Credential, 'system' | 'user' | 'entrance' | 'account'>
  readonly identities: Table<Identity, 'key' | 'email' | 'phone'>
  readonly webviews: Table<Webview, 'customer'>
  readonly sessions: Table<ClientSession, 'identity' | 'identifier'>
  readonly webhooks: Table<Webhook, never>
}

/** Returns the key in the `email` and `phone` indexes of ACS users, which are both specific to an ACS system. */
export function createSystemKey(acsSystemId: string, address: string): string {
  return `${acsSystemId}/${address.toLowerCase()}`
}

/** Creates an empty workspace. */
export function createState(): State {
  return {
    accounts: createTable('connected_account_id', { customer: (row) => [row.customer_key] }),
    systems: createTable('acs_system_id', { account: (row) => [row.connected_account_id] }),
    users: createTable('acs_user_id', {
      system: (row) => [row.acs_system_id],
      identity: (row) => [row.user_identity_id],
      account: (row) => [row.connected_account_id],
      email: (row) => [row.email_address && createSystemKey(row.acs_system_id, row.email_address)],
      phone: (row) => [row.phone_number && createSystemKey(row.acs_system_id, row.phone_number)],
    }),
    entrances: createTable('acs_entrance_id', {
      system: (row) => [row.acs_system_id],
      account: (row) => [row.connected_account_id],
    }),
    credentials: createTable('acs_credential_id', {
      system: (row) => [row.acs_system_id],
      user: (row) => [row.acs_user_id],
      entrance: (row) => row.entrance_ids,
      account: (row) => [row.connected_account_id],
    }),
    identities: createTable('user_identity_id', {
      key: (row) => [row.user_identity_key],
      email: (row) => [row.email_address?.toLowerCase()],
      phone: (row) => [row.phone_number],
    }),
    webviews: createTable('connect_webview_id', { customer: (row) => [row.customer_key] }),
    sessions: createTable('client_session_id', {
      identity: (row) => [row.user_identity_id],
      identifier: (row) => [row.user_identifier_key],
    }),
    webhooks: createTable('webhook_id', {}),
  }
}

/** The ids of all objects in the workspace, oldest first. */
export type StateIds = {
  connectedAccountIds: string[]
  acsSystemIds: string[]
  acsEntranceIds: string[]
  acsUserIds: string[]
  acsCredentialIds: string[]
  userIdentityIds: string[]
  connectWebviewIds: string[]
  clientSessionIds: string[]
  webhookIds: string[]
}

/** Returns the ids of all objects in the workspace. */
export function listIds(state: State): StateIds {
  return {
    connectedAccountIds: state.accounts.all().map((row) => row.connected_account_id),
    acsSystemIds: state.systems.all().map((row) => row.acs_system_id),
    acsEntranceIds: state.entrances.all().map((row) => row.acs_entrance_id),
    acsUserIds: state.users.all().map((row) => row.acs_user_id),
    acsCredentialIds: state.credentials.all().map((row) => row.acs_credential_id),
    userIdentityIds: state.identities.all().map((row) => row.user_identity_id),
    connectWebviewIds: state.webviews.all().map((row) => row.connect_webview_id),
    clientSessionIds: state.sessions.all().map((row) => row.client_session_id),
    webhookIds: state.webhooks.all().map((row) => row.webhook_id),
  }
}
