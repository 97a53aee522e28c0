import type { Viewer } from '../auth/viewer.ts'
import { all, andThen } from '../catalog/answer.ts'
import type { Catalog } from '../catalog/catalog.ts'
import type { Journal } from '../journal/journal.ts'
import type { Change } from '../model/change.ts'
import type { Cursors } from './cursors.ts'
import { isTold } from './select.ts'

/** A stretch of the journal: the changes with `from < offset <= to` that match. */
export type ChangeRange = {
  readonly from: number
  readonly to: number
  readonly limit: number
  /** Takes the last `limit` instead of the first; they are told in journal order all the same. */
  readonly backward: boolean
  readonly match: (change: Change) => boolean
}

/** The journal as one viewer may read it. */
export type ChangeLog = {
  /** Which journal it is. */
  readonly epoch: string
  /** Offset of the newest change that the catalog already includes; nothing newer is told. */
  readonly head: number
  /** The newest offset of the journal, which this process may not have taken up yet. */
  newest(): Promise<number>
  /** Smallest offset after which nothing has been forgotten. */
  floor(): Promise<number>
  page(range: ChangeRange): Promise<readonly Change[]>
  /** How many visible changes match. */
  count(match: (change: Change) => boolean): Promise<number>
  /** The cursor of an offset, for this viewer. */
  cursorAt(offset: number): string
  /** Reads a cursor: its offset, or why changes after it can't be told. Throws `BadCursor` for garbage and forgeries. */
  readCursor(text: string): { offset: number } | { gap: 'EXPIRED' | 'JOURNAL_REPLACED' | 'SIGHT_CHANGED' }
}

export type ChangeLogOptions = {
  readonly journal: Journal
  readonly catalog: Catalog
  readonly cursors: Cursors
  readonly viewer: Viewer
  readonly head: number
}

/** Changes that are read from the journal at once. */
const windowSize = 500

export function createChangeLog({ journal, catalog, cursors, viewer, head }: ChangeLogOptions): ChangeLog {
  async function visible(
    from: number,
    to: number,
    match: (change: Change) => boolean,
  ): Promise<readonly Change[]> {
    const changes = (await journal.read(from, to - from)).map((change) => catalog.place(change))
    const mine = changes.filter(match)
    const answers = mine.map((change) =>
      andThen(isTold(viewer, catalog, change), (told) => (told ? change : null)),
    )
    return (await all(answers)).filter((change) => change !== null)
  }

  async function page({ from, to, limit, backward, match }: ChangeRange): Promise<readonly Change[]> {
    const floor = Math.max(from, await journal.floor())
    const top = Math.min(to, head)
    let found: readonly Change[] = []
    for (let done = 0; found.length < limit && done < top - floor; done += windowSize) {
      if (backward) {
        const upper = top - done
        found = [...(await visible(Math.max(floor, upper - windowSize), upper, match)), ...found]
      } else {
        const lower = floor + done
        found = [...found, ...(await visible(lower, Math.min(top, lower + windowSize), match))]
      }
    }
    return backward ? found.slice(-limit) : found.slice(0, limit)
  }

  return {
    epoch: journal.epoch,
    head,
    newest: () => journal.head(),
    floor: () => journal.floor(),
    page,
    async count(match) {
      return (await page({ from: 0, to: head, limit: Number.POSITIVE_INFINITY, backward: false, match }))
        .length
    },
    cursorAt: (offset) => cursors.write(viewer, offset),
    readCursor: (text) => cursors.read(viewer, text),
  }
}
