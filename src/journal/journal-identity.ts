import { randomBytes } from 'node:crypto'
import { dayMs } from '../model/time.ts'
import type { SigningKey } from './journal.ts'

/** Generates the identity of a new journal. Cursors contain it. */
export function generateEpoch(): string {
  return randomBytes(9).toString('base64url')
}

export function generateSigningKey(): SigningKey {
  return { id: randomBytes(3).toString('base64url'), secret: randomBytes(32) }
}

/** How many signing keys verify cursors: the current one and the one before it. */
export const maxSigningKeys = 2

/** Minimum retention of dedupe keys, also when their changes are trimmed earlier. */
export const minDedupeRetentionMs = 30 * dayMs
