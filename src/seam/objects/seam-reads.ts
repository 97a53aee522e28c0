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
import type {
  AcsCredentialId,
  AcsEntranceId,
  AcsSystemId,
  AcsUserId,
  ConnectedAccountId,
  ConnectWebviewId,
  UserIdentityId,
} from '../../model/ids.ts'
import { type ResponseShape, readAll, readOne, readOneOrNone } from '../calls/list-pages.ts'
import { createIdFilter, createIdParam, readInChunks } from '../calls/request-params.ts'
import type { CallOptions, SeamCaller } from '../calls/seam-caller.ts'
import { createForeignRowsError } from '../errors.ts'
import type { ClientSessionSummary } from './entity-conversion.ts'
import * as shapes from './response-shapes.ts'

/**
 * Reads objects from Seam. Lists include all pages; a `get…` method resolves to `null` if the object does not exist. An empty id is rejected
 * before a request is sent, an empty list of ids resolves to an empty list, and a response with a row that was not requested is rejected as a
 * whole. Each page has a deadline of 30 s; a deadline in the options applies to all pages together. All methods reject with `SeamError`.
 */
export type SeamReads = {
  getWorkspace(options?: CallOptions): Promise<Workspace>
  listSystems(options?: CallOptions): Promise<AcsSystem[]>
  getSystem(id: AcsSystemId, options?: CallOptions): Promise<AcsSystem | null>
  listUsers(filter: { acsSystemId?: AcsSystemId }, options?: CallOptions): Promise<AcsUser[]>
  getUser(id: AcsUserId, options?: CallOptions): Promise<AcsUser | null>
  listEntrances(
    filter: { acsSystemId?: AcsSystemId; ids?: readonly AcsEntranceId[] },
    options?: CallOptions,
  ): Promise<AcsEntrance[]>
  getEntrance(id: AcsEntranceId, options?: CallOptions): Promise<AcsEntrance | null>
  listCredentials(
    filter: { acsSystemId?: AcsSystemId; acsUserId?: AcsUserId },
    options?: CallOptions,
  ): Promise<AcsCredential[]>
  getCredential(id: AcsCredentialId, options?: CallOptions): Promise<AcsCredential | null>
  /** Returns the credentials that unlock an entrance. Seam does not paginate this list, so it may be truncated (see `onTruncated`). */
  listCredentialsOfEntrance(id: AcsEntranceId, options?: CallOptions): Promise<AcsCredential[]>
  listEntrancesOfCredential(id: AcsCredentialId, options?: CallOptions): Promise<AcsEntrance[]>
  /** Returns the entrances that any credential of an ACS user unlocks. */
  listEntrancesOfUser(id: AcsUserId, options?: CallOptions): Promise<AcsEntrance[]>
  /** `search` matches a part of the name, e-mail address, phone number or identity key. */
  listIdentities(
    filter: { ids?: readonly UserIdentityId[]; search?: string },
    options?: CallOptions,
  ): Promise<UserIdentity[]>
  getIdentity(id: UserIdentityId, options?: CallOptions): Promise<UserIdentity | null>
  /** Returns the user identity with a `user_identity_key`. */
  getIdentityByKey(key: string, options?: CallOptions): Promise<UserIdentity | null>
  /** Returns the client sessions of a user identity, including ended ones that Seam still lists. */
  listClientSessions(id: UserIdentityId, options?: CallOptions): Promise<ClientSessionSummary[]>
  listAccounts(options?: CallOptions): Promise<ConnectedAccount[]>
  getAccount(id: ConnectedAccountId, options?: CallOptions): Promise<ConnectedAccount | null>
  getWebview(id: ConnectWebviewId, options?: CallOptions): Promise<ConnectWebview | null>
  /** Returns the Connect Webviews with this value in the custom metadata field `name`. */
  listWebviewsByMetadata(
    metadata: { readonly name: string; readonly value: string },
    options?: CallOptions,
  ): Promise<ConnectWebview[]>
}

