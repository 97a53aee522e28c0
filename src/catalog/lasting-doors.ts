import type { AcsCredentialId, AcsEntranceId } from '../model/ids.ts'
import { asError } from './bounds.ts'
import { createDoors, type Doors, type DoorsDump, type DoorsSource } from './doors.ts'
import { doneWithin, isRecent, type Patience } from './patience.ts'

/** Who opens what in one system, as it was last known where Seam can't tell it anew. */
export type LastingDoors = Doors & {
  /** Whether what is served is from before a restart, and has not been learnt since. */
  readonly isKept: boolean
  /** Counts what has become different. */
  readonly revision: number
  /** Why it could not be learnt; `null` since it could. */
  readonly failure: Error | null
}

/**
 * Doors that are learnt anew once they are too old, while what was known before is kept aside: it is served where Seam fails or takes
 * long, up to a limit, unless news has cast doubt on it. What was kept over a restart is served at once, and learnt anew behind.
 */
export function createLastingDoors(
  source: DoorsSource,
  options: Patience,
  /** Learns everything anew, once what was kept has been served. */
  renewBehind: (doors: Pick<Doors, 'learnCredentials'>) => void = () => {},
): LastingDoors {
  const { now } = options
  let current = createDoors(source, now)
  let previous: Doors | null = null
  /** What was known before is from before a restart, and nothing was learnt since. */
  let isKept = false
  let revision = 0
  let failure: { readonly at: number; readonly error: Error } | null = null

  const both = (): Doors[] => (previous === null ? [current] : [current, previous])

  function tell(news: (doors: Doors) => void): void {
    revision++
    for (const doors of both()) news(doors)
  }

  function renew(): void {
    const { learntAt } = current
    if (learntAt !== null && now() - learntAt >= options.maxAgeMs) {
      // While Seam fails, what was learnt last is but a part of what was learnt before.
      if (failure === null || previous === null) previous = current
      current = createDoors(source, now)
    }
    if (previous === null || now() - (previous.learntAt ?? 0) < options.staleMs) return
    previous = null
    isKept = false
  }

  /** What was known before, where it covers all that is asked for. */
  function lastKnown<Id, Other>(
    ids: readonly Id[],
    look: (doors: Doors, id: Id) => ReadonlySet<Other> | undefined,
  ): ReadonlySet<Other>[] | null {
    if (previous === null) return null
    const found: ReadonlySet<Other>[] = []
    for (const id of ids) {
      const edges = look(current, id) ?? look(previous, id)
      if (edges === undefined) return null
      found.push(edges)
    }
    return found
  }

  function known<Id, Other>(
    id: Id,
    look: (doors: Doors, id: Id) => ReadonlySet<Other> | undefined,
  ): ReadonlySet<Other> | undefined {
    renew()
    const found = look(current, id)
    if (found !== undefined) return found
    if (!isKept && !isRecent(failure?.at ?? null, now())) return undefined
    const before = lastKnown([id], look)?.[0]
    if (before !== undefined && isKept) renewSoon()
    return before
  }

  /** Anew, unless that runs or has just failed. */
  let isRenewing = false
  function renewSoon(): void {
    if (isRenewing || isRecent(failure?.at ?? null, now())) return
    isRenewing = true
    renewBehind({
      learnCredentials: (ids, list) =>
        watched(current.learnCredentials(ids, list))
          .then((found) => {
            isKept = false
            return found
          })
          .finally(() => {
            isRenewing = false
          }),
    })
  }

  async function learn<Id, Other>(
    ids: readonly Id[],
    look: (doors: Doors, id: Id) => ReadonlySet<Other> | undefined,
    ask: (doors: Doors) => Promise<ReadonlySet<Other>[]>,
  ): Promise<ReadonlySet<Other>[]> {
    renew()
    const asked = watched(ask(current))
    if (lastKnown(ids, look) !== null && !(await doneWithin(asked, options.patienceMs))) {
      const found = lastKnown(ids, look)
      if (found !== null) return found
    }
    return asked
  }

  async function watched<T>(asked: Promise<T>): Promise<T> {
    try {
      const answer = await asked
      failure = null
      revision++
      return answer
    } catch (thrown) {
      failure = { at: now(), error: asError(thrown) }
      throw thrown
    }
  }

  return {
    entrancesOf: (id) => known(id, entrancesOf),
    credentialsOf: (id) => known(id, credentialsOf),
    learnCredentials: (ids, list) => learn(ids, entrancesOf, (doors) => doors.learnCredentials(ids, list)),
    learnEntrances: (ids) => learn(ids, credentialsOf, (doors) => doors.learnEntrances(ids)),
    doubtCredential: (id) => tell((doors) => doors.doubtCredential(id)),
    doubtEntrance: (id) => tell((doors) => doors.doubtEntrance(id)),
    addEntrance: (id) => tell((doors) => doors.addEntrance(id)),
    removeCredential: (id) => tell((doors) => doors.removeCredential(id)),
    removeEntrance: (id) => tell((doors) => doors.removeEntrance(id)),
    forget() {
      revision++
      current.forget()
      previous = null
      isKept = false
    },
    dump: () => (current.learntAt === null && previous !== null ? previous : current).dump(),
    restore(dump: DoorsDump) {
      previous = createDoors(source, now)
      previous.restore(dump)
      isKept = true
    },
    get isKept() {
      return isKept
    },
    get revision() {
      return revision
    },
    get learntAt() {
      const times = (failure === null ? [current] : both()).map((doors) => doors.learntAt)
      const known = times.filter((at) => at !== null)
      return known.length === 0 ? (previous?.learntAt ?? null) : Math.min(...known)
    },
    get failure() {
      return failure?.error ?? null
    },
  }
}

const entrancesOf = (doors: Doors, id: AcsCredentialId) => doors.entrancesOf(id)
const credentialsOf = (doors: Doors, id: AcsEntranceId) => doors.credentialsOf(id)
