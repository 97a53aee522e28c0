import DataLoader from 'dataloader'
import type { AcsCredential, AcsEntrance, AcsUser, ConnectWebview } from '../../model/entities.ts'
import type {
  AcsCredentialId,
  AcsEntranceId,
  AcsSystemId,
  AcsUserId,
  ConnectWebviewId,
  UserIdentityId,
} from '../../model/ids.ts'
import type { Secret } from '../../model/secret.ts'
import { countCacheHit, countSharedRead } from '../../observability/operation-cost.ts'
import type { Collection } from '../cache/collection.ts'
import type { Eviction } from '../cache/eviction.ts'
import { type CatalogStore, workspacePartition } from '../catalog-store.ts'
import { andThen, collectAll, type MaybePromise } from '../maybe-promise.ts'
import { syncStateOf } from '../sync-state.ts'
import type { CatalogView } from '../view.ts'
import { createCredentialsByUserLoader } from './credentials-by-user-loader.ts'
import { createPerSystemLoader } from './per-system-loader.ts'

/** Reads without an access scope. */
export type UnscopedReads = CatalogView & {
  /** Returns cached rows, also invalidated ones, without a call to Seam. The caller must check them against its access scope. */
  readonly peek: {
    user(id: AcsUserId): AcsUser | undefined
    entrance(id: AcsEntranceId): AcsEntrance | undefined
    credential(id: AcsCredentialId): AcsCredential | undefined
    usersOfIdentity(id: UserIdentityId): readonly AcsUser[]
  }
  /** Fetches a webview from Seam, also if it is cached. */
  fetchWebview(id: ConnectWebviewId): MaybePromise<ConnectWebview | null>
}

/** Maximum number of rows that are fetched one by one; more are loaded with the systems' lists. */
const maxSingleFetches = 10

/**
 * Creates reads without an access scope: synchronous from memory, or else by the fewest calls for all reads of the same tick. All requests
 * share them, and so share calls to Seam.
 */