/** Creates the reads on top of a caller. */
export function createSeamReads(caller: SeamCaller): SeamReads {
  /** Creates a read by id; rejects a row with another id. */
  const createGetter =
    <Id extends string, T>(route: string, shape: ResponseShape<T>, idOf: (row: T) => Id) =>
    async (id: Id, options?: CallOptions): Promise<T | null> => {
      const row = await readOneOrNone(
        caller,
        route,
        createIdParam(route, `${shape.objectKey}_id`, id),
        shape,
        options,
      )
      if (row !== null && !isSameId(idOf(row), id)) throw createForeignRowsError(route)
      return row
    }
  /** Creates a list read for the objects that belong to one parent object. */
  const createListByParent =
    <Id extends string, T>(route: string, parameter: string, shape: ResponseShape<T>) =>
    async (id: Id, options?: CallOptions): Promise<T[]> =>
      readAll(caller, route, createIdParam(route, parameter, id), shape, options)
  const readList = <T>(
    route: string,
    params: object,
    shape: ResponseShape<T>,
    options?: CallOptions,
  ): Promise<T[]> => readAll(caller, route, params, shape, options)

  const listAccessibleEntrances = createListByParent<AcsCredentialId, AcsEntrance>(
    'acs/credentials/list_accessible_entrances',
    'acs_credential_id',
    shapes.entranceShape,
  )

  const listSessionsOfIdentity = createListByParent<UserIdentityId, ClientSessionSummary>(
    'client_sessions/list',
    'user_identity_id',
    shapes.clientSessionSummaryShape,
  )

  return {
    getWorkspace: (options) => readOne(caller, 'workspaces/get', {}, shapes.workspaceShape, options),
    listSystems: (options) => readList('acs/systems/list', {}, shapes.systemShape, options),
    getSystem: createGetter('acs/systems/get', shapes.systemShape, (row) => row.acsSystemId),
    async listUsers({ acsSystemId }, options) {
      const route = 'acs/users/list'
      const rows = await readList(
        route,
        createIdFilter(route, { acs_system_id: acsSystemId }),
        shapes.userShape,
        options,
      )
      return requireSystem(route, rows, acsSystemId)
    },
    getUser: createGetter('acs/users/get', shapes.userShape, (row) => row.acsUserId),
    async listEntrances({ acsSystemId, ids }, options) {
      const route = 'acs/entrances/list'
      const filter = createIdFilter(route, { acs_system_id: acsSystemId })
      const read = (params: object) =>
        readList(route, { ...filter, ...params }, shapes.entranceShape, options)
      const rows = await (ids === undefined ? read({}) : readInChunks(route, 'acs_entrance_ids', ids, read))
      return requireSystem(
        route,
        requireIds(route, rows, ids, (row) => row.acsEntranceId),
        acsSystemId,
      )
    },
    getEntrance: createGetter('acs/entrances/get', shapes.entranceShape, (row) => row.acsEntranceId),
    async listCredentials({ acsSystemId, acsUserId }, options) {
      const route = 'acs/credentials/list'
      const filter = createIdFilter(route, { acs_system_id: acsSystemId, acs_user_id: acsUserId })
      const rows = await readList(route, filter, shapes.credentialShape, options)
      if (acsUserId !== undefined && !rows.every((row) => isSameId(row.acsUserId, acsUserId)))
        throw createForeignRowsError(route)
      return requireSystem(route, rows, acsSystemId)
    },
    getCredential: createGetter('acs/credentials/get', shapes.credentialShape, (row) => row.acsCredentialId),
    listCredentialsOfEntrance: createListByParent(
      'acs/entrances/list_credentials_with_access',
      'acs_entrance_id',
      shapes.credentialShape,
    ),
    async listEntrancesOfCredential(id, options) {
      let isTruncated = false
      const rows = await listAccessibleEntrances(id, { ...options, onTruncated: () => (isTruncated = true) })
      if (!isTruncated) return rows
      // This endpoint returns the same list with pagination.
      const route = 'acs/entrances/list'
      return readList(route, createIdParam(route, 'acs_credential_id', id), shapes.entranceShape, options)
    },
    listEntrancesOfUser: createListByParent(
      'acs/users/list_accessible_entrances',
      'acs_user_id',
      shapes.entranceShape,
    ),
    async listIdentities({ ids, search }, options) {
      const route = 'user_identities/list'
      const filter = createIdFilter(route, { search })
      const read = (params: object) =>
        readList(route, { ...filter, ...params }, shapes.identityShape, options)
      const rows = await (ids === undefined ? read({}) : readInChunks(route, 'user_identity_ids', ids, read))
      return requireIds(route, rows, ids, (row) => row.userIdentityId)
    },
    getIdentity: createGetter('user_identities/get', shapes.identityShape, (row) => row.userIdentityId),
    async getIdentityByKey(key, options) {
      const route = 'user_identities/get'
      const params = createIdParam(route, 'user_identity_key', key)
      const row = await readOneOrNone(caller, route, params, shapes.identityShape, options)
      if (row !== null && row.key !== key) throw createForeignRowsError(route)
      return row
    },
    async listClientSessions(id, options) {
      const route = 'client_sessions/list'
      const rows = await listSessionsOfIdentity(id, options)
      if (!rows.every((row) => isSameId(row.userIdentityId, id))) throw createForeignRowsError(route)
      return rows
    },
    listAccounts: (options) => readList('connected_accounts/list', {}, shapes.accountShape, options),
    getAccount: createGetter('connected_accounts/get', shapes.accountShape, (row) => row.connectedAccountId),
    getWebview: createGetter('connect_webviews/get', shapes.webviewShape, (row) => row.connectWebviewId),
    async listWebviewsByMetadata({ name, value }, options) {
      const route = 'connect_webviews/list'
      const params = { custom_metadata_has: createIdParam(route, name, value) }
      const rows = await readList(route, params, shapes.webviewWithMetadataShape, options)
      if (!rows.every(({ metadata }) => metadata[name] === value)) throw createForeignRowsError(route)
      return rows.map(({ webview }) => webview)
    },
  }
}

/** Rejects rows of another ACS system than the requested one: they must never be returned to a client without access to that system. */
export function requireSystem<T extends { acsSystemId: AcsSystemId }>(
  route: string,
  rows: T[],
  acsSystemId: AcsSystemId | undefined,
): T[] {
  if (acsSystemId === undefined || rows.every((row) => isSameId(row.acsSystemId, acsSystemId))) return rows
  throw createForeignRowsError(route)
}

function requireIds<Id extends string, T>(
  route: string,
  rows: T[],
  ids: readonly Id[] | undefined,
  idOf: (row: T) => Id,
): T[] {
  if (ids === undefined) return rows
  const requested = new Set(ids.map((id) => id.toLowerCase()))
  if (rows.every((row) => requested.has(idOf(row)))) return rows
  throw createForeignRowsError(route)
}

/** Compares an id of a row, which is in lower case, with a requested id in any case. */
export function isSameId(id: string | null, requested: string): boolean {
  return id === requested.toLowerCase()
}
