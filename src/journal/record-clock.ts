import { hourMs } from '../model/time.ts'

/** How far the newest record time may be ahead of the clock before a trusted clock resets it. */
export const maxClockLeadMs = hourMs

export type RecordClockOptions = {
  /** When the newest change was recorded, in ms since 1970. */
  readonly newestMs: number
  readonly nowMs: () => number
  /** Whether the clock of `nowMs` agrees with another one. */
  readonly isTrusted: () => boolean
}

/**
 * Creates the clock for record times (ms since 1970). A clock that steps back must not make a change look older than the one before it.
 * If the newest record time is more than `maxClockLeadMs` ahead, a clock that ran ahead wrote it, and a trusted clock replaces it.
 */
export function createRecordClock({ newestMs, nowMs, isTrusted }: RecordClockOptions): () => number {
  let newest = newestMs
  return () => {
    const now = nowMs()
    if (now > newest || (newest - now > maxClockLeadMs && isTrusted())) newest = now
    return newest
  }
}
