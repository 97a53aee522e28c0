import type { Facts } from '../saga.ts'

/** Commands whose writes to Seam are in flight. */
export type InFlightWrites = {
  track<T>(plan: Facts, run: () => Promise<T>): Promise<T>
  /** Resolves once the writes that a webhook body mentions have ended, or after `waitMs`. */
  waitForMentioned(rawBody: Buffer, waitMs: number): Promise<void>
}

/**
 * Creates the register of writes in flight. Seam's webhook about a write may arrive before the answer to the write. If the webhook waits for
 * the write, the change in the journal has the name of the actor. The wait is short: the event of a slow write is published first.
 */
export function createInFlightWrites(): InFlightWrites {
  const writes = new Map<Promise<unknown>, string>()
  return {
    async track(plan, run) {
      const write = run()
      // Every event contains the id of its ACS system or connected account.
      writes.set(write, String(plan.acsSystemId ?? plan.connectedAccountId ?? ''))
      try {
        return await write
      } finally {
        writes.delete(write)
      }
    },
    async waitForMentioned(rawBody, waitMs) {
      const mentioned = [...writes].filter(([, id]) => id !== '' && rawBody.includes(id))
      if (mentioned.length === 0) return
      const { promise: timeout, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, waitMs)
      await Promise.race([Promise.allSettled(mentioned.map(([write]) => write)), timeout])
      clearTimeout(timer)
    },
  }
}