export function createUnscopedReads(store: CatalogStore, now: () => number): UnscopedReads {
  const { systems, accounts, webviews, identities, users, entrances, credentials, eviction } = store

  /** Loads the list of a collection that has one partition only. Throws or rejects if Seam fails. */
  function ensureWorkspaceList<Id extends string, T>(
    collection: Collection<Id, typeof workspacePartition, T>,
  ): MaybePromise<void> {
    const throwIfFailed = ([error]: readonly (Error | null)[]): void => {
      if (error != null) throw error
    }
    const listed = collection.ensureLoaded([workspacePartition], true)
    if (listed instanceof Promise) return countSharedRead(listed.then(throwIfFailed))
    countCacheHit()
    return throwIfFailed(listed)
  }
  const ensureSystems = (): MaybePromise<void> => ensureWorkspaceList(systems)
  const systemIds = (): AcsSystemId[] =>
    systems.rowsIn(workspacePartition).map((system) => system.acsSystemId)

  /** Loads a system's list, together with those of other systems that are requested in the same tick. */
  function createListLoader<Id extends string, T>(
    collection: Collection<Id, AcsSystemId, T>,
  ): (id: AcsSystemId) => MaybePromise<void> {
    const loader = new DataLoader<AcsSystemId, true>(
      async (ids) => {
        await ensureSystems()
        const requestedIds = [...new Set(ids)]
        const isEverything = systemIds().every((id) => requestedIds.includes(id))
        const errors = await collection.ensureLoaded(requestedIds, isEverything)
        return ids.map((id) => errors[requestedIds.indexOf(id)] ?? true)
      },
      { cache: false },
    )
    return (id) => {
      eviction.markUsed(id)
      if (collection.isFresh(id)) return countCacheHit()
      const listed = countSharedRead(loader.load(id)).then(() => undefined)
      return eviction.pinWhile([id], listed)
    }
  }

  const ensureUsers = createListLoader(users)
  const ensureEntrances = createListLoader(entrances)
  const ensureCredentials = createListLoader(credentials)

  function rowsOf<Id extends string, T>(
    collection: Collection<Id, AcsSystemId, T>,
    ensureList: (id: AcsSystemId) => MaybePromise<void>,
    acsSystemId: AcsSystemId | null,
  ): MaybePromise<readonly T[]> {
    return andThen(ensureSystems(), () => {
      const requested = acsSystemId === null ? systemIds() : systemIds().filter((id) => id === acsSystemId)
      const lists = collectAll(requested.map(ensureList))
      if (lists instanceof Promise) eviction.pinWhile(requested, lists)
      return andThen(lists, () => ([] as T[]).concat(...requested.map((id) => collection.rowsIn(id))))
    })
  }

  /** Loads single rows of the same tick: one by one, or with all lists (`ensureEverything`) if there are many. */
  function createRowLoader<Id extends string, Partition extends string, T>(
    collection: Collection<Id, Partition, T>,
    ensureEverything?: () => MaybePromise<unknown>,
  ): (id: Id) => MaybePromise<T | null> {
    const loader = new DataLoader<Id, T | null>(
      async (ids) => {
        if (ensureEverything === undefined || ids.length <= maxSingleFetches) return collection.loadMany(ids)
        await ensureEverything()
        // The lists are at least as new as the request: a row that they do not have does not exist.
        return ids.map((id) => collection.peek(id) ?? null)
      },
      { cache: false },
    )
    return (id) => {
      const cached = collection.getFresh(id)
      if (cached === undefined) return countSharedRead(loader.load(id))
      countCacheHit()
      return cached
    }
  }

  const system = createRowLoader(systems, ensureSystems)
  const account = createRowLoader(accounts, () => ensureWorkspaceList(accounts))
  const identity = createRowLoader(identities)
  const webview = createRowLoader(webviews)
  const user = createRowLoader(users, () => rowsOf(users, ensureUsers, null))
  const entrance = createRowLoader(entrances)
  const credential = createRowLoader(credentials, () => rowsOf(credentials, ensureCredentials, null))

  const entranceIdsOf = createAccessLoader<AcsCredential, AcsEntranceId>(
    eviction,
    (row) => store.entranceAccess(row.acsSystemId).entrancesOf(row.acsCredentialId),
    (acsSystemId, rows) =>
      store.entranceAccess(acsSystemId).loadForCredentials(
        rows.map((row) => row.acsCredentialId),
        async () => {
          await Promise.all([ensureCredentials(acsSystemId), ensureEntrances(acsSystemId)])
          return entrances.rowsIn(acsSystemId).map((row) => row.acsEntranceId)
        },
      ),
  )
  const credentialIdsOf = createAccessLoader<AcsEntrance, AcsCredentialId>(
    eviction,
    (row) => store.entranceAccess(row.acsSystemId).credentialsOf(row.acsEntranceId),
    (acsSystemId, rows) =>
      store.entranceAccess(acsSystemId).loadForEntrances(rows.map((row) => row.acsEntranceId)),
  )

  /** Loads the list of the system, which has all PINs, if the credential is from a snapshot, which has none. */
  async function fetchCode(row: AcsCredential): Promise<Secret | null> {
    const cachedCredential = (): AcsCredential | undefined => credentials.peek(row.acsCredentialId)
    if (cachedCredential()?.isCodeAtSeam === true)
      await eviction.pinWhile([row.acsSystemId], credentials.reload(row.acsSystemId))
    return cachedCredential()?.code ?? null
  }

  const credentialsOfUser = createCredentialsByUserLoader(store, ensureCredentials)
  const entrancesOfCredential = (row: AcsCredential): MaybePromise<readonly AcsEntrance[]> =>
    andThen(entranceIdsOf(row), (ids) => withoutMissing([...ids].map(entrance)))
  const credentialsOfEntrance = (row: AcsEntrance): MaybePromise<readonly AcsCredential[]> =>
    andThen(credentialIdsOf(row), (ids) => withoutMissing([...ids].map(credential)))

  return {
    systems: () => andThen(ensureSystems(), () => systems.rowsIn(workspacePartition)),
    system,
    users: (acsSystemId) => rowsOf(users, ensureUsers, acsSystemId),
    user,
    entrances: (acsSystemId) => rowsOf(entrances, ensureEntrances, acsSystemId),
    entrance,
    credentials: (acsSystemId) => rowsOf(credentials, ensureCredentials, acsSystemId),
    credential,
    codeOf: (row) => (row.isCodeAtSeam === true ? fetchCode(row) : row.code),
    credentialsOfUser,
    credentialsOfEntrance,
    entrancesOfCredential,
    usersOfEntrance: (row) =>
      andThen(credentialsOfEntrance(row), (openers) => {
        const ids = new Set(openers.map((opener) => opener.acsUserId).filter((id) => id !== null))
        return andThen(ensureUsers(row.acsSystemId), () => withoutMissing([...ids].map(user)))
      }),
    entrancesOfUser: (row) =>
      andThen(credentialsOfUser(row), (credentialsOfOne) =>
        andThen(collectAll(credentialsOfOne.map(entrancesOfCredential)), (entrancesByCredential) => [
          ...new Set(entrancesByCredential.flat()),
        ]),
      ),
    identity,
    usersOfIdentity: (row) => withoutMissing(row.acsUserIds.map(user)),
    accounts: () => andThen(ensureWorkspaceList(accounts), () => accounts.rowsIn(workspacePartition)),
    account,
    systemsOfAccount: (row) => andThen(ensureSystems(), () => systems.ownedBy(row.connectedAccountId)),
    webview,
    fetchWebview(id) {
      webviews.evict(id)
      return webview(id)
    },
    peek: {
      user: users.peek,
      entrance: entrances.peek,
      credential: credentials.peek,
      usersOfIdentity: users.ownedBy,
    },
    syncState: (id) => syncStateOf(store, id, now()),
  }
}

/** Loads the edges of rows: those of the same tick and system together. */
function createAccessLoader<Row extends { readonly acsSystemId: AcsSystemId }, Other>(
  eviction: Eviction,
  findCached: (row: Row) => ReadonlySet<Other> | undefined,
  loadEdges: (acsSystemId: AcsSystemId, rows: readonly Row[]) => Promise<readonly ReadonlySet<Other>[]>,
): (row: Row) => MaybePromise<ReadonlySet<Other>> {
  const loader = createPerSystemLoader(eviction, loadEdges)
  return (row) => {
    eviction.markUsed(row.acsSystemId)
    const edges = findCached(row)
    if (edges === undefined) return countSharedRead(loader.load(row))
    countCacheHit()
    return edges
  }
}

function withoutMissing<T>(rows: readonly MaybePromise<T | null>[]): MaybePromise<readonly T[]> {
  return andThen(collectAll(rows), (settled) => settled.filter((row) => row !== null))
}
