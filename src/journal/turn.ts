import type { Logger } from '../log.ts'
import { type Appended, type Entry, type Journal, type Lease, LeaseLost } from './journal.ts'

/** What a job may do while it is its process's turn. Whatever it writes is refused once the turn is another's. */
export type Held = {
  /** Aborts when the turn is lost or the process stops. */
  readonly signal: AbortSignal
  append(entries: readonly Entry[]): Promise<readonly Appended[]>
  /** Keeps a value for good, in place of what is there. */
  keep(key: string, value: string): Promise<void>
}

/** Runs a job while it is this process's turn; `null` when it is another's. */
export type Turn = <T>(signal: AbortSignal, job: (held: Held) => Promise<T>) => Promise<T | null>

export type Turns = {
  readonly take: Turn
  /** Gives the turn to whoever asks next. */
  close(): Promise<void>
}

export type TurnOptions = {
  readonly journal: Journal
  readonly name: string
  /** Names this process, and no other. */
  readonly holder: string
  readonly log: Logger
  /** How long a process that ended without a word keeps the turn; it is renewed, and asked for, three times as often. */
  readonly ttlMs?: number
  /** The turn came here from a process that gave it up or died. */
  readonly onTaken?: () => void
}

const forEverMs = 100 * 365 * 86_400_000

/**
 * Lets one process at a time do what all could do. It stays with the one that has it, between jobs as well, so that many processes
 * cost Seam no more than one; when that one ends, another has it within `ttlMs`.
 */
export function createTurns({ journal, name, holder, log, ttlMs = 6_000, onTaken }: TurnOptions): Turns {
  let held: { readonly lease: Lease; readonly lost: AbortController; readonly until: number } | null = null
  let isClosed = false

  function lose(reason: unknown): void {
    held?.lost.abort(reason)
    held = null
  }

  /** Takes the lease or renews it; answers whether it came here just now. */
  async function ask(): Promise<boolean> {
    const askedAt = performance.now()
    const lease = await journal.lease(name, holder, ttlMs)
    if (lease === null || isClosed) {
      lose(new LeaseLost({ name, holder, token: 0 }))
      return false
    }
    const isNew = held?.lease.token !== lease.token
    if (isNew) lose(new LeaseLost(lease))
    held = { lease, lost: held?.lost ?? new AbortController(), until: askedAt + ttlMs }
    return isNew
  }

  let asking: Promise<unknown> = Promise.resolve()
  const renewal = setInterval(() => {
    asking = ask().then(
      (isNew) => {
        if (isNew) onTaken?.()
      },
      (error: unknown) => {
        // The store can't be asked: until its time is over, the lease is nobody else's.
        if (held !== null && performance.now() > held.until) lose(error)
        log.debug({ err: error, name }, 'the lease could not be renewed')
      },
    )
  }, ttlMs / 3)
  renewal.unref()

  return {
    async take(signal, job) {
      if (held === null) await ask()
      if (held === null) return null
      const { lease, lost } = held
      return await job({
        signal: AbortSignal.any([signal, lost.signal]),
        append: (entries) => journal.append(entries, lease),
        keep: (key, value) => journal.replace(key, value, forEverMs, lease),
      })
    },
    async close() {
      isClosed = true
      clearInterval(renewal)
      await asking
      const lease = held?.lease
      lose(new Error('The process stops.'))
      // A store that can't be reached lets go by itself.
      if (lease !== undefined) await journal.release(lease).catch(() => undefined)
    },
  }
}
