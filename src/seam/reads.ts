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
import type {
  AcsCredentialId,
  AcsEntranceId,
  AcsSystemId,
  AcsUserId,
  ConnectedAccountId,
  ConnectWebviewId,
  UserIdentityId,
} from '../model/ids.ts'
import type { Caller, CallOptions } from './call.ts'
import { foreign } from './errors.ts'
import { readAll, readOne, readOneOrNone, type Shape } from './pages.ts'
import { filterOf, inChunks, named } from './params.ts'
import * as shapes from './shapes.ts'

/**
 * Reads of Seam's objects. Lists are complete, page after page; a `get…` answers `null` for what isn't there. An empty id is
 * refused before Seam is asked, an empty list of ids answers an empty list, and an answer with a row that wasn't asked for is
 * refused whole. Each page has its own 30 s unless the options bring a deadline, which is for the whole. Throws `SeamError`.
 */
export type SeamReads = {
  workspace(options?: CallOptions): Promise<Workspace>
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
  /** All credentials that open an entrance, as far as Seam gives them: it doesn't page this list (see `onCut`). */
  credentialsOfEntrance(id: AcsEntranceId, options?: CallOptions): Promise<AcsCredential[]>
  entrancesOfCredential(id: AcsCredentialId, options?: CallOptions): Promise<AcsEntrance[]>
  /** What all credentials of a user open together. */
  entrancesOfUser(id: AcsUserId, options?: CallOptions): Promise<AcsEntrance[]>
  /** `search` is a text that stands in the name, e-mail address, phone number or key. */
  listIdentities(
    filter: { ids?: readonly UserIdentityId[]; search?: string },
    options?: CallOptions,
  ): Promise<UserIdentity[]>
  getIdentity(id: UserIdentityId, options?: CallOptions): Promise<UserIdentity | null>
  /** By the workspace's own key for a person. */
  getIdentityByKey(key: string, options?: CallOptions): Promise<UserIdentity | null>
  listAccounts(options?: CallOptions): Promise<ConnectedAccount[]>
  getAccount(id: ConnectedAccountId, options?: CallOptions): Promise<ConnectedAccount | null>
  getWebview(id: ConnectWebviewId, options?: CallOptions): Promise<ConnectWebview | null>
  /** Those whose metadata have this text under this name. */
  listWebviewsWith(
    metadata: { readonly name: string; readonly value: string },
    options?: CallOptions,
  ): Promise<ConnectWebview[]>
}

