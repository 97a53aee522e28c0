import type { Change } from '../model/change.ts'

export const gapReasons = ['TOO_SLOW', 'EXPIRED', 'JOURNAL_REPLACED', 'SIGHT_CHANGED'] as const
export type GapReason = (typeof gapReasons)[number]

/** Something is missing before this batch: fetch anew. `missed` counts the changes where that is known. */
export type Gap = { readonly reason: GapReason; readonly missed: number | null }

/** What a subscription delivers at once. `cursor` is the position after it, also when `changes` is empty. */
export type Batch = { readonly cursor: string; readonly gap: Gap | null; readonly changes: readonly Change[] }
