import type { Entry, Journal } from '../../journal/journal.ts'
import type { Leadership } from '../../journal/leader-lease.ts'
import type { Change } from '../../model/change.ts'
import type { RowWithParents, TouchedRows } from './touched-rows.ts'

/** A difference that is ready to be appended to the journal. */
export type PendingDifference = RowWithParents & {
  /** Name of the baseline that the difference belongs to. */
  readonly baselineName: string
  readonly isDeletion: boolean
  readonly entry: Entry
}

/** Result of an append: the number of changes appended, and the differences postponed to the next run. */
export type AppendReport = { readonly changes: number; readonly postponed: readonly PendingDifference[] }

/** Reads the changes that were appended to the journal since the last read. */
export type JournalFollower = {
  readonly after: number
  readNew(onChange: (change: Change) => void): Promise<void>
}

const chunkSize = 500
/** Maximum attempts to append one difference. One is enough unless many changes are appended at the same time. */
const maxAttempts = 3

/** Creates a follower that reads the journal's changes from the offset `after` (exclusive) to its end. */
export function createJournalFollower(
  journal: Pick<Journal, 'read' | 'readFloor'>,
  from: number,
): JournalFollower {
  let after = from
  return {
    get after() {
      return after
    },
    async readNew(onChange) {
      for (after = Math.max(after, await journal.readFloor()); ; ) {
        const changes = await journal.read(after, chunkSize)
        for (const change of changes) onChange(change)
        after = changes.at(-1)?.offset ?? after
        if (changes.length < chunkSize) return
      }
    },
  }
}

/**
 * Appends each difference on condition that no change to its row was appended since the last read of the journal; otherwise the difference
 * could revert that change. Other writers may append at any time; their changes postpone only the rows that they affect.
 */
export async function appendDifferences(
  differences: readonly PendingDifference[],
  {
    leadership,
    follower,
    touched,
  }: { readonly leadership: Leadership; readonly follower: JournalFollower; readonly touched: TouchedRows },
): Promise<AppendReport> {
  const postponed: PendingDifference[] = []
  let queue = differences.map((pending) => ({ pending, tries: 0 }))
  let appendedCount = 0

  while (queue.length > 0) {
    leadership.signal.throwIfAborted()
    const chunk = queue.slice(0, chunkSize)
    const results = await leadership.append(
      chunk.map(({ pending }) => withCondition(pending, follower.after)),
    )
    const ownOffsets = new Set(results.flatMap(({ changes }) => changes.map(({ offset }) => offset)))
    appendedCount += ownOffsets.size
    await follower.readNew((change) => {
      if (!ownOffsets.has(change.offset)) touched.add(change)
    })
    const overtaken = chunk
      .filter((_, index) => results[index]?.isOvertaken)
      .map(({ pending, tries: attempts }) => ({ pending, tries: attempts + 1 }))
    queue = [...overtaken, ...queue.slice(chunkSize)].filter(({ pending, tries: attempts }) => {
      const isPostponed = touched.has(pending) || attempts === maxAttempts
      if (isPostponed) postponed.push(pending)
      return !isPostponed
    })
  }
  return { changes: appendedCount, postponed }
}

function withCondition({ entry, id, owner, parentIds }: PendingDifference, after: number): Entry {
  return { ...entry, onlyIf: { after, ids: [id, ...(owner === null ? [] : [owner]), ...parentIds] } }
}
