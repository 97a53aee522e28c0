import type {
  AcsCredential,
  AcsEntrance,
  AcsSystem,
  AcsUser,
  ConnectedAccount,
  ConnectWebview,
  UserIdentity,
  Workspace,
} from '../model/entities.ts'
import * as convert from './convert.ts'
import { object } from './json.ts'
import type { Shape } from './pages.ts'

/** Under which keys Seam answers each kind of thing (facts on HTTP endpoints). */
export const system: Shape<AcsSystem> = {
  one: 'acs_system',
  many: 'acs_systems',
  convert: convert.toSystem,
}
/** See `system`. */
export const user: Shape<AcsUser> = { one: 'acs_user', many: 'acs_users', convert: convert.toUser }
/** See `system`. */
export const entrance: Shape<AcsEntrance> = {
  one: 'acs_entrance',
  many: 'acs_entrances',
  convert: convert.toEntrance,
}
/** See `system`. */
export const credential: Shape<AcsCredential> = {
  one: 'acs_credential',
  many: 'acs_credentials',
  convert: convert.toCredential,
}
/** See `system`. */
export const identity: Shape<UserIdentity> = {
  one: 'user_identity',
  many: 'user_identities',
  convert: convert.toIdentity,
}
/** See `system`. */
export const account: Shape<ConnectedAccount> = {
  one: 'connected_account',
  many: 'connected_accounts',
  convert: convert.toAccount,
}
/** See `system`. */
export const webview: Shape<ConnectWebview> = {
  one: 'connect_webview',
  many: 'connect_webviews',
  convert: convert.toWebview,
}
/** A Connect Webview with what was written on it. */
export const markedWebview: Shape<{
  readonly webview: ConnectWebview
  readonly metadata: Readonly<Record<string, unknown>>
}> = {
  ...webview,
  convert: (row) => ({ webview: convert.toWebview(row), metadata: object(row, 'custom_metadata') ?? {} }),
}
/** See `system`. */
export const workspace: Shape<Workspace> = {
  one: 'workspace',
  many: 'workspaces',
  convert: convert.toWorkspace,
}
