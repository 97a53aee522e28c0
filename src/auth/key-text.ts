import { createHash, randomBytes } from 'node:crypto'

const shape = /^lk_([\w-]{11})_[\w-]{43}$/

/** Makes a key: `lk_`, its id, and 32 random bytes. Only the id and the hash are ever stored. */
export function newKeyText(): { id: string; text: string } {
  const id = randomBytes(8).toString('base64url')
  return { id, text: `lk_${id}_${randomBytes(32).toString('base64url')}` }
}

/** The id that a key's text names; `null` for what can't be a key. */
export function keyIdIn(text: string): string | null {
  return shape.exec(text)?.[1] ?? null
}

/** The keys are random: there's nothing to guess, so a fast hash is enough. */
export function keyHash(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
