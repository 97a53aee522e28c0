import { sightOf, type Viewer } from '../auth/viewer.ts'
import type { Journal, SigningKey } from '../journal/journal.ts'
import { readCursor, writeCursor } from '../model/cursor.ts'

/** Where a cursor stands, or why nothing can be told from it on. */
export type CursorPlace = { readonly offset: number } | { readonly gap: 'JOURNAL_REPLACED' | 'SIGHT_CHANGED' }

/** Writes and reads cursors of one journal, bound to what their owner may see. */
export type Cursors = {
  write(viewer: Viewer, offset: number): string
  /** Throws `BadCursor` for what nobody here wrote. */
  read(viewer: Viewer, text: string): CursorPlace
}

export async function createCursors(journal: Journal): Promise<Cursors> {
  const keys = await journal.signingKeys()
  const [signing] = keys as readonly [SigningKey, ...SigningKey[]]
  const { epoch } = journal
  return {
    write: (viewer, offset) => writeCursor({ epoch, offset, sight: sightOf(viewer) }, signing),
    read(viewer, text) {
      const place = readCursor(text, { epoch, keys, sight: sightOf(viewer) })
      if (place.kind === 'at') return { offset: place.offset }
      return { gap: place.kind === 'replaced' ? 'JOURNAL_REPLACED' : 'SIGHT_CHANGED' }
    },
  }
}
