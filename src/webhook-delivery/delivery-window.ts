import { type Change, type NewChange, objectIdsOf } from '../model/change.ts'
import type { DeliveryPosition } from './endpoint.ts'

/** Changes of an endpoint that were read and not delivered yet. Decides which of them can be sent, and what the saved position is. */
export type DeliveryWindow = {
  /** Number of changes in the window. */
  readonly size: number
  /** Whether a change is to be delivered, and was not accepted yet. */
  isIncomplete(offset: number): boolean
  /** Adds a change, in the order of the journal. */
  add(change: Change): void
  /** Counts a change as delivered that is incomplete in the initial position, and that is not to be sent any more. */
  exclude(offset: number): void
  /** Takes the oldest change that can be sent: all earlier changes that share an ordering key with it were released. */
  takeNext(): Change | undefined
  /** Counts a change as delivered, in positions from now on. Later changes of the same subject still wait for it. */
  accept(change: Change): void
  /** Removes a change, once its acceptance is saved. */
  release(change: Change): void
  /** Returns the position after reading the journal up to `scannedOffset`. */
  positionAt(scannedOffset: number): Omit<DeliveryPosition, 'epoch'>
}

type Entry = {
  readonly change: Change
  /** Number of earlier changes, one per shared key, that this one waits for. */
  blockers: number
  readonly dependents: Entry[]
}

export function createDeliveryWindow(initial: Omit<DeliveryPosition, 'epoch'>): DeliveryWindow {
  const entries = new Map<number, Entry>()
  /** Ascending, since changes are added in that order. */
  const incomplete = new Set(initial.incomplete)
  const newestByKey = new Map<string, Entry>()
  /** Entries without blockers, oldest first. */
  const ready: Entry[] = []
  let newestAccepted = initial.frontier

  function insertReady(entry: Entry): void {
    const index = ready.findLastIndex((other) => other.change.offset < entry.change.offset)
    ready.splice(index + 1, 0, entry)
  }

  return {
    get size() {
      return entries.size
    },
    isIncomplete: (offset) => incomplete.has(offset),
    add(change) {
      const entry: Entry = { change, blockers: 0, dependents: [] }
      entries.set(change.offset, entry)
      incomplete.add(change.offset)
      for (const key of orderingKeysOf(change)) {
        const earlier = newestByKey.get(key)
        if (earlier !== undefined) {
          earlier.dependents.push(entry)
          entry.blockers++
        }
        newestByKey.set(key, entry)
      }
      if (entry.blockers === 0) insertReady(entry)
    },
    exclude: (offset) => void incomplete.delete(offset),
    takeNext: () => ready.shift()?.change,
    accept({ offset }) {
      incomplete.delete(offset)
      newestAccepted = Math.max(newestAccepted, offset)
    },
    release(change) {
      const entry = entries.get(change.offset)
      if (entry === undefined) return
      entries.delete(change.offset)
      for (const key of orderingKeysOf(change)) if (newestByKey.get(key) === entry) newestByKey.delete(key)
      for (const dependent of entry.dependents) {
        dependent.blockers--
        if (dependent.blockers === 0) insertReady(dependent)
      }
    },
    positionAt(scannedOffset) {
      const offsets = [...incomplete]
      // The next worker reads on from there, by the filter of that time.
      const nextOffset = offsets.find((offset) => offset > newestAccepted)
      const frontier = nextOffset === undefined ? scannedOffset : nextOffset - 1
      const skipped = offsets.filter((offset) => offset < newestAccepted)
      return { offset: (skipped[0] ?? frontier + 1) - 1, frontier, incomplete: skipped }
    },
  }
}

/**
 * Returns the subjects of a change, as far as its record names them. Changes that share one are delivered in the journal's order: those of one
 * object, and those of an ACS user and of its credentials. A connection's change shares the keys of its connected account, ACS systems and
 * Connect Webview with other connections' changes only.
 */
export function orderingKeysOf(change: NewChange): readonly string[] {
  const { subject, acsUserId, connectWebviewId } = change
  const further = subject === 'CREDENTIAL' ? acsUserId : connectWebviewId
  const keys = further === null ? objectIdsOf(change) : [...objectIdsOf(change), further]
  return keys.length > 0 ? [...new Set(keys)] : [subject]
}
