/** Keeps what was added last. */
export function dropOldest(
  kept: { readonly size: number; keys(): Iterable<unknown>; delete(key: never): boolean },
  atMost: number,
): void {
  for (const key of kept.keys()) {
    if (kept.size <= atMost) return
    kept.delete(key as never)
  }
}

export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}
