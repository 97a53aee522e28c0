/** A bounded cache with the text of a document as the key. Its shape is that of yoga's document caches. */
export type DocumentCache<T> = { get(text: string): T | undefined; set(text: string, value: T): void }

/** Limits of a cache: the number of entries, and the characters of all keys together. */
export type DocumentCacheLimits = { readonly maxEntries?: number; readonly maxCharacters?: number }

/**
 * Creates a cache with LRU eviction. The characters of all keys are limited, since a thousand documents of 256 kB take 256 MB, and so is
 * the number of entries, since a value is much larger than the text of its document. A text longer than a sixteenth of `maxCharacters` is
 * not cached.
 */
export function createDocumentCache<T>({
  maxEntries = 2_000,
  maxCharacters = 2_000_000,
}: DocumentCacheLimits = {}): DocumentCache<T> {
  const entries = new Map<string, T>()
  let characters = 0

  return {
    get(text) {
      const value = entries.get(text)
      if (value === undefined) return undefined
      entries.delete(text)
      entries.set(text, value)
      return value
    },
    set(text, value) {
      if (text.length > maxCharacters / 16) return
      if (!entries.has(text)) characters += text.length
      entries.set(text, value)
      for (const oldest of entries.keys()) {
        if (characters <= maxCharacters && entries.size <= maxEntries) return
        entries.delete(oldest)
        characters -= oldest.length
      }
    },
  }
}
