import { serializeAccessScope, type Viewer } from '../auth/viewer.ts'
import type { Journal, SigningKey } from '../journal/journal.ts'
import { readCursor, writeCursor } from '../model/cursor.ts'
import { evictOldest } from '../model/evict-oldest.ts'

/** Position of a cursor, or the reason why the changes after it are unavailable. */
export type CursorPosition =
  | { readonly offset: number }
  | { readonly gap: 'JOURNAL_REPLACED' | 'SIGHT_CHANGED' }

/** Writes and reads cursors of one journal. A cursor is bound to an access scope. */
export type Cursors = {
  write(viewer: Viewer, offset: number): string
  /**
   * Throws `InvalidCursor` for a cursor that was not issued by this journal. If this process does not know the offset yet, it cannot decide
   * whether the cursor belongs to the journal's history: read the cursor again once the offset is known.
   */
  read(viewer: Viewer, text: string): CursorPosition
  /**
   * Returns the newest of several cursors of one reader, or `null` if there are none. An unusable cursor is returned only if there is no
   * other. Throws `InvalidCursor` as `read` does.
   */
  newest(viewer: Viewer, texts: readonly string[]): CursorPosition | null
  /** Number of cursors that were signed. */
  readonly signedCount: number
  close(): void
}

/** Maximum number of access scopes whose last cursor is kept. */
const maxScopes = 1_000
/** Number of refreshes after which every process knows a new signing key. */
const readsBeforeSigning = 2

/**
 * Refreshes the signing keys from the journal's store every `keyRefreshMs`. A new key verifies at once, and signs only after all other
 * processes must have loaded it, so that a cursor is valid on every replica.
 */
export async function createCursors(journal: Journal, keyRefreshMs = 15_000): Promise<Cursors> {
  const { epoch, termAt } = journal
  const readsByKey = new Map<string, number>()
  let keys: readonly SigningKey[] = []
  let signingKey!: SigningKey
  let signedCount = 0

  async function refreshKeys(): Promise<void> {
    keys = await journal.listSigningKeys()
    for (const { id } of keys) readsByKey.set(id, (readsByKey.get(id) ?? -1) + 1)
    const establishedKey = keys.find(({ id }) => (readsByKey.get(id) ?? 0) >= readsBeforeSigning)
    // At the start, the age of a key is unknown; all processes know the older key.
    signingKey = (establishedKey ?? keys.at(-1)) as SigningKey
  }

  await refreshKeys()
  // While the store is unavailable, the known keys are used.
  const keyRefresh = setInterval(() => refreshKeys().catch(() => undefined), keyRefreshMs)
  keyRefresh.unref()

  function read(viewer: Viewer, text: string): CursorPosition {
    const position = readCursor(text, { epoch, keys, serializedScope: serializeAccessScope(viewer), termAt })
    if (position.kind === 'at') return { offset: position.offset }
    return { gap: position.kind === 'replaced' ? 'JOURNAL_REPLACED' : 'SIGHT_CHANGED' }
  }

  /** The cursors for the offset that was written last, by access scope: thousands of operations need the same one for a batch. */
  let lastWritten = { offset: -1, term: '', key: signingKey, byScope: new Map<string, string>() }

  return {
    write(viewer, offset) {
      const term = termAt(offset) ?? ''
      const serializedScope = serializeAccessScope(viewer)
      if (lastWritten.offset !== offset || lastWritten.term !== term || lastWritten.key !== signingKey)
        lastWritten = { offset, term, key: signingKey, byScope: new Map() }
      const known = lastWritten.byScope.get(serializedScope)
      if (known !== undefined) return known
      signedCount++
      const cursor = writeCursor({ epoch, offset, term, serializedScope }, signingKey)
      lastWritten.byScope.set(serializedScope, cursor)
      evictOldest(lastWritten.byScope, maxScopes)
      return cursor
    },
    get signedCount() {
      return signedCount
    },
    read,
    newest(viewer, texts) {
      const positions = texts.map((text) => read(viewer, text))
      const offsets = positions.flatMap((position) => ('offset' in position ? [position.offset] : []))
      return offsets.length > 0 ? { offset: Math.max(...offsets) } : (positions[0] ?? null)
    },
    close: () => clearInterval(keyRefresh),
  }
}
