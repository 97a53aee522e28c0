import { setTimeout as delay } from 'node:timers/promises'
import { uncounted } from '../cost.ts'
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
import type { CallOptions } from '../seam/call.ts'
import type { SeamClient } from '../seam/client.ts'
import { SeamError } from '../seam/errors.ts'
import { behindMs } from './behind.ts'
import { dropOldest } from './bounds.ts'
import { type Collection, createCollection } from './collection.ts'
import { type Cuts, createCuts } from './cuts.ts'
import { createDoorReads } from './door-reads.ts'
import { createLastingDoors, type LastingDoors } from './lasting-doors.ts'
import type { Patience } from './patience.ts'
import { createResidence, type Residence } from './residence.ts'

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
  /** The same by whose they are, for a reader that wants one person's and not a building's. */
  readonly ownCredentials: Collection<AcsCredentialId, AcsUserId, AcsCredential>
  /** Who opens what in a system; nothing is known of it at first. */
  doors(acsSystemId: AcsSystemId): LastingDoors
  /** The same, if anybody has asked for it: news of a system that nobody looks at takes no memory. */
  knownDoors(acsSystemId: AcsSystemId): LastingDoors | undefined
  /** Whether anybody has asked who opens what in a system, even if that has left memory since. */
  hasAskedDoors(acsSystemId: AcsSystemId): boolean
  /** Whose a credential is that has left memory with its system: news of its end doesn't say. */
  ownerOf(id: AcsCredentialId): Owner | undefined
  /** Lists that Seam may have cut short. */
  readonly cuts: Cuts
  readonly residence: Residence
  systemsInMemory(): Iterable<AcsSystemId>
  /** Forgets every row, as if nothing had ever been loaded. */
  forgetAll(): void
  /** Users, entrances and credentials in memory. */
  readonly size: number
}

export type Owner = Pick<AcsCredential, 'acsSystemId' | 'acsUserId'>

/** Whose a credential is that is nobody's. */
const nobody = 'nobody' as AcsUserId
/** Owners of credentials that are remembered after their system has left memory. */
const ownersKept = 500_000

