import type {
  LoadedAccess,
  PendingWorkspaceLists,
  SharedLists,
  WorkspaceLists,
} from '../../catalog/loading/shared-lists.ts'
import {
  comparableAccountFields,
  comparableCredentialFields,
  comparableEntranceFields,
  comparableSystemFields,
  comparableUserFields,
  findDisconnection,
} from '../../model/diff.ts'
import type {
  AcsCredential,
  AcsEntrance,
  AcsSystem,
  AcsUser,
  ConnectedAccount,
  Issue,
} from '../../model/entities.ts'
import type { AcsEntranceId, AcsSystemId } from '../../model/ids.ts'
import { groupInTurns } from '../../runtime/event-loop.ts'
import type { SeamClient } from '../../seam/client.ts'
import { type Baseline, createEmptyBaseline, fingerprintRows } from './baseline.ts'

/** The current state of the workspace, as read from Seam. */
export type LoadedWorkspace = {
  /** ACS systems and connected accounts. */
  readonly connections: Baseline
  readonly systems: ReadonlyMap<AcsSystemId, Baseline>
  /** The reason why an ACS system or connected account is disconnected, by its id. */
  readonly disconnections: ReadonlyMap<string, Issue>
  /** Entrances whose list of credentials may be truncated by Seam, so that their credentials are unknown. */
  readonly truncatedEntranceIds: ReadonlySet<AcsEntranceId>
  /** The lists as read, to be stored in the cache for later reads. */
  readonly lists: WorkspaceLists
}

/** Reads from Seam with background priority and counts the reads. */
export type SeamReader = {
  readonly calls: number
  read<T>(
    read: (seam: SeamClient, options: { priority: 'background'; signal: AbortSignal }) => Promise<T>,
  ): Promise<T>
  /** Runs a read of another module with the same options; each call of `onSeamCall` counts one read. */
  readThrough<T>(
    read: (options: { priority: 'background'; signal: AbortSignal }, onSeamCall: () => void) => Promise<T>,
  ): Promise<T>
}

type ListOptions = {
  priority: 'background'
  signal: AbortSignal
  urgentSignal: AbortSignal
  onTruncated: () => void
}

export function createSeamReader(seam: SeamClient, signal: AbortSignal): SeamReader {
  let calls = 0
  return {
    get calls() {
      return calls
    },
    read(read) {
      signal.throwIfAborted()
      calls++
      return read(seam, { priority: 'background', signal })
    },
    readThrough(read) {
      signal.throwIfAborted()
      return read({ priority: 'background', signal }, () => void calls++)
    },
  }
}

/**
 * Loads the workspace with five list reads, independent of the number of ACS systems, plus one call per entrance (or per credential, if
 * there are fewer of them) in each ACS system that the access filter selects.
 */
export async function loadWorkspace(
  reader: SeamReader,
  { rows: pending, complete }: ListReads,
  sharedLists: Pick<SharedLists, 'loadAccess'>,
  offset: number,
  isAccessUsed: (acsSystemId: AcsSystemId) => boolean,
): Promise<LoadedWorkspace> {
  const pendingGroups = groupBySystem(pending)
  const [accounts, { systems, rowsOf }, accessBySystem] = await Promise.all([
    pending.accounts,
    pendingGroups,
    loadAccess(reader, pendingGroups, sharedLists, isAccessUsed),
  ])
  const baselines = new Map<AcsSystemId, Baseline>()
  for (const { acsSystemId: id } of systems) {
    const baseline = await systemBaseline(offset, rowsOf(id))
    const { entrancesByCredential = null, truncatedEntranceIds } = accessBySystem.get(id) ?? {}
    baselines.set(id, {
      ...baseline,
      entrancesByCredential,
      unknownEntranceIds: new Set(truncatedEntranceIds),
    })
  }
  return {
    connections: await connectionsBaseline(offset, systems, accounts),
    systems: baselines,
    disconnections: disconnectionsOf(systems, accounts),
    truncatedEntranceIds: new Set(
      [...accessBySystem.values()].flatMap(({ truncatedEntranceIds }) => truncatedEntranceIds),
    ),
    lists: {
      systems: await complete.systems,
      accounts: await complete.accounts,
      users: await complete.users,
      entrances: await complete.entrances,
      credentials: await complete.credentials,
    },
  }
}

/** The rows of the lists, grouped by ACS system. */
type ListsBySystem = {
  readonly systems: readonly AcsSystem[]
  readonly rowsOf: (acsSystemId: AcsSystemId) => RowsOfSystem
  /** Number of rows across all ACS systems. */
  readonly workspaceRowCount: number
}

async function groupBySystem(pending: ListReads['rows']): Promise<ListsBySystem> {
  const [systems, users, entrances, credentials] = await Promise.all([
    pending.systems,
    pending.users,
    pending.entrances,
    pending.credentials,
  ])
  const usersOf = await groupInTurns(users, (row) => row.acsSystemId)
  const entrancesOf = await groupInTurns(entrances, (row) => row.acsSystemId)
  const credentialsOf = await groupInTurns(credentials, (row) => row.acsSystemId)
  return {
    systems,
    rowsOf: (id) => ({
      users: usersOf.get(id) ?? [],
      entrances: entrancesOf.get(id) ?? [],
      credentials: credentialsOf.get(id) ?? [],
    }),
    workspaceRowCount: users.length + entrances.length + credentials.length,
  }
}

/** Number of ACS systems whose access is loaded at the same time: a call that waits in the queue past its deadline fails. */
const maxConcurrentSystems = 4

