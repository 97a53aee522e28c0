import type { AcsCredentialId, AcsEntranceId } from '../model/ids.ts'

/** From where the doors of one system are learnt. */
export type DoorsSource = {
  /** The credentials that open an entrance (`acs/entrances/list_credentials_with_access`). */
  readonly credentialsOf: (id: AcsEntranceId) => Promise<readonly AcsCredentialId[]>
  /** The entrances that a credential opens (`acs/credentials/list_accessible_entrances`). */
  readonly entrancesOf: (id: AcsCredentialId) => Promise<readonly AcsEntranceId[]>
}

/**
 * Who opens what in one system. Seam tells it per entrance or per credential only, so it is learnt from whichever side takes fewer
 * calls, and kept. News makes single credentials and entrances doubtful; a doubtful one is learnt again before it's told.
 *
 * Marks work as in a collection: what a load has seen is as new as the mark it started at, and settles doubts up to there only.
 */
export type Doors = {
  /** The entrances of a credential; `undefined` when they must be learnt first. */
  entrancesOf(id: AcsCredentialId): ReadonlySet<AcsEntranceId> | undefined
  credentialsOf(id: AcsEntranceId): ReadonlySet<AcsCredentialId> | undefined
  /** Learns these credentials' entrances by the cheaper side, and answers them; `list` gives all entrances of the system, if need be. */
  learnCredentials(
    ids: readonly AcsCredentialId[],
    list: () => Promise<readonly AcsEntranceId[]>,
  ): Promise<ReadonlySet<AcsEntranceId>[]>
  learnEntrances(ids: readonly AcsEntranceId[]): Promise<ReadonlySet<AcsCredentialId>[]>
  doubtCredential(id: AcsCredentialId): void
  /** News of a door that may be opened by others than before. */
  doubtEntrance(id: AcsEntranceId): void
  /** A door that wasn't there before. */
  addEntrance(id: AcsEntranceId): void
  removeCredential(id: AcsCredentialId): void
  removeEntrance(id: AcsEntranceId): void
  forget(): void
  /** What is known, as it can be kept; `null` while nothing is. */
  dump(): DoorsDump | null
  /** Takes up what was kept; nothing may be known yet. */
  restore(dump: DoorsDump): void
  /** When the oldest part was learnt, in ms; `null` while nothing is known. */
  readonly learntAt: number | null
}

/** Who opens what, as it can be kept. */
export type DoorsDump = {
  readonly at: number
  /** Whether every door of the system is known. */
  readonly isWhole: boolean
  /** The doors of each credential that opens any. */
  readonly opens: readonly (readonly [AcsCredentialId, readonly AcsEntranceId[]])[]
  /** Those of which everything was learnt, and those that news has cast doubt on since. */
  readonly credentials: KnownDump<AcsCredentialId>
  readonly entrances: KnownDump<AcsEntranceId>
}
type KnownDump<Id> = { readonly known: readonly Id[]; readonly doubted: readonly Id[] }

/** How a load tells what it has seen, the mark and the time at which it began; false where that isn't wanted any more. */
type Take<Other> = (seen: readonly Other[], mark: number, at: number) => boolean

/** So many credentials are asked by themselves without a look at how many doors there are: the list of those is a call as well. */
const askedAlone = 3
/** Doubts that are remembered one by one; past them everything is learnt anew. */
const doubtsKept = 200

