import type { Viewer } from '../src/auth/viewer.ts'
import type { View } from '../src/catalog/view.ts'
import type { Change } from '../src/model/change.ts'

/** What every resolver of one request shares. */
export type GraphContext = {
  readonly viewer: Viewer
  readonly view: View
  /** A journal position that everything this request reads is at least as new as, written as a cursor for this viewer. */
  readonly cursor: string
  /** The time of the request; every status and access decision in it is as of this instant. */
  readonly now: Date
  readonly log: ChangeLog
}

/** The journal as this viewer may read it. */
export type ChangeLog = {
  /** Offset of the newest change that the catalog already includes; nothing newer is told. */
  readonly head: number
  /** Smallest offset after which nothing has been forgotten. */
  floor(): Promise<number>
  /**
   * Up to `limit` visible changes that match, in journal order, with `from < offset <= to`; `backward` takes the last ones instead
   * of the first, still told in order.
   */
  page(range: {
    from: number
    to: number
    limit: number
    backward: boolean
    match: (change: Change) => boolean
  }): Promise<readonly Change[]>
  /** How many visible changes match. */
  count(match: (change: Change) => boolean): Promise<number>
  /** The cursor of an offset, for this viewer. */
  cursorAt(offset: number): string
  /** Reads a cursor: its offset, or why changes after it can't be told. Throws `BadCursor` for garbage and forgeries. */
  readCursor(text: string): { offset: number } | { gap: 'EXPIRED' | 'JOURNAL_REPLACED' | 'SIGHT_CHANGED' }
}