/** Lays out the shelves and says from which of Seam's routes each is filled (cheapest ones: facts on the N+1 table). */
export function createStore(seam: SeamClient, options: Patience, atMost: number): Store {
  const doorsBySystem = new Map<AcsSystemId, LastingDoors>()
  const cuts = createCuts()
  const owners = new Map<AcsCredentialId, Owner>()
  const askedDoors = new Set<AcsSystemId>()

  /** Lists a system's rows, and notes whether they may be cut short. */
  async function listPart<T>(
    list: (filter: { acsSystemId: AcsSystemId }, options: CallOptions) => Promise<readonly T[]>,
    acsSystemId: AcsSystemId,
  ): Promise<readonly T[]> {
    let cut: string | null = null
    const onCut = (why: string): void => {
      cut = why
    }
    const rows = await list({ acsSystemId }, { onCut })
    cuts.note(acsSystemId, list.name, cut)
    return rows
  }

  /**
   * Lists the whole workspace's rows; `null` where Seam has refused that, broken down over it or cut it short: one system may be to
   * blame, and the others' lists can still be read. Not where nothing can be had from Seam anyway.
   */
  async function listAll<T>(
    list: (filter: object, options: CallOptions) => Promise<readonly T[]>,
    parts: readonly AcsSystemId[],
  ): Promise<readonly T[] | null> {
    let isCut = false
    try {
      const rows = await list({}, { onCut: () => (isCut = true) })
      if (!isCut) for (const part of parts) cuts.note(part, list.name, null)
      return isCut ? null : rows
    } catch (error) {
      if (parts.length <= listsAtMost && isWorthSplitting(error)) return null
      throw error
    }
  }

  const credentials = createCollection<AcsCredentialId, AcsSystemId, AcsCredential>(
    {
      idOf: (row) => row.acsCredentialId,
      partOf: (row) => row.acsSystemId,
      ownerOf: (row) => row.acsUserId,
      listPart: (acsSystemId) => listPart(seam.listCredentials, acsSystemId),
      listAll: (parts) => listAll(seam.listCredentials, parts),
      fetchAtMost: 1,
      fetch: each(seam.getCredential),
      onAdded: (row) => doorsBySystem.get(row.acsSystemId)?.doubtCredential(row.acsCredentialId),
    },
    options,
  )
  const ownCredentials = createCollection<AcsCredentialId, AcsUserId, AcsCredential>(
    {
      idOf: (row) => row.acsCredentialId,
      partOf: (row) => row.acsUserId ?? nobody,
      async listPart(acsUserId) {
        const { mark } = credentials
        const rows = await seam.listCredentials({ acsUserId })
        credentials.put(rows, mark)
        return rows
      },
      fetchAtMost: 1,
      fetch: each(seam.getCredential),
    },
    options,
  )
  const entrances = createCollection<AcsEntranceId, AcsSystemId, AcsEntrance>(
    {
      idOf: (row) => row.acsEntranceId,
      partOf: (row) => row.acsSystemId,
      listPart: (acsSystemId) => listPart(seam.listEntrances, acsSystemId),
      listAll: (parts) => listAll(seam.listEntrances, parts),
      fetch: (ids) => seam.listEntrances({ ids }),
      onAdded: (row) => doorsBySystem.get(row.acsSystemId)?.addEntrance(row.acsEntranceId),
    },
    options,
  )

  /** Learns all doors of a system, for nobody in particular; what fails is told by `failure`. */
  async function learnBehind(
    acsSystemId: AcsSystemId,
    known: Pick<LastingDoors, 'learnCredentials'>,
  ): Promise<void> {
    await delay(behindMs)
    await Promise.all([credentials.ensure([acsSystemId], false), entrances.ensure([acsSystemId], false)])
    const ids = credentials.rows(acsSystemId).map((row) => row.acsCredentialId)
    const list = async () => entrances.rows(acsSystemId).map((row) => row.acsEntranceId)
    await known.learnCredentials(ids, list).catch(() => undefined)
  }

  function doors(acsSystemId: AcsSystemId): LastingDoors {
    const known = doorsBySystem.get(acsSystemId)
    if (known !== undefined) return known
    const source = createDoorReads({ seam, acsSystemId, credentials, entrances, cuts })
    const made = createLastingDoors(source, options, (known) =>
      uncounted(() => void learnBehind(acsSystemId, known)),
    )
    doorsBySystem.set(acsSystemId, made)
    return made
  }

  const systems = createCollection<AcsSystemId, Workspace, AcsSystem>(
    {
      idOf: (row) => row.acsSystemId,
      partOf: () => workspace,
      ownerOf: (row) => row.connectedAccountId,
      listPart: () => seam.listSystems(),
      fetchAtMost: 1,
      fetch: each(seam.getSystem),
    },
    options,
  )
  const accounts = createCollection<ConnectedAccountId, Workspace, ConnectedAccount>(
    {
      idOf: (row) => row.connectedAccountId,
      partOf: () => workspace,
      listPart: () => seam.listAccounts(),
      fetchAtMost: 1,
      fetch: each(seam.getAccount),
    },
    options,
  )
  const identities = createCollection<UserIdentityId, Workspace, UserIdentity>(
    {
      idOf: (row) => row.userIdentityId,
      partOf: () => workspace,
      listPart: () => seam.listIdentities({}),
      fetch: (ids) => seam.listIdentities({ ids }),
    },
    options,
  )
  const users = createCollection<AcsUserId, AcsSystemId, AcsUser>(
    {
      idOf: (row) => row.acsUserId,
      partOf: (row) => row.acsSystemId,
      ownerOf: (row) => row.userIdentityId,
      listPart: (acsSystemId) => listPart(seam.listUsers, acsSystemId),
      listAll: (parts) => listAll(seam.listUsers, parts),
      fetchAtMost: 1,
      fetch: each(seam.getUser),
    },
    options,
  )

  function* systemsInMemory(): Iterable<AcsSystemId> {
    const seen = new Set<AcsSystemId>()
    for (const collection of [users, entrances, credentials])
      for (const id of collection.parts()) {
        if (!seen.has(id)) yield id
        seen.add(id)
      }
  }

  function leave(acsSystemId: AcsSystemId): void {
    for (const row of credentials.rows(acsSystemId))
      owners.set(row.acsCredentialId, { acsSystemId, acsUserId: row.acsUserId })
    dropOldest(owners, ownersKept)
    for (const { acsUserId } of credentials.rows(acsSystemId)) ownCredentials.forgetPart(acsUserId ?? nobody)
    for (const { userIdentityId } of users.rows(acsSystemId))
      if (userIdentityId !== null) identities.forget(userIdentityId)
    if (hasAskedDoors(acsSystemId)) askedDoors.add(acsSystemId)
    for (const collection of [users, entrances, credentials]) collection.forgetPart(acsSystemId)
    doorsBySystem.delete(acsSystemId)
    cuts.forget(acsSystemId)
  }

  const hasAskedDoors = (acsSystemId: AcsSystemId): boolean =>
    askedDoors.has(acsSystemId) || (doorsBySystem.get(acsSystemId)?.learntAt ?? null) !== null
  const size = (): number => users.size + entrances.size + credentials.size

  return {
    systems,
    accounts,
    webviews: createCollection<ConnectWebviewId, Workspace, ConnectWebview>(
      {
        idOf: (row) => row.connectWebviewId,
        partOf: () => workspace,
        listPart: async () => [],
        fetchAtMost: 1,
        fetch: each(seam.getWebview),
      },
      options,
    ),
    identities,
    users,
    entrances,
    credentials,
    ownCredentials,
    doors,
    cuts,
    hasAskedDoors,
    ownerOf: (id) => owners.get(id),
    residence: createResidence({ atMost, size, systems: systemsInMemory, leave }),
    systemsInMemory,
    forgetAll() {
      for (const acsSystemId of [...systemsInMemory()]) leave(acsSystemId)
      for (const collection of [systems, accounts, identities]) collection.forgetPart(workspace)
    },
    get size() {
      return size()
    },
    knownDoors: (acsSystemId) => doorsBySystem.get(acsSystemId),
  }
}

/** Past this many systems one failing list isn't made up for by a list of each. */
const listsAtMost = 50

function isWorthSplitting(error: unknown): boolean {
  if (!(error instanceof SeamError)) return false
  const { code, status } = error
  const isAnswered = status !== null && code !== 'RATE_LIMITED' && code !== 'UNAUTHORIZED'
  return isAnswered || code === 'BAD_RESPONSE'
}

/** Fetches rows one by one, for the kinds that Seam has no `ids` parameter for. */
function each<Id, T>(get: (id: Id) => Promise<T | null>): (ids: readonly Id[]) => Promise<readonly T[]> {
  return async (ids) => (await Promise.all(ids.map((id) => get(id)))).filter((row) => row !== null)
}
