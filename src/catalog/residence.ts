import type { AcsSystemId } from '../model/ids.ts'

export type ResidenceOptions = {
  /** How many entities may stay in memory. */
  readonly atMost: number
  /** How many there are now. */
  readonly size: () => number
  /** The systems of which there are any. */
  readonly systems: () => Iterable<AcsSystemId>
  /** Takes a system out of memory. */
  readonly leave: (acsSystemId: AcsSystemId) => void
}

/** Which systems stay in memory: those that were read last. */
export type Residence = {
  /** Somebody reads a system. */
  touch(acsSystemId: AcsSystemId): void
  /** Keeps systems until work on them is over, and whoever waited for it has taken what they came for. */
  during<T>(acsSystemIds: readonly AcsSystemId[], work: Promise<T>): Promise<T>
}

/**
 * Lets the systems go that were not read for longest, while there are too many entities. The one that was read last stays, however large
 * it is, and so does every system that an answer is being made from. So the bound may be passed for as long as one answer needs more.
 */
export function createResidence(options: ResidenceOptions): Residence {
  /** Systems in the order in which they were read. */
  const read = new Set<AcsSystemId>()
  const held = new Map<AcsSystemId, number>()
  let isDue = false

  function touch(acsSystemId: AcsSystemId): void {
    read.delete(acsSystemId)
    read.add(acsSystemId)
    trimSoon()
  }

  /** In a turn of its own: whoever has just been told that a list is complete looks into it in this one. */
  function trimSoon(): void {
    if (isDue || options.size() <= options.atMost) return
    isDue = true
    setImmediate(() => {
      isDue = false
      trim()
    })
  }

  function trim(): void {
    const known = [...options.systems()]
    const unread = known.filter((id) => !read.has(id))
    for (const id of [...unread, ...[...read].slice(0, -1)]) {
      if (options.size() <= options.atMost) return
      if (held.has(id)) continue
      read.delete(id)
      options.leave(id)
    }
  }

  function hold(acsSystemId: AcsSystemId, by: 1 | -1): void {
    const count = (held.get(acsSystemId) ?? 0) + by
    if (count === 0) held.delete(acsSystemId)
    else held.set(acsSystemId, count)
  }

  return {
    touch,
    during(acsSystemIds, work) {
      for (const id of acsSystemIds) {
        touch(id)
        hold(id, 1)
      }
      const release = (): void =>
        void setImmediate(() => {
          for (const id of acsSystemIds) hold(id, -1)
          trimSoon()
        })
      work.then(release, release)
      return work
    },
  }
}