/** Loads which credentials unlock which entrances, for the ACS systems that the access filter selects, after their rows are loaded. */
async function loadAccess(
  reader: SeamReader,
  pendingGroups: Promise<ListsBySystem>,
  sharedLists: Pick<SharedLists, 'loadAccess'>,
  isAccessUsed: (acsSystemId: AcsSystemId) => boolean,
): Promise<ReadonlyMap<AcsSystemId, LoadedAccess>> {
  const { systems, rowsOf, workspaceRowCount } = await pendingGroups
  const found = new Map<AcsSystemId, LoadedAccess>()
  const remaining = systems
    .map((row) => row.acsSystemId)
    .filter(isAccessUsed)
    .values()
  async function loadNext(): Promise<void> {
    for (const id of remaining) {
      const system = { acsSystemId: id, ...rowsOf(id), workspaceRowCount }
      found.set(
        id,
        await reader.readThrough((options, onSeamCall) =>
          sharedLists.loadAccess(system, options, onSeamCall),
        ),
      )
    }
  }
  await Promise.all(Array.from({ length: maxConcurrentSystems }, loadNext))
  return found
}

/** List reads in progress. */
export type ListReads = {
  readonly rows: { readonly [Name in keyof WorkspaceLists]: Promise<NonNullable<WorkspaceLists[Name]>> }
  /** The same reads, with `null` for a list that may be truncated. */
  readonly complete: PendingWorkspaceLists
  /** Raises the priority of one list because a request waits for it. */
  prioritize(name: keyof WorkspaceLists): void
}

/** Starts reading the five lists. */
export function startListReads(reader: SeamReader): ListReads {
  const urgent = new Map<keyof WorkspaceLists, AbortController>()
  const truncated = new Set<keyof WorkspaceLists>()
  const list = <T>(
    name: keyof WorkspaceLists,
    read: (seam: SeamClient, options: ListOptions) => Promise<T>,
  ): Promise<T> => {
    const controller = new AbortController()
    urgent.set(name, controller)
    const onTruncated = (): void => void truncated.add(name)
    return reader.read((seam, options) =>
      read(seam, { ...options, urgentSignal: controller.signal, onTruncated }),
    )
  }
  const rows = {
    systems: list('systems', (seam, options) => seam.listSystems(options)),
    accounts: list('accounts', (seam, options) => seam.listAccounts(options)),
    users: list('users', (seam, options) => seam.listUsers({}, options)),
    entrances: list('entrances', (seam, options) => seam.listEntrances({}, options)),
    credentials: list('credentials', (seam, options) => seam.listCredentials({}, options)),
  }
  const nullIfTruncated = <T>(name: keyof WorkspaceLists, list: Promise<T>): Promise<T | null> =>
    list.then((each) => (truncated.has(name) ? null : each))
  const complete: PendingWorkspaceLists = {
    systems: nullIfTruncated('systems', rows.systems),
    accounts: nullIfTruncated('accounts', rows.accounts),
    users: nullIfTruncated('users', rows.users),
    entrances: nullIfTruncated('entrances', rows.entrances),
    credentials: nullIfTruncated('credentials', rows.credentials),
  }
  return { rows, complete, prioritize: (name) => urgent.get(name)?.abort() }
}

async function connectionsBaseline(
  offset: number,
  systems: readonly AcsSystem[],
  accounts: readonly ConnectedAccount[],
): Promise<Baseline> {
  const baseline = createEmptyBaseline(offset)
  const fingerprinted = {
    SYSTEM: await fingerprintRows(systems, (row) => ({
      id: row.acsSystemId,
      owner: row.connectedAccountId,
      fields: comparableSystemFields(row),
    })),
    ACCOUNT: await fingerprintRows(accounts, (row) => ({
      id: row.connectedAccountId,
      owner: null,
      fields: comparableAccountFields(row),
    })),
  }
  return { ...baseline, rows: { ...baseline.rows, ...fingerprinted } }
}

function disconnectionsOf(
  systems: readonly AcsSystem[],
  accounts: readonly ConnectedAccount[],
): ReadonlyMap<string, Issue> {
  const rows = [
    ...systems.map((row) => [row.acsSystemId, findDisconnection(row.errors)] as const),
    ...accounts.map((row) => [row.connectedAccountId, findDisconnection(row.errors)] as const),
  ]
  return new Map(rows.flatMap(([id, problem]) => (problem === null ? [] : [[id, problem] as const])))
}

type RowsOfSystem = {
  readonly users: readonly AcsUser[]
  readonly entrances: readonly AcsEntrance[]
  readonly credentials: readonly AcsCredential[]
}

async function systemBaseline(offset: number, rows: RowsOfSystem): Promise<Baseline> {
  const baseline = createEmptyBaseline(offset)
  const fingerprinted = {
    USER: await fingerprintRows(rows.users, (row) => ({
      id: row.acsUserId,
      owner: null,
      fields: comparableUserFields(row),
    })),
    ENTRANCE: await fingerprintRows(rows.entrances, (row) => ({
      id: row.acsEntranceId,
      owner: null,
      fields: comparableEntranceFields(row),
    })),
    CREDENTIAL: await fingerprintRows(rows.credentials, (row) => ({
      id: row.acsCredentialId,
      owner: row.acsUserId,
      fields: comparableCredentialFields(row),
    })),
  }
  return { ...baseline, rows: { ...baseline.rows, ...fingerprinted } }
}
