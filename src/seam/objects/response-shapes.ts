import type {
  AcsCredential,
  AcsEntrance,
  AcsSystem,
  AcsUser,
  ConnectedAccount,
  ConnectWebview,
  UserIdentity,
  Workspace,
} from '../../model/entities.ts'
import type { ResponseShape } from '../calls/list-pages.ts'
import * as convert from './entity-conversion.ts'
import { readObject } from './json-fields.ts'

/** JSON fields of Seam's responses that contain an object or a list of objects of each kind (docs/seam.md). */
export const systemShape: ResponseShape<AcsSystem> = {
  objectKey: 'acs_system',
  listKey: 'acs_systems',
  convert: convert.toSystem,
}
export const userShape: ResponseShape<AcsUser> = {
  objectKey: 'acs_user',
  listKey: 'acs_users',
  convert: convert.toUser,
}
export const entranceShape: ResponseShape<AcsEntrance> = {
  objectKey: 'acs_entrance',
  listKey: 'acs_entrances',
  convert: convert.toEntrance,
}
export const credentialShape: ResponseShape<AcsCredential> = {
  objectKey: 'acs_credential',
  listKey: 'acs_credentials',
  convert: convert.toCredential,
}
export const identityShape: ResponseShape<UserIdentity> = {
  objectKey: 'user_identity',
  listKey: 'user_identities',
  convert: convert.toIdentity,
}
export const accountShape: ResponseShape<ConnectedAccount> = {
  objectKey: 'connected_account',
  listKey: 'connected_accounts',
  convert: convert.toAccount,
}
export const webviewShape: ResponseShape<ConnectWebview> = {
  objectKey: 'connect_webview',
  listKey: 'connect_webviews',
  convert: convert.toWebview,
}
/** A Connect Webview with its custom metadata. */
export const webviewWithMetadataShape: ResponseShape<{
  readonly webview: ConnectWebview
  readonly metadata: Readonly<Record<string, unknown>>
}> = {
  ...webviewShape,
  convert: (row) => ({ webview: convert.toWebview(row), metadata: readObject(row, 'custom_metadata') ?? {} }),
}
export const clientSessionShape: ResponseShape<convert.ClientSession> = {
  objectKey: 'client_session',
  listKey: 'client_sessions',
  convert: convert.toClientSession,
}
/** Client sessions without their tokens, as in lists. */
export const clientSessionSummaryShape: ResponseShape<convert.ClientSessionSummary> = {
  ...clientSessionShape,
  convert: convert.toClientSessionSummary,
}
export const workspaceShape: ResponseShape<Workspace> = {
  objectKey: 'workspace',
  listKey: 'workspaces',
  convert: convert.toWorkspace,
}
