import type { Facts } from './saga.ts'

/** What is being written at Seam at this moment. */
export type UnderWay = {
  during<T>(plan: Facts, run: () => Promise<T>): Promise<T>
  /** Resolves once the writes that a webhook's body mentions are over, or after `waitMs`. */
  over(rawBody: Buffer, waitMs: number): Promise<void>
}

/**
 * Seam's webhook about a write of ours may be here before its answer. Let the write go first, and the journal says who made it.
 * It's a matter of moments: a write that takes longer is overtaken.
 */
export function createUnderWay(): UnderWay {
  const writes = new Map<Promise<unknown>, string>()
  return {
    async during(plan, run) {
      const write = run()
      // Every event names the system, or the account it's about.
      writes.set(write, String(plan.acsSystemId ?? plan.connectedAccountId ?? ''))
      try {
        return await write
      } finally {
        writes.delete(write)
      }
    },
    async over(rawBody, waitMs) {
      const mentioned = [...writes].filter(([, id]) => id !== '' && rawBody.includes(id))
      if (mentioned.length === 0) return
      const { promise: late, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, waitMs)
      await Promise.race([Promise.allSettled(mentioned.map(([write]) => write)), late])
      clearTimeout(timer)
    },
  }
}
