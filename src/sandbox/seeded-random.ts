import { createHash } from 'node:crypto'

/** A repeatable random number generator: the same seed yields the same numbers. */
export type SeededRandom = {
  /** Returns a number from 0 (inclusive) to 1 (exclusive). */
  next(): number
  /** Returns an integer from 0 (inclusive) to `below` (exclusive). */
  below(below: number): number
  /** Returns an element of `from`, which must not be empty. */
  pick<Item>(from: readonly Item[]): Item
}

/** Returns a UUID in the format of version 4 that depends only on `kind` and `index`. */
export function createFixedId(kind: string, index: number): string {
  const hex = createHash('sha256').update(`${kind}/${index}`).digest('hex')
  const variant = '89ab'[Number.parseInt(hex.charAt(16), 16) % 4]
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`]
  return [...parts, `${variant}${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-')
}

/** Creates a mulberry32 generator, seeded with a hash of `seed`. */
export function createSeededRandom(seed: string): SeededRandom {
  let state = createHash('sha256').update(seed).digest().readUInt32LE(0)

  function next(): number {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }

  const below = (limit: number): number => Math.floor(next() * limit)

  function pick<Item>(from: readonly Item[]): Item {
    const item = from[below(from.length)]
    if (item === undefined) throw new Error('There is nothing to pick from.')
    return item
  }

  return { next, below, pick }
}
