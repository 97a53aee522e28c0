/** A map from a document's text that stays small, in the shape yoga takes. */
export type DocumentCache<T> = { get(text: string): T | undefined; set(text: string, value: T): void }

/**
 * Keeps what was used last. It is bounded by the characters of all its keys, not only by their number: a thousand documents of
 * 256 kB would be a quarter of a gigabyte. A text longer than a sixteenth of the bound is not kept at all.
 */
export function createDocumentCache<T>(boundCharacters = 2_000_000): DocumentCache<T> {
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
      if (text.length > boundCharacters / 16) return
      if (!entries.has(text)) characters += text.length
      entries.set(text, value)
      for (const oldest of entries.keys()) {
        if (characters <= boundCharacters) return
        entries.delete(oldest)
        characters -= oldest.length
      }
    },
  }
}
