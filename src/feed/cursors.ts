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
  close(): void
}

/** After so many looks at the store every process knows a key that is new in it. */
const looksBeforeUse = 2

/**
 * Looks at the signing keys of a journal's store every `lookMs`. A new one verifies from then on, and signs only once all other
 * processes must have seen it too: a cursor is good wherever its client comes back.
 */
export async function createCursors(journal: Journal, lookMs = 15_000): Promise<Cursors> {
  const { epoch } = journal
  const looks = new Map<string, number>()
  let keys: readonly SigningKey[] = []
  let signing: SigningKey

  async function look(): Promise<void> {
    keys = await journal.signingKeys()
    for (const { id } of keys) looks.set(id, (looks.get(id) ?? -1) + 1)
    const settled = keys.find(({ id }) => (looks.get(id) ?? 0) >= looksBeforeUse)
    // At the start nobody knows how long a key has been there: the older one is known everywhere.
    signing = (settled ?? keys.at(-1)) as SigningKey
  }

  await look()
  // A store that is away has no other keys.
  const looking = setInterval(() => look().catch(() => undefined), lookMs)
  looking.unref()

  return {
    write: (viewer, offset) => writeCursor({ epoch, offset, sight: sightOf(viewer) }, signing),
    read(viewer, text) {
      const place = readCursor(text, { epoch, keys, sight: sightOf(viewer) })
      if (place.kind === 'at') return { offset: place.offset }
      return { gap: place.kind === 'replaced' ? 'JOURNAL_REPLACED' : 'SIGHT_CHANGED' }
    },
    close: () => clearInterval(looking),
  }
}
