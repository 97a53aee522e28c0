/** Deletes the entries that were added first, until at most `maxSize` are left. */
export function evictOldest<K>(
  entries: { readonly size: number; keys(): Iterable<K>; delete(key: K): boolean },
  maxSize: number,
): void {
  for (const key of entries.keys()) {
    if (entries.size <= maxSize) return
    entries.delete(key)
  }
}
