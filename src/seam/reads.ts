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
import * as convert from './convert.ts'
import { SeamError } from './errors.ts'
import { readAll, readOne, readOneOrNone, unreadable } from './pages.ts'

/** Reads of Seam's objects. Lists are complete, page after page; a `get…` answers `null` for what isn't there. Throws `SeamError`. */
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
  credentialsOfEntrance(id: AcsEntranceId, options?: CallOptions): Promise<AcsCredential[]>
  entrancesOfCredential(id: AcsCredentialId, options?: CallOptions): Promise<AcsEntrance[]>
  listIdentities(filter: { ids?: readonly UserIdentityId[] }, options?: CallOptions): Promise<UserIdentity[]>
  getIdentity(id: UserIdentityId, options?: CallOptions): Promise<UserIdentity | null>
  listAccounts(options?: CallOptions): Promise<ConnectedAccount[]>
  getAccount(id: ConnectedAccountId, options?: CallOptions): Promise<ConnectedAccount | null>
  getWebview(id: ConnectWebviewId, options?: CallOptions): Promise<ConnectWebview | null>
}

/** Ids that go into one request (facts on array size). */
const chunkSize = 100

export function createReads(caller: Caller): SeamReads {
  return {
    workspace: (options) => readOne(caller, 'workspaces/get', {}, 'workspace', convert.toWorkspace, options),
    listSystems: (options) =>
      readAll(caller, 'acs/systems/list', {}, 'acs_systems', convert.toSystem, options),
    getSystem: async (id, options) =>
      readOneOrNone(
        caller,
        'acs/systems/get',
        named('acs_system_id', id),
        'acs_system',
        convert.toSystem,
        options,
      ),
    async listUsers({ acsSystemId }, options) {
      const params = filterOf({ acs_system_id: acsSystemId })
      const rows = await readAll(caller, 'acs/users/list', params, 'acs_users', convert.toUser, options)
      return ofSystem('acs/users/list', rows, acsSystemId)
    },
    getUser: async (id, options) =>
      readOneOrNone(caller, 'acs/users/get', named('acs_user_id', id), 'acs_user', convert.toUser, options),
    async listEntrances({ acsSystemId, ids }, options) {
      const list = async (params: object) =>
        readAll(caller, 'acs/entrances/list', params, 'acs_entrances', convert.toEntrance, options)
      if (ids !== undefined) {
        return inChunks(ids, (chunk) =>
          list({ acs_entrance_ids: chunk, ...filterOf({ acs_system_id: acsSystemId }) }),
        )
      }
      return ofSystem('acs/entrances/list', await list(filterOf({ acs_system_id: acsSystemId })), acsSystemId)
    },
    getEntrance: async (id, options) =>
      readOneOrNone(
        caller,
        'acs/entrances/get',
        named('acs_entrance_id', id),
        'acs_entrance',
        convert.toEntrance,
        options,
      ),
    async listCredentials({ acsSystemId, acsUserId }, options) {
      const params = filterOf({ acs_system_id: acsSystemId, acs_user_id: acsUserId })
      const route = 'acs/credentials/list'
      const rows = await readAll(caller, route, params, 'acs_credentials', convert.toCredential, options)
      if (acsUserId !== undefined && rows.some((row) => row.acsUserId !== acsUserId)) throw foreign(route)
      return ofSystem(route, rows, acsSystemId)
    },
    getCredential: async (id, options) =>
      readOneOrNone(
        caller,
        'acs/credentials/get',
        named('acs_credential_id', id),
        'acs_credential',
        convert.toCredential,
        options,
      ),
    credentialsOfEntrance: async (id, options) =>
      readAll(
        caller,
        'acs/entrances/list_credentials_with_access',
        named('acs_entrance_id', id),
        'acs_credentials',
        convert.toCredential,
        options,
      ),
    entrancesOfCredential: async (id, options) =>
      readAll(
        caller,
        'acs/credentials/list_accessible_entrances',
        named('acs_credential_id', id),
        'acs_entrances',
        convert.toEntrance,
        options,
      ),
    async listIdentities({ ids }, options) {
      const list = (params: object) =>
        readAll(caller, 'user_identities/list', params, 'user_identities', convert.toIdentity, options)
      return ids === undefined ? list({}) : inChunks(ids, (chunk) => list({ user_identity_ids: chunk }))
    },
    getIdentity: async (id, options) =>
      readOneOrNone(
        caller,
        'user_identities/get',
        named('user_identity_id', id),
        'user_identity',
        convert.toIdentity,
        options,
      ),
    listAccounts: (options) =>
      readAll(caller, 'connected_accounts/list', {}, 'connected_accounts', convert.toAccount, options),
    getAccount: async (id, options) =>
      readOneOrNone(
        caller,
        'connected_accounts/get',
        named('connected_account_id', id),
        'connected_account',
        convert.toAccount,
        options,
      ),
    getWebview: async (id, options) =>
      readOneOrNone(
        caller,
        'connect_webviews/get',
        named('connect_webview_id', id),
        'connect_webview',
        convert.toWebview,
        options,
      ),
  }
}

/** A filter from what is given. An empty id is refused: Seam could take it for "no filter" and answer with the whole workspace. */
function filterOf(ids: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const params: Record<string, string> = {}
  for (const [key, id] of Object.entries(ids)) if (id !== undefined) Object.assign(params, named(key, id))
  return params
}

/** One required id as a parameter. Throws where it's empty. */
export function named(key: string, id: string): Record<string, string> {
  if (id.trim() !== '') return { [key]: id }
  throw new SeamError({
    code: 'INVALID_INPUT',
    message: `${key} is empty; Seam was not asked.`,
    route: key,
    outcome: 'not_sent',
  })
}

async function inChunks<Id extends string, T>(
  ids: readonly Id[],
  read: (chunk: readonly Id[]) => Promise<T[]>,
): Promise<T[]> {
  for (const id of ids) named('id', id)
  const chunks: Id[][] = []
  for (let start = 0; start < ids.length; start += chunkSize) chunks.push(ids.slice(start, start + chunkSize))
  return (await Promise.all(chunks.map(read))).flat()
}

/** Looks again at every row: one of another system, in a list of one system, must never reach a viewer of the latter. */
function ofSystem<T extends { acsSystemId: AcsSystemId }>(
  route: string,
  rows: T[],
  acsSystemId?: AcsSystemId,
): T[] {
  if (acsSystemId !== undefined && rows.some((row) => row.acsSystemId !== acsSystemId)) throw foreign(route)
  return rows
}

function foreign(route: string): SeamError {
  return unreadable(route, 'it holds rows that were not asked for')
}
