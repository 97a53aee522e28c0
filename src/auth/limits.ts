import { type Counts, nobodyElse, type Others, shareCounts } from './tally.ts'
import type { Viewer } from './viewer.ts'

/** How much of the gateway one key may use, over all processes; 0 is without a limit. */
export type LimitNumbers = {
  /** Of the complexity by which operations are limited, in each minute of the clock. */
  readonly complexityPerMinute: number
  /** That run at once. */
  readonly subscriptions: number
  /** Sockets and event streams that are open at once. */
  readonly connections: number
}

/** What is left to a viewer after an operation. */
export type Budget = {
  readonly complexity: number
  readonly limit: number
  readonly remaining: number
  /** Until all of it is there again. */
  readonly resetsInMs: number
}

/** Holds every key, and every subject of tokens, to what it may use. The demo is held to nothing. */
export type Limits = {
  /** Takes an operation's complexity from the minute's budget; `null` where there's no limit. Throws `LimitReached`. */
  spend(viewer: Viewer, complexity: number): Budget | null
  /** Counts one more that is open; answers how to say that it's over. Throws `LimitReached`. */
  open(what: 'subscriptions' | 'connections', viewer: Viewer): () => void
  close(): Promise<void>
}

/** A viewer wants more than it may use. The message says what to do. */
export class LimitReached extends Error {
  override readonly name = 'LimitReached'
  readonly code: 'RATE_LIMITED' | 'TOO_MANY_SUBSCRIPTIONS' | 'TOO_MANY_CONNECTIONS'
  readonly limit: number
  readonly retryAfterMs: number

  constructor(code: LimitReached['code'], message: string, limit: number, retryAfterMs: number) {
    super(message)
    this.code = code
    this.limit = limit
    this.retryAfterMs = retryAfterMs
  }
}

export type LimitsOptions = {
  readonly numbers: LimitNumbers
  /** Where several processes share their counts; `null` is one process alone. */
  readonly redisUrl: string | null
  readonly workspaceId: string
  readonly now?: () => number
}

const minuteMs = 60_000
/** When one of many will have been closed, nobody knows. */
const triesAgainMs = 10_000

export function createLimits(options: LimitsOptions): Limits {
  const { numbers, redisUrl, workspaceId, now = Date.now } = options
  const counts = new Map<string, number>()
  let minute = 0
  const others: Others =
    redisUrl === null
      ? nobodyElse
      : shareCounts({ url: redisUrl, workspaceId, counts: () => Object.fromEntries(counts) satisfies Counts })

  /** What was spent is of one minute; the name tells which, to other processes too. */
  function spentBy(owner: string): string {
    const current = Math.floor(now() / minuteMs)
    if (current !== minute) {
      minute = current
      for (const name of counts.keys()) if (name.startsWith('spent/')) counts.delete(name)
    }
    return `spent/${current}/${owner}`
  }

  const used = (name: string): number => (counts.get(name) ?? 0) + others.sum(name)

  function add(name: string, amount: number): void {
    const sum = (counts.get(name) ?? 0) + amount
    if (sum > 0) counts.set(name, sum)
    else counts.delete(name)
  }

  return {
    spend(viewer, complexity) {
      const limit = numbers.complexityPerMinute
      if (limit === 0 || viewer.isDemo) return null
      const name = spentBy(ownerOf(viewer))
      const resetsInMs = minuteMs - (now() % minuteMs)
      if (used(name) + complexity > limit) throw spentAll(limit, resetsInMs)
      add(name, complexity)
      return { complexity, limit, remaining: Math.max(0, limit - used(name)), resetsInMs }
    },
    open(what, viewer) {
      const limit = numbers[what]
      if (limit === 0 || viewer.isDemo) return () => {}
      const name = `${what}/${ownerOf(viewer)}`
      if (used(name) >= limit) throw tooMany(what, limit)
      add(name, 1)
      let isOpen = true
      return () => {
        if (isOpen) add(name, -1)
        isOpen = false
      }
    },
    close: others.close,
  }
}

/** A key by its id; a token by its subject, however often it's renewed. */
function ownerOf({ keyId, name }: Viewer): string {
  return keyId ?? name
}

function spentAll(limit: number, resetsInMs: number): LimitReached {
  const seconds = Math.ceil(resetsInMs / 1000)
  const message = `The budget of this key, ${limit} of complexity a minute, is used up. Ask again in ${seconds} seconds, or for less.`
  return new LimitReached('RATE_LIMITED', message, limit, resetsInMs)
}

function tooMany(what: 'subscriptions' | 'connections', limit: number): LimitReached {
  const code = what === 'connections' ? 'TOO_MANY_CONNECTIONS' : 'TOO_MANY_SUBSCRIPTIONS'
  const message = `A key has at most ${limit} ${what} at once. Close some, or try again later.`
  return new LimitReached(code, message, limit, triesAgainMs)
}