export function createDoors(source: DoorsSource, now: () => number): Doors {
  const clock = () => ({ mark, at: now() })
  const credentials = createSide<AcsCredentialId, AcsEntranceId>(source.entrancesOf, clock)
  const entrances = createSide<AcsEntranceId, AcsCredentialId>(source.credentialsOf, clock)
  let mark = 0
  let forgottenAt = 0
  /** The mark up to which every entrance of the system is known; then credentials without a doubt are known as well. */
  let wholeAt: number | null = null
  let learntAt: number | null = null

  function forget(): void {
    forgottenAt = ++mark
    credentials.clear()
    entrances.clear()
    wholeAt = null
    learntAt = null
  }

  const knowsCredential = (id: AcsCredentialId): boolean =>
    credentials.isKnown(id) ||
    (wholeAt !== null && entrances.doubts.size === 0 && !credentials.doubts.has(id))
  const knowsEntrance = (id: AcsEntranceId): boolean => entrances.isKnown(id) && credentials.doubts.size === 0

  /** Learns every door. What is told of the credentials thereby is as old as the door that was asked first. */
  async function learnWhole(ids: readonly AcsEntranceId[]): Promise<void> {
    const startedAt = mark
    await Promise.all(ids.filter((id) => !entrances.isKnown(id)).map((id) => loadEntrance(id)))
    if (forgottenAt > startedAt) return
    wholeAt = Math.min(...ids.map(entrances.markOf))
    credentials.settle(wholeAt)
  }

  function loadCredential(id: AcsCredentialId): Promise<void> {
    return credentials.load(id, (seen, loadMark, at) => {
      if (loadMark < forgottenAt) return false
      learntAt = Math.min(learntAt ?? at, at)
      mergeEdges(credentials, entrances, id, seen, loadMark)
      return true
    })
  }

  function loadEntrance(id: AcsEntranceId): Promise<void> {
    return entrances.load(id, (seen, loadMark, at) => {
      if (loadMark < forgottenAt) return false
      learntAt = Math.min(learntAt ?? at, at)
      mergeEdges(entrances, credentials, id, seen, loadMark)
      return true
    })
  }

  return {
    entrancesOf(id) {
      return knowsCredential(id) ? credentials.edges(id) : undefined
    },
    credentialsOf(id) {
      return knowsEntrance(id) ? entrances.edges(id) : undefined
    },
    async learnCredentials(ids, list) {
      for (let doors: readonly AcsEntranceId[] | null = null; ; ) {
        const unknown = [...new Set(ids)].filter((id) => !knowsCredential(id))
        if (doors === null && unknown.length > askedAlone) doors = await list()
        if (doors !== null && unknown.length > doors.length && doors.every(entrances.isKnown)) forget()
        const startedAt = mark
        const open = doors?.filter((id) => !entrances.isKnown(id)) ?? []
        if (doors !== null && open.length > 0 && open.length < unknown.length) {
          await learnWhole(doors)
          continue
        }
        await Promise.all(unknown.map(loadCredential))
        // What was asked before everything was forgotten isn't kept: ask again.
        if (forgottenAt <= startedAt) return ids.map(credentials.edges)
      }
    },
    async learnEntrances(ids) {
      for (;;) {
        const startedAt = mark
        const unknown = [...new Set(ids)].filter((id) => !entrances.isKnown(id))
        await Promise.all([
          ...unknown.map(loadEntrance),
          ...[...credentials.doubts.keys()].map(loadCredential),
        ])
        if (forgottenAt <= startedAt) return ids.map(entrances.edges)
      }
    },
    doubtCredential(id) {
      credentials.doubt(id, ++mark, entrances.hasAny())
      if (credentials.doubts.size > doubtsKept) forget()
    },
    addEntrance(id) {
      mark++
      if (wholeAt !== null || entrances.hasAny()) entrances.doubt(id, mark, true)
    },
    doubtEntrance(id) {
      // A credential that was learnt by itself says nothing of this door any more, and nothing would make it be asked again.
      if (wholeAt === null) return forget()
      entrances.doubt(id, ++mark, true)
      if (entrances.doubts.size > doubtsKept) forget()
    },
    removeCredential(id) {
      mark++
      removeEdges(credentials, entrances, id)
    },
    removeEntrance(id) {
      mark++
      removeEdges(entrances, credentials, id)
    },
    forget,
    dump: () =>
      learntAt === null
        ? null
        : {
            at: learntAt,
            isWhole: wholeAt !== null,
            opens: credentials.all(),
            credentials: credentials.dump(),
            entrances: entrances.dump(),
          },
    restore({ at, isWhole, opens, ...sides }) {
      for (const [id, ids] of opens) {
        for (const other of ids) {
          credentials.edges(id).add(other)
          entrances.edges(other).add(id)
        }
      }
      credentials.restore(sides.credentials, mark)
      entrances.restore(sides.entrances, mark)
      wholeAt = isWhole ? mark : null
      learntAt = at
      mark++
    },
    get learntAt() {
      return learntAt
    },
  }
}

