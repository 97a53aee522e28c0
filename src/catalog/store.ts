import type {
  AcsCredential,
  AcsEntrance,
  AcsSystem,
  AcsUser,
  ConnectedAccount,
  ConnectWebview,
  UserIdentity,
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
import type { SeamClient } from '../seam/client.ts'
import { SeamError } from '../seam/errors.ts'
import { type Collection, type CollectionOptions, createCollection } from './collection.ts'
import { createDoors, type Doors } from './doors.ts'

/** The one part of collections that Seam lists for the whole workspace at once. */
export const workspace = 'workspace'
type Workspace = typeof workspace

/** All that is kept in memory of one workspace. */
export type Store = {
  readonly systems: Collection<AcsSystemId, Workspace, AcsSystem>
  readonly accounts: Collection<ConnectedAccountId, Workspace, ConnectedAccount>
  readonly webviews: Collection<ConnectWebviewId, Workspace, ConnectWebview>
  readonly identities: Collection<UserIdentityId, Workspace, UserIdentity>
  readonly users: Collection<AcsUserId, AcsSystemId, AcsUser>
  readonly entrances: Collection<AcsEntranceId, AcsSystemId, AcsEntrance>
  readonly credentials: Collection<AcsCredentialId, AcsSystemId, AcsCredential>
  /** Who opens what in a system; nothing is known of it at first. */
  doors(acsSystemId: AcsSystemId): Doors
  /** The same, if anybody has asked for it: news of a system that nobody looks at takes no memory. */
  knownDoors(acsSystemId: AcsSystemId): Doors | undefined
  /** Message of the last load of a system's list that failed; `null` since one worked. */
  failure(acsSystemId: AcsSystemId): string | null
}

/** Lays out the shelves and says from which of Seam's routes each is filled (cheapest ones: facts on the N+1 table). */
export function createStore(seam: SeamClient, options: CollectionOptions): Store {
  const doorsBySystem = new Map<AcsSystemId, Doors>()
  const failures = new Map<AcsSystemId, string>()

  async function watched<T>(acsSystemId: AcsSystemId, list: Promise<T>): Promise<T> {
    try {
      const rows = await list
      failures.delete(acsSystemId)
      return rows
    } catch (error) {
      failures.set(acsSystemId, error instanceof Error ? error.message : String(error))
      throw error
    }
  }

  const credentials = createCollection<AcsCredentialId, AcsSystemId, AcsCredential>(
    {
      idOf: (row) => row.acsCredentialId,
      partOf: (row) => row.acsSystemId,
      ownerOf: (row) => row.acsUserId,
      listPart: (acsSystemId) => watched(acsSystemId, seam.listCredentials({ acsSystemId })),
      listAll: () => seam.listCredentials({}),
      fetch: each(seam.getCredential),
      onAdded: (row) => doorsBySystem.get(row.acsSystemId)?.doubtCredential(row.acsCredentialId),
    },
    options,
  )
  const entrances = createCollection<AcsEntranceId, AcsSystemId, AcsEntrance>(
    {
      idOf: (row) => row.acsEntranceId,
      partOf: (row) => row.acsSystemId,
      listPart: (acsSystemId) => watched(acsSystemId, seam.listEntrances({ acsSystemId })),
      listAll: () => seam.listEntrances({}),
      fetch: (ids) => seam.listEntrances({ ids }),
      onAdded: (row) => doorsBySystem.get(row.acsSystemId)?.addEntrance(row.acsEntranceId),
    },
    options,
  )

  function doors(acsSystemId: AcsSystemId): Doors {
    const known = doorsBySystem.get(acsSystemId)
    if (known !== undefined) return known
    const made = createDoors(
      {
        async credentialsOf(id) {
          const mark = credentials.mark
          const rows = await emptyIfGone(seam.credentialsOfEntrance(id))
          credentials.put(rows, mark)
          return rows.map((row) => row.acsCredentialId)
        },
        async entrancesOf(id) {
          const mark = entrances.mark
          const rows = await emptyIfGone(seam.entrancesOfCredential(id))
          entrances.put(rows, mark)
          return rows.map((row) => row.acsEntranceId)
        },
      },
      options,
    )
    doorsBySystem.set(acsSystemId, made)
    return made
  }

  return {
    systems: createCollection(
      {
        idOf: (row) => row.acsSystemId,
        partOf: () => workspace,
        ownerOf: (row) => row.connectedAccountId,
        listPart: () => seam.listSystems(),
        fetch: each(seam.getSystem),
      },
      options,
    ),
    accounts: createCollection(
      {
        idOf: (row) => row.connectedAccountId,
        partOf: () => workspace,
        listPart: () => seam.listAccounts(),
        fetch: each(seam.getAccount),
      },
      options,
    ),
    webviews: createCollection<ConnectWebviewId, Workspace, ConnectWebview>(
      {
        idOf: (row) => row.connectWebviewId,
        partOf: () => workspace,
        listPart: async () => [],
        fetch: each(seam.getWebview),
      },
      options,
    ),
    identities: createCollection(
      {
        idOf: (row) => row.userIdentityId,
        partOf: () => workspace,
        listPart: () => seam.listIdentities({}),
        fetch: (ids) => seam.listIdentities({ ids }),
      },
      options,
    ),
    users: createCollection(
      {
        idOf: (row) => row.acsUserId,
        partOf: (row) => row.acsSystemId,
        ownerOf: (row) => row.userIdentityId,
        listPart: (acsSystemId) => watched(acsSystemId, seam.listUsers({ acsSystemId })),
        listAll: () => seam.listUsers({}),
        fetch: each(seam.getUser),
      },
      options,
    ),
    entrances,
    credentials,
    doors,
    knownDoors: (acsSystemId) => doorsBySystem.get(acsSystemId),
    failure: (acsSystemId) => failures.get(acsSystemId) ?? null,
  }
}

/** Fetches rows one by one, for the kinds that Seam has no `ids` parameter for. */
function each<Id, T>(get: (id: Id) => Promise<T | null>): (ids: readonly Id[]) => Promise<readonly T[]> {
  return async (ids) => (await Promise.all(ids.map((id) => get(id)))).filter((row) => row !== null)
}

/** A credential or entrance that went away meanwhile opens nothing. */
async function emptyIfGone<T>(list: Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await list
  } catch (error) {
    if (error instanceof SeamError && error.code === 'NOT_FOUND') return []
    throw error
  }
}
