/** Sends items in batches, one batch at a time. Items that arrive while a batch is in flight share the next one. */
export type BatchSender<In, Out> = {
  /** Resolves with the item's result. Rejects if the item was not sent within `timeoutMs`, or with the error of its batch. */
  enqueue(item: In): Promise<Out>
  /** Resolves when no batch is in flight or waiting. */
  waitUntilIdle(): Promise<void>
}

export type BatchSenderOptions<In, Out> = {
  /** Sends a batch and settles by `deadline` (on the time scale of `now`). Resolves with one result per item, in order. */
  readonly send: (items: readonly In[], deadline: number) => Promise<readonly Out[]>
  /** Maximum time for one item, including its wait. */
  readonly timeoutMs: number
  /** Maximum total weight of a batch. A single heavier item is a batch of its own. */
  readonly maxWeight: number
  readonly getWeight: (item: In) => number
  /** Creates the error for an item that expired before it was sent. */
  readonly createTimeoutError: () => Error
  /** Monotonic clock in ms; `performance.now()` by default. */
  readonly now?: () => number
}

type Waiting<In, Out> = {
  readonly item: In
  readonly deadline: number
  readonly resolve: (out: Out) => void
  readonly reject: (error: unknown) => void
}

/** Creates a batch sender. The first batch is sent after the current turn of the event loop, with all items that arrived in it. */
export function createBatchSender<In, Out>(options: BatchSenderOptions<In, Out>): BatchSender<In, Out> {
  const now = options.now ?? (() => performance.now())
  let waiting: Waiting<In, Out>[] = []
  let sending: Promise<void> | null = null

  function takeBatch(): Waiting<In, Out>[] {
    let weight = 0
    const end = waiting.findIndex(({ item }, index) => {
      weight += options.getWeight(item)
      return index > 0 && weight > options.maxWeight
    })
    return waiting.splice(0, end === -1 ? waiting.length : end)
  }

  async function sendBatch(batch: readonly Waiting<In, Out>[]): Promise<void> {
    try {
      const deadline = batch[0]?.deadline ?? 0
      const results = await options.send(
        batch.map(({ item }) => item),
        deadline,
      )
      for (const [index, { resolve }] of batch.entries()) resolve(results[index] as Out)
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }

  /** Rejects expired items. One reading of the clock decides on each item: it is either rejected or kept, never lost between two readings. */
  function rejectExpired(nowMs: number): void {
    const remaining: Waiting<In, Out>[] = []
    for (const entry of waiting) {
      if (entry.deadline > nowMs) remaining.push(entry)
      else entry.reject(options.createTimeoutError())
    }
    waiting = remaining
  }

  async function sendAll(): Promise<void> {
    await new Promise(setImmediate)
    while (waiting.length > 0) {
      rejectExpired(now())
      if (waiting.length > 0) await sendBatch(takeBatch())
    }
    sending = null
  }

  return {
    enqueue(item) {
      const { promise, resolve, reject } = Promise.withResolvers<Out>()
      waiting.push({ item, deadline: now() + options.timeoutMs, resolve, reject })
      sending ??= sendAll()
      return promise
    },
    async waitUntilIdle() {
      await sending
    },
  }
}
