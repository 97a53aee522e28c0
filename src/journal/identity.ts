import { randomBytes } from 'node:crypto'
import type { SigningKey } from './journal.ts'

/** Names one life of a journal; cursors carry it. */
export function newEpoch(): string {
  return randomBytes(9).toString('base64url')
}

export function newSigningKey(): SigningKey {
  return { id: randomBytes(3).toString('base64url'), secret: randomBytes(32) }
}

/** How many secrets verify cursors at a time: the one that signs, and the one before it. */
export const signingKeysKept = 2

/** Dedupe keys are kept at least this long, whatever happens to the changes. */
export const dedupeMs = 30 * 86_400_000