/** The reads, made through one caller. */
export function createReads(caller: Caller): SeamReads {
  /** By id: a row with another id is refused. */
  const getter =
    <Id extends string, T>(route: string, shape: Shape<T>, idOf: (row: T) => Id) =>
    async (id: Id, options?: CallOptions): Promise<T | null> => {
      const row = await readOneOrNone(caller, route, named(route, `${shape.one}_id`, id), shape, options)
      if (row !== null && !isSame(idOf(row), id)) throw foreign(route)
      return row
    }
  /** A list of what belongs to one thing. */
  const ofOne =
    <Id extends string, T>(route: string, parameter: string, shape: Shape<T>) =>
    async (id: Id, options?: CallOptions): Promise<T[]> =>
      readAll(caller, route, named(route, parameter, id), shape, options)
  const list = <T>(route: string, params: object, shape: Shape<T>, options?: CallOptions): Promise<T[]> =>
    readAll(caller, route, params, shape, options)

  const doorsOfCredential = ofOne<AcsCredentialId, AcsEntrance>(
    'acs/credentials/list_accessible_entrances',
    'acs_credential_id',
    shapes.entrance,
  )

  return {
    workspace: (options) => readOne(caller, 'workspaces/get', {}, shapes.workspace, options),
    listSystems: (options) => list('acs/systems/list', {}, shapes.system, options),
    getSystem: getter('acs/systems/get', shapes.system, (row) => row.acsSystemId),
    async listUsers({ acsSystemId }, options) {
      const route = 'acs/users/list'
      const rows = await list(route, filterOf(route, { acs_system_id: acsSystemId }), shapes.user, options)
      return ofSystem(route, rows, acsSystemId)
    },
    getUser: getter('acs/users/get', shapes.user, (row) => row.acsUserId),
    async listEntrances({ acsSystemId, ids }, options) {
      const route = 'acs/entrances/list'
      const filter = filterOf(route, { acs_system_id: acsSystemId })
      const read = (params: object) => list(route, { ...filter, ...params }, shapes.entrance, options)
      const rows = await (ids === undefined ? read({}) : inChunks(route, 'acs_entrance_ids', ids, read))
      return ofSystem(
        route,
        amongIds(route, rows, ids, (row) => row.acsEntranceId),
        acsSystemId,
      )
    },
    getEntrance: getter('acs/entrances/get', shapes.entrance, (row) => row.acsEntranceId),
    async listCredentials({ acsSystemId, acsUserId }, options) {
      const route = 'acs/credentials/list'
      const filter = filterOf(route, { acs_system_id: acsSystemId, acs_user_id: acsUserId })
      const rows = await list(route, filter, shapes.credential, options)
      if (acsUserId !== undefined && !rows.every((row) => isSame(row.acsUserId, acsUserId)))
        throw foreign(route)
      return ofSystem(route, rows, acsSystemId)
    },
    getCredential: getter('acs/credentials/get', shapes.credential, (row) => row.acsCredentialId),
    credentialsOfEntrance: ofOne(
      'acs/entrances/list_credentials_with_access',
      'acs_entrance_id',
      shapes.credential,
    ),
    async entrancesOfCredential(id, options) {
      let isCut = false
      const rows = await doorsOfCredential(id, { ...options, onCut: () => (isCut = true) })
      if (!isCut) return rows
      // The same list, in pages.
      const route = 'acs/entrances/list'
      return list(route, named(route, 'acs_credential_id', id), shapes.entrance, options)
    },
    entrancesOfUser: ofOne('acs/users/list_accessible_entrances', 'acs_user_id', shapes.entrance),
    async listIdentities({ ids, search }, options) {
      const route = 'user_identities/list'
      const filter = filterOf(route, { search })
      const read = (params: object) => list(route, { ...filter, ...params }, shapes.identity, options)
      const rows = await (ids === undefined ? read({}) : inChunks(route, 'user_identity_ids', ids, read))
      return amongIds(route, rows, ids, (row) => row.userIdentityId)
    },
    getIdentity: getter('user_identities/get', shapes.identity, (row) => row.userIdentityId),
    async getIdentityByKey(key, options) {
      const route = 'user_identities/get'
      const params = named(route, 'user_identity_key', key)
      const row = await readOneOrNone(caller, route, params, shapes.identity, options)
      if (row !== null && row.key !== key) throw foreign(route)
      return row
    },
    listAccounts: (options) => list('connected_accounts/list', {}, shapes.account, options),
    getAccount: getter('connected_accounts/get', shapes.account, (row) => row.connectedAccountId),
    getWebview: getter('connect_webviews/get', shapes.webview, (row) => row.connectWebviewId),
    async listWebviewsWith({ name, value }, options) {
      const route = 'connect_webviews/list'
      const params = { custom_metadata_has: named(route, name, value) }
      const rows = await list(route, params, shapes.markedWebview, options)
      if (!rows.every(({ metadata }) => metadata[name] === value)) throw foreign(route)
      return rows.map(({ webview }) => webview)
    },
  }
}

/** Looks again at every row: one of another system, in a list of one system, must never reach a viewer of the latter. */
export function ofSystem<T extends { acsSystemId: AcsSystemId }>(
  route: string,
  rows: T[],
  acsSystemId: AcsSystemId | undefined,
): T[] {
  if (acsSystemId === undefined || rows.every((row) => isSame(row.acsSystemId, acsSystemId))) return rows
  throw foreign(route)
}

function amongIds<Id extends string, T>(
  route: string,
  rows: T[],
  ids: readonly Id[] | undefined,
  idOf: (row: T) => Id,
): T[] {
  if (ids === undefined) return rows
  const asked = new Set(ids.map((id) => id.toLowerCase()))
  if (rows.every((row) => asked.has(idOf(row)))) return rows
  throw foreign(route)
}

/** Rows have their ids in lower case; a caller may have written one otherwise. */
export function isSame(id: string | null, asked: string): boolean {
  return id === asked.toLowerCase()
}
