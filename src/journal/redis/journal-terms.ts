/**
 * The terms of a journal that this process knows. A term is a run of changes that one Redis server appended as one master: the same term at
 * the same offset means the same history up to there.
 */
export type Terms = {
  /** Returns the id of the term in which an offset was appended; empty for offsets older than terms. */
  findTermId(offset: number): string
  /** Adds those terms of a reply that begin after `from` and not after `to`. */
  add(newerTerms: readonly string[], from: number, to: number): void
}

type Term = { readonly id: string; readonly first: number }

/** Creates terms from a reply of Redis, in which each id is followed by the first offset of its term. */
export function createTerms(reply: readonly string[]): Terms {
  const terms = parseTerms(reply)
  return {
    findTermId: (offset) => terms.findLast(({ first }) => first <= offset)?.id ?? '',
    add(newerTerms, from, to) {
      terms.push(...parseTerms(newerTerms).filter(({ first }) => first > from && first <= to))
    },
  }
}

function parseTerms(reply: readonly string[]): Term[] {
  return reply.flatMap((id, index) => (index % 2 === 0 ? [{ id, first: Number(reply[index + 1]) }] : []))
}