/** One side's edges to the other, with what is known and what is doubted. */
type Side<Id, Other> = {
  readonly doubts: ReadonlyMap<Id, number>
  edges(id: Id): Set<Other>
  /** The mark at which all edges of `id` were seen; -1 for never. */
  markOf(id: Id): number
  isKnown(id: Id): boolean
  /** Whether anything is known or being asked. */
  hasAny(): boolean
  doubt(id: Id, mark: number, evenUnknown: boolean): void
  settle(mark: number): void
  load(id: Id, take: Take<Other>): Promise<void>
  remove(id: Id): void
  clear(): void
  all(): [Id, Other[]][]
  dump(): KnownDump<Id>
  restore(dump: KnownDump<Id>, mark: number): void
}

function createSide<Id, Other>(
  ask: (id: Id) => Promise<readonly Other[]>,
  clock: () => { mark: number; at: number },
): Side<Id, Other> {
  const edges = new Map<Id, Set<Other>>()
  const marks = new Map<Id, number>()
  const doubts = new Map<Id, number>()
  const loads = new Map<Id, { mark: number; done: Promise<void> }>()

  function edgesOf(id: Id): Set<Other> {
    const known = edges.get(id) ?? new Set<Other>()
    edges.set(id, known)
    return known
  }

  async function run(id: Id, mark: number, at: number, take: Take<Other>): Promise<void> {
    const seen = await ask(id)
    if ((marks.get(id) ?? -1) > mark || !take(seen, mark, at)) return
    marks.set(id, mark)
    if ((doubts.get(id) ?? 0) <= mark) doubts.delete(id)
  }

  return {
    doubts,
    edges: edgesOf,
    markOf: (id) => marks.get(id) ?? -1,
    isKnown: (id) => marks.has(id) && !doubts.has(id),
    hasAny: () => marks.size + loads.size > 0,
    doubt(id, mark, evenUnknown) {
      if (evenUnknown || marks.has(id) || loads.has(id)) doubts.set(id, mark)
    },
    settle(mark) {
      for (const [id, doubt] of doubts) if (doubt <= mark) doubts.delete(id)
    },
    load(id, take) {
      const running = loads.get(id)
      if (running !== undefined && running.mark >= (doubts.get(id) ?? 0)) return running.done
      const { mark, at } = clock()
      const done = run(id, mark, at, take).finally(() => {
        if (loads.get(id)?.done === done) loads.delete(id)
      })
      loads.set(id, { mark, done })
      return done
    },
    remove(id) {
      edges.delete(id)
      marks.delete(id)
      doubts.delete(id)
    },
    all: () =>
      [...edges].flatMap(([id, others]) => (others.size === 0 ? [] : [[id, [...others]] as [Id, Other[]]])),
    dump: () => ({ known: [...marks.keys()], doubted: [...doubts.keys()] }),
    restore({ known, doubted }, mark) {
      for (const id of known) marks.set(id, mark)
      for (const id of doubted) doubts.set(id, mark + 1)
    },
    clear() {
      for (const index of [edges, marks, doubts, loads]) index.clear()
    },
  }
}

/** Takes all edges of `id` as seen at `mark`, but leaves those alone that the other side has seen later. */
function mergeEdges<Id, Other>(
  side: Side<Id, Other>,
  otherSide: Side<Other, Id>,
  id: Id,
  seen: readonly Other[],
  mark: number,
): void {
  const edges = side.edges(id)
  const now = new Set(seen)
  for (const other of [...edges]) {
    if (now.has(other) || otherSide.markOf(other) > mark) continue
    edges.delete(other)
    otherSide.edges(other).delete(id)
  }
  for (const other of now) {
    if (otherSide.markOf(other) > mark) continue
    edges.add(other)
    otherSide.edges(other).add(id)
  }
}

function removeEdges<Id, Other>(side: Side<Id, Other>, otherSide: Side<Other, Id>, id: Id): void {
  for (const other of side.edges(id)) otherSide.edges(other).delete(id)
  side.remove(id)
}
