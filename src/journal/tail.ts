import type { Change } from '../model/change.ts'

/** Lets any number of readers wait for the next append. */
export type Bell = {
  ring(): void
  /** How often it has rung. */
  rings(): number
  /** Resolves once it has rung more than `rings` times, or when `signal` aborts. */
  heard(rings: number, signal: AbortSignal): Promise<void>
}

export function createBell(): Bell {
  const listeners = new Set<() => void>()
  let count = 0
  return {
    ring() {
      count++
      for (const wake of [...listeners]) wake()
    },
    rings: () => count,
    heard(rings, signal) {
      if (count > rings || signal.aborted) return Promise.resolve()
      const { promise, resolve } = Promise.withResolvers<void>()
      const wake = (): void => {
        listeners.delete(wake)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      listeners.add(wake)
      signal.addEventListener('abort', wake)
      return promise
    },
  }
}

const batchSize = 500

type Read = (after: number, limit: number, signal: AbortSignal) => Promise<readonly Change[]>

/** Reads on and on, and waits for the bell where there's nothing more. Everybody who iterates it begins anew `after`. */
export function follow(
  after: number,
  read: Read,
  bell: Bell,
  signal: AbortSignal,
): AsyncIterable<readonly Change[]> {
  return { [Symbol.asyncIterator]: () => iterate(after, read, bell, signal) }
}

function iterate(
  after: number,
  read: Read,
  bell: Bell,
  signal: AbortSignal,
): AsyncIterator<readonly Change[]> {
  const left = new AbortController()
  const batches = batchesAfter(after, read, bell, signal, left)
  return {
    next: () => batches.next(),
    // A generator that waits would hear of its end only after the next append.
    return() {
      left.abort()
      return batches.return()
    },
  }
}

async function* batchesAfter(
  after: number,
  read: Read,
  bell: Bell,
  signal: AbortSignal,
  left: AbortController,
): AsyncGenerator<readonly Change[], void> {
  const leave = (): void => left.abort()
  signal.addEventListener('abort', leave)
  try {
    for (let position = after; !signal.aborted && !left.signal.aborted; ) {
      // Counted first: what is appended while this reads must not go unheard.
      const rings = bell.rings()
      const changes = await read(position, batchSize, left.signal)
      const last = changes.at(-1)
      if (last === undefined) {
        await bell.heard(rings, left.signal)
      } else {
        position = last.offset
        yield changes
      }
    }
  } finally {
    signal.removeEventListener('abort', leave)
  }
}
