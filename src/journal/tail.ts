import type { Change } from '../model/change.ts'

/** Lets any number of readers wait for the next append. */
export type Bell = {
  ring(): void
  /** Resolves at the next ring, or when `signal` aborts. */
  heard(signal: AbortSignal): Promise<void>
}

export function createBell(): Bell {
  let next = Promise.withResolvers<void>()
  return {
    ring() {
      const rung = next
      next = Promise.withResolvers<void>()
      rung.resolve()
    },
    heard(signal) {
      if (signal.aborted) return Promise.resolve()
      const { promise, resolve } = Promise.withResolvers<void>()
      const done = (): void => {
        signal.removeEventListener('abort', done)
        resolve()
      }
      signal.addEventListener('abort', done)
      void next.promise.then(done)
      return promise
    },
  }
}

const batchSize = 500

/** Reads on and on, and waits for the bell where there's nothing more. */
export async function* follow(
  after: number,
  read: (after: number, limit: number) => Promise<readonly Change[]>,
  bell: Bell,
  signal: AbortSignal,
): AsyncGenerator<readonly Change[], void> {
  for (let position = after; !signal.aborted; ) {
    // Listen first: what is appended while this reads must not go unheard.
    const news = bell.heard(signal)
    const changes = await read(position, batchSize)
    const last = changes.at(-1)
    if (last === undefined) {
      await news
    } else {
      position = last.offset
      yield changes
    }
  }
}
