import { createHash, randomBytes } from 'node:crypto'

const apiKeyPattern = /^lk_([\w-]{11})_[\w-]{43}$/

/** Creates an API key: `lk_`, its ID, and 32 random bytes. Only the ID and the hash are stored. */
export function generateApiKey(): { id: string; text: string } {
  const id = randomBytes(8).toString('base64url')
  return { id, text: `lk_${id}_${randomBytes(32).toString('base64url')}` }
}

/** Returns the ID in an API key's text, or `null` if the text has another format. */
export function parseApiKeyId(text: string): string | null {
  return apiKeyPattern.exec(text)?.[1] ?? null
}

/** Hashes an API key. API keys are random, so a fast hash is sufficient. */
export function hashApiKey(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
