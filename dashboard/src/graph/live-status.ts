import type { GapReason } from './generated/graphql.ts'

/** State of the live subscription, as the status line shows it. Times are in ms since 1970. */
export type LiveStatus = {
  readonly state: 'connecting' | 'live' | 'reconnecting' | 'polling'
  /** Since when the state is as it is. */
  readonly sinceMs: number
  /** Changes that were received after the last interruption, while the page caught up. `null` if there was no interruption. */
  readonly caughtUp: { readonly count: number; readonly atMs: number } | null
  /** The last gap: some changes were missed, and everything was loaded again. */
  readonly gap: { readonly reason: GapReason; readonly missed: number | null; readonly atMs: number } | null
}
