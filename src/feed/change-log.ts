import type { Viewer } from '../auth/viewer.ts'
import type { Catalog } from '../catalog/catalog.ts'
import type { Journal } from '../journal/journal.ts'
import type { Change } from '../model/change.ts'
import type { ChangeFilter } from '../model/change-filter.ts'
import type { Cursors } from './cursors.ts'
import { countVisible, searchVisible } from './visibility-filter.ts'

/** A range of the journal: the changes with `from < offset <= to` that pass the filter. */
export type ChangeRange = {
  readonly from: number
  readonly to: number
  readonly limit: number
  /** Selects the last `limit` changes instead of the first; the result is in journal order in both cases. */
  readonly isBackward: boolean
  readonly filter: ChangeFilter
}

/** The journal as one viewer can read it. */
export type ChangeLog = {
  /** Identity of the journal. */
  readonly epoch: string
  /** Offset of the newest change that the catalog includes; newer changes are not returned. */
  readonly head: number
  /** Newest offset of the journal, which this process may not have read yet. */
  journalHead(): Promise<number>
  /** Smallest offset after which the journal is complete. */
  floor(): Promise<number>
  page(range: ChangeRange): Promise<readonly Change[]>
  /** Number of visible changes that pass a filter. */
  count(filter: ChangeFilter): Promise<number>
  /** Returns the cursor of an offset, for this viewer. */
  cursorAt(offset: number): string
  /** Reads a cursor: its offset, or the reason why the changes after it are unavailable. Throws `InvalidCursor` for malformed and forged cursors. */
  readCursor(text: string): { offset: number } | { gap: 'EXPIRED' | 'JOURNAL_REPLACED' | 'SIGHT_CHANGED' }
}

export type ChangeLogOptions = {
  readonly journal: Journal
  readonly catalog: Pick<Catalog, 'unlockableEntranceIds' | 'recordFilterUsage'>
  readonly cursors: Cursors
  readonly viewer: Viewer
  readonly head: number
}

export function createChangeLog({ journal, catalog, cursors, viewer, head }: ChangeLogOptions): ChangeLog {
  return {
    epoch: journal.epoch,
    head,
    journalHead: () => journal.readHead(),
    floor: () => journal.readFloor(),
    async page({ from, to, limit, isBackward, filter }) {
      catalog.recordFilterUsage(viewer, filter)
      const after = Math.max(from, await journal.readFloor())
      const range = { after, upTo: Math.min(to, head), limit, isBackward }
      return (await searchVisible({ viewer, filter }, catalog, journal, range)).changes
    },
    async count(filter) {
      catalog.recordFilterUsage(viewer, filter)
      return countVisible({ viewer, filter }, catalog, journal, {
        after: await journal.readFloor(),
        upTo: head,
      })
    },
    cursorAt: (offset) => cursors.write(viewer, offset),
    readCursor: (text) => cursors.read(viewer, text),
  }
}
