import type { Appended, Entry, Journal } from '../journal/journal.ts'

/** Proof of a lease, handed along with what is written under it. */
export type Fence = { readonly name: string; readonly token: unknown }

/** A journal that several processes share knows leases; one that belongs to a single process needs none. */
export type Leasing = {
  lease?(name: string, holder: string, ttlMs: number): Promise<Fence | null>
  append(entries: readonly Entry[], fence?: Fence): Promise<readonly Appended[]>
}

/** What a job may do while it is its process's turn. */
export type Held = {
  /** Aborts when the turn is lost or the process stops. */
  readonly signal: AbortSignal
  append(entries: readonly Entry[]): Promise<readonly Appended[]>
}

/** Runs a job while it is this process's turn; `null` when it is another's. */
export type Turn = <T>(signal: AbortSignal, job: (held: Held) => Promise<T>) => Promise<T | null>

export type TurnOptions = {
  readonly journal: Journal & Leasing
  readonly name: string
  /** Names this process, and no other. */
  readonly holder: string
  readonly ttlMs?: number
}

/** Lets one process at a time do what all could do: whoever holds the lease, which it renews as long as a job runs. */
export function createTurn({ journal, name, holder, ttlMs = 30_000 }: TurnOptions): Turn {
  const take = async (): Promise<Fence | null | undefined> => journal.lease?.(name, holder, ttlMs)

  return async (signal, job) => {
    const fence = await take()
    if (fence === null) return null
    const lost = new AbortController()
    const renewal = setInterval(() => {
      take().then(
        (renewed) => renewed === null && lost.abort(new Error('The turn went to another process.')),
        (error: unknown) => lost.abort(error),
      )
    }, ttlMs / 3)
    try {
      return await job({
        signal: AbortSignal.any([signal, lost.signal]),
        append: (entries) => journal.append(entries, fence),
      })
    } finally {
      clearInterval(renewal)
    }
  }
}
