import type { Change } from '../model/change.ts'

/** Wakes any number of readers after an append. */
export type AppendSignal = {
  notify(): void
  /** Returns the number of notifications so far. */
  getCount(): number
  /** Resolves once there have been more than `seenCount` notifications, or when `signal` aborts. */
  waitForNext(seenCount: number, signal: AbortSignal): Promise<void>
}

export function createAppendSignal(): AppendSignal {
  const listeners = new Set<() => void>()
  let count = 0
  return {
    notify() {
      count++
      for (const wake of [...listeners]) wake()
    },
    getCount: () => count,
    waitForNext(seenCount, signal) {
      if (count > seenCount || signal.aborted) return Promise.resolve()
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

/**
 * A batch of a tail: changes whose offsets directly follow the last batch, or a report that the changes after `after` up to `upTo` were
 * trimmed before they were read.
 */
export type TailBatch =
  | { readonly kind: 'changes'; readonly changes: readonly Change[] }
  | { readonly kind: 'hole'; readonly after: number; readonly upTo: number }

/** The store that a tail reads. */
export type TailSource = {
  /** Whether this process knows of no change after an offset. It is false if the store can no longer be read, so that the next read rejects. */
  isAtHead(offset: number): boolean
  read(after: number, limit: number, signal: AbortSignal): Promise<readonly Change[]>
  /** Returns the smallest offset after which no change was trimmed. */
  floor(signal: AbortSignal): Promise<number>
}

/** Creates an endless iterable that reads batches after `after` and waits for appends in between. Each iterator begins at `after`. */
export function createTail(
  after: number,
  source: TailSource,
  appendSignal: AppendSignal,
  signal: AbortSignal,
): AsyncIterable<TailBatch> {
  return { [Symbol.asyncIterator]: () => createBatchIterator(after, source, appendSignal, signal) }
}

function createBatchIterator(
  after: number,
  source: TailSource,
  appendSignal: AppendSignal,
  signal: AbortSignal,
): AsyncIterator<TailBatch> {
  const end = new AbortController()
  const batches = generateBatches(after, source, appendSignal, signal, end)
  return {
    next: () => batches.next(),
    // Without the abort, a generator that waits would return only after the next append.
    return() {
      end.abort()
      return batches.return()
    },
  }
}

async function* generateBatches(
  after: number,
  source: TailSource,
  appendSignal: AppendSignal,
  signal: AbortSignal,
  end: AbortController,
): AsyncGenerator<TailBatch, void> {
  const abort = (): void => end.abort()
  signal.addEventListener('abort', abort)
  try {
    for (let position = after; !signal.aborted && !end.signal.aborted; ) {
      // Read before the changes, so that an append during the read still wakes the wait below.
      const seenCount = appendSignal.getCount()
      if (source.isAtHead(position)) {
        await appendSignal.waitForNext(seenCount, end.signal)
        continue
      }
      const changes = await source.read(position, batchSize, end.signal)
      const [first, last] = [changes[0], changes.at(-1)]
      // If there is nothing to read, all changes after the position may have been trimmed.
      const upTo = first === undefined ? await source.floor(end.signal) : first.offset - 1
      if (upTo > position) {
        yield { kind: 'hole', after: position, upTo }
        position = upTo
      }
      if (last === undefined) {
        await appendSignal.waitForNext(seenCount, end.signal)
      } else {
        position = last.offset
        yield { kind: 'changes', changes }
      }
    }
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
