import {
  accountFacets,
  credentialFacets,
  disconnection,
  entranceFacets,
  systemFacets,
  userFacets,
} from '../model/diff.ts'
import type {
  AcsCredential,
  AcsEntrance,
  AcsSystem,
  AcsUser,
  ConnectedAccount,
  Issue,
} from '../model/entities.ts'
import type { AcsCredentialId, AcsEntranceId, AcsSystemId } from '../model/ids.ts'
import type { SeamClient } from '../seam/client.ts'
import { SeamError } from '../seam/errors.ts'
import { emptyImage, type Image, markRows } from './image.ts'

/** Everything there is, as Seam tells it now. */
export type Fresh = {
  /** The systems and accounts. */
  readonly connections: Image
  readonly systems: ReadonlyMap<AcsSystemId, Image>
  /** Why a system or account is disconnected, by its id. */
  readonly problems: ReadonlyMap<string, Issue>
}

/** Reads of Seam with the settings of background work, which count themselves. */
export type Reader = {
  readonly calls: number
  ask<T>(
    read: (seam: SeamClient, options: { priority: 'background'; signal: AbortSignal }) => Promise<T>,
  ): Promise<T>
}

export function createReader(seam: SeamClient, signal: AbortSignal): Reader {
  let calls = 0
  return {
    get calls() {
      return calls
    },
    ask(read) {
      signal.throwIfAborted()
      calls++
      return read(seam, { priority: 'background', signal })
    },
  }
}

/**
 * Loads everything: five lists in all, whatever the number of systems, and one call for each door (or credential, where those are
 * fewer) of the systems whose doors somebody has asked for.
 */
export async function loadFresh(
  reader: Reader,
  offset: number,
  knowsDoors: (acsSystemId: AcsSystemId) => boolean,
): Promise<Fresh> {
  const [systems, accounts, users, entrances, credentials] = await Promise.all([
    reader.ask((seam, options) => seam.listSystems(options)),
    reader.ask((seam, options) => seam.listAccounts(options)),
    reader.ask((seam, options) => seam.listUsers({}, options)),
    reader.ask((seam, options) => seam.listEntrances({}, options)),
    reader.ask((seam, options) => seam.listCredentials({}, options)),
  ])
  const usersOf = Map.groupBy(users, (row) => row.acsSystemId)
  const entrancesOf = Map.groupBy(entrances, (row) => row.acsSystemId)
  const credentialsOf = Map.groupBy(credentials, (row) => row.acsSystemId)
  const images = new Map<AcsSystemId, Image>()
  for (const { acsSystemId: id } of systems) {
    const rows = {
      users: usersOf.get(id) ?? [],
      entrances: entrancesOf.get(id) ?? [],
      credentials: credentialsOf.get(id) ?? [],
    }
    const doors = knowsDoors(id) ? await loadDoors(reader, rows.entrances, rows.credentials) : null
    images.set(id, await systemImage(offset, rows, doors))
  }
  return {
    connections: await connectionsImage(offset, systems, accounts),
    systems: images,
    problems: problemsOf(systems, accounts),
  }
}

async function connectionsImage(
  offset: number,
  systems: readonly AcsSystem[],
  accounts: readonly ConnectedAccount[],
): Promise<Image> {
  const image = emptyImage(offset)
  const marked = {
    SYSTEM: await markRows(systems, (row) => ({
      id: row.acsSystemId,
      owner: row.connectedAccountId,
      facets: systemFacets(row),
    })),
    ACCOUNT: await markRows(accounts, (row) => ({
      id: row.connectedAccountId,
      owner: null,
      facets: accountFacets(row),
    })),
  }
  return { ...image, rows: { ...image.rows, ...marked } }
}

function problemsOf(
  systems: readonly AcsSystem[],
  accounts: readonly ConnectedAccount[],
): ReadonlyMap<string, Issue> {
  const rows = [
    ...systems.map((row) => [row.acsSystemId, disconnection(row.errors)] as const),
    ...accounts.map((row) => [row.connectedAccountId, disconnection(row.errors)] as const),
  ]
  return new Map(rows.flatMap(([id, problem]) => (problem === null ? [] : [[id, problem] as const])))
}

type Rows = {
  readonly users: readonly AcsUser[]
  readonly entrances: readonly AcsEntrance[]
  readonly credentials: readonly AcsCredential[]
}

async function systemImage(offset: number, rows: Rows, doors: Image['doors']): Promise<Image> {
  const image = emptyImage(offset)
  const marked = {
    USER: await markRows(rows.users, (row) => ({ id: row.acsUserId, owner: null, facets: userFacets(row) })),
    ENTRANCE: await markRows(rows.entrances, (row) => ({
      id: row.acsEntranceId,
      owner: null,
      facets: entranceFacets(row),
    })),
    CREDENTIAL: await markRows(rows.credentials, (row) => ({
      id: row.acsCredentialId,
      owner: row.acsUserId,
      facets: credentialFacets(row),
    })),
  }
  return { ...image, rows: { ...image.rows, ...marked }, doors }
}

/** Who opens what in a system, from the side that takes fewer calls. */
async function loadDoors(
  reader: Reader,
  entrances: readonly AcsEntrance[],
  credentials: readonly AcsCredential[],
): Promise<NonNullable<Image['doors']>> {
  const opens = new Map<AcsCredentialId, AcsEntranceId[]>(credentials.map((row) => [row.acsCredentialId, []]))
  if (credentials.length < entrances.length) {
    await Promise.all(
      credentials.map(async ({ acsCredentialId: id }) => {
        const found = await emptyIfGone(
          reader.ask((seam, options) => seam.entrancesOfCredential(id, options)),
        )
        opens.get(id)?.push(...found.map((row) => row.acsEntranceId))
      }),
    )
  } else {
    await Promise.all(
      entrances.map(async ({ acsEntranceId: id }) => {
        const found = await emptyIfGone(
          reader.ask((seam, options) => seam.credentialsOfEntrance(id, options)),
        )
        for (const row of found) opens.get(row.acsCredentialId)?.push(id)
      }),
    )
  }
  return opens
}

async function emptyIfGone<T>(list: Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await list
  } catch (error) {
    if (error instanceof SeamError && error.code === 'NOT_FOUND') return []
    throw error
  }
}
