import { noRemoteUsage, type RemoteUsage, shareUsageCounts, type UsageCounts } from './usage-counters.ts'
import type { Viewer } from './viewer.ts'

/** Limits of one API key or token subject, over all processes; 0 means no limit. */
export type UsageLimitValues = {
  /** Complexity of all operations in one minute of the clock. */
  readonly complexityPerMinute: number
  /** Simultaneous subscriptions. */
  readonly subscriptions: number
  /** Open sockets and event streams. */
  readonly connections: number
}

/** A viewer's budget after an operation. */
export type ComplexityBudget = {
  readonly complexity: number
  readonly limit: number
  readonly remaining: number
  /** Time until the budget is complete again, in ms. */
  readonly resetsInMs: number
}

/** Enforces the limits of every API key and token subject. The demo has no limits. */
export type UsageLimits = {
  /**
   * Charges an operation's complexity to the minute's budget. Returns `null` without a limit. Throws `UsageLimitReached` if too little is
   * left, and `ComplexityAboveBudget` if the whole budget would be too little.
   */
  spendComplexity(
    viewer: Viewer,
    complexity: number,
  ): { readonly budget: ComplexityBudget; refund(): void } | null
  /** Counts one more open connection or subscription. Returns a function that releases it. Throws `UsageLimitReached`. */
  acquireSlot(resource: 'subscriptions' | 'connections', viewer: Viewer): () => void
  close(): Promise<void>
}

/** A limit of the viewer is reached. The message says what to do. */
export class UsageLimitReached extends Error {
  override readonly name = 'UsageLimitReached'
  readonly code: 'RATE_LIMITED' | 'TOO_MANY_SUBSCRIPTIONS' | 'TOO_MANY_CONNECTIONS'
  readonly limit: number
  readonly retryAfterMs: number

  constructor(code: UsageLimitReached['code'], message: string, limit: number, retryAfterMs: number) {
    super(message)
    this.code = code
    this.limit = limit
    this.retryAfterMs = retryAfterMs
  }
}

/** An operation costs more than the whole budget of a minute, so that it can never pass. */
export class ComplexityAboveBudget extends Error {
  override readonly name = 'ComplexityAboveBudget'
  readonly complexity: number
  readonly limit: number

  constructor(complexity: number, limit: number) {
    super(`The operation costs ${complexity}, and ${limit} may be used in a minute.`)
    this.complexity = complexity
    this.limit = limit
  }
}

export type UsageLimitsOptions = {
  readonly limitValues: UsageLimitValues
  /** Shared counts of several processes; `null` for a single process. */
  readonly redisUrl: string | null
  readonly workspaceId: string
  readonly now?: () => number
}

/** Duration of the window of a complexity budget. */
export const budgetWindowMs = 60_000
/** Delay after which clients should retry; the time at which a connection closes is unknown. */
const openRetryAfterMs = 10_000

export function createUsageLimits(options: UsageLimitsOptions): UsageLimits {
  const { limitValues, redisUrl, workspaceId, now = Date.now } = options
  const counts = new Map<string, number>()
  let minute = 0
  const remoteUsage: RemoteUsage =
    redisUrl === null
      ? noRemoteUsage
      : shareUsageCounts({
          url: redisUrl,
          workspaceId,
          readCounts: () => Object.fromEntries(counts) satisfies UsageCounts,
        })

  /** Counter name of the complexity of one minute, the same on all processes. */
  function toSpentCounter(owner: string): string {
    const current = Math.floor(now() / budgetWindowMs)
    if (current !== minute) {
      minute = current
      for (const name of counts.keys()) if (name.startsWith('spent/')) counts.delete(name)
    }
    return `spent/${current}/${owner}`
  }

  const getUsage = (name: string): number => (counts.get(name) ?? 0) + remoteUsage.sum(name)

  function add(name: string, amount: number): void {
    const sum = (counts.get(name) ?? 0) + amount
    if (sum > 0) counts.set(name, sum)
    else counts.delete(name)
  }

  return {
    spendComplexity(viewer, complexity) {
      const limit = limitValues.complexityPerMinute
      if (limit === 0 || viewer.isDemo) return null
      if (complexity > limit) throw new ComplexityAboveBudget(complexity, limit)
      const name = toSpentCounter(getOwner(viewer))
      const resetsInMs = budgetWindowMs - (now() % budgetWindowMs)
      if (getUsage(name) + complexity > limit) throw createBudgetSpentError(limit, resetsInMs)
      add(name, complexity)
      const remaining = Math.max(0, limit - getUsage(name))
      const refund = () => {
        // Counters of other minutes were deleted already.
        if (counts.has(name)) add(name, -complexity)
      }
      return { budget: { complexity, limit, remaining, resetsInMs }, refund }
    },
    acquireSlot(resource, viewer) {
      const limit = limitValues[resource]
      if (limit === 0 || viewer.isDemo) return () => {}
      const name = `${resource}/${getOwner(viewer)}`
      if (getUsage(name) >= limit) throw createTooManyOpenError(resource, limit)
      add(name, 1)
      let isOpen = true
      return () => {
        if (isOpen) add(name, -1)
        isOpen = false
      }
    },
    close: remoteUsage.close,
  }
}

/** Owner of a budget: the ID of an API key, or the subject of a token, also after the token is renewed. */
function getOwner({ apiKeyId, name }: Viewer): string {
  return apiKeyId ?? name
}

function createBudgetSpentError(limit: number, resetsInMs: number): UsageLimitReached {
  const seconds = Math.ceil(resetsInMs / 1000)
  const message = `The budget of this key, ${limit} of complexity a minute, is used up. Ask again in ${seconds} seconds, or for less.`
  return new UsageLimitReached('RATE_LIMITED', message, limit, resetsInMs)
}

function createTooManyOpenError(resource: 'subscriptions' | 'connections', limit: number): UsageLimitReached {
  const code = resource === 'connections' ? 'TOO_MANY_CONNECTIONS' : 'TOO_MANY_SUBSCRIPTIONS'
  const message = `A key has at most ${limit} ${resource} at once. Close some, or try again later.`
  return new UsageLimitReached(code, message, limit, openRetryAfterMs)
}
