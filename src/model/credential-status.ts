import type { AcsCredential } from './entities.ts'
import { isBefore } from './time.ts'

export type CredentialStatus = 'PENDING' | 'SCHEDULED' | 'ACTIVE' | 'EXPIRED' | 'FAILED'

/** Not given out by Latch yet: Seam says so, or a PIN is still missing. An unknown `isIssued` says nothing. */
export function isPending(credential: AcsCredential): boolean {
  return (
    credential.isIssued === false ||
    credential.warnings.some((warning) => warning.code === 'waiting_to_be_issued') ||
    (credential.accessMethod === 'code' && credential.code === null && credential.isCodeAtSeam !== true)
  )
}

export function hasEnded(span: { readonly endsAt: string | null }, atTime: string): boolean {
  return span.endsAt !== null && !isBefore(atTime, span.endsAt)
}

export function hasNotBegun(span: { readonly startsAt: string | null }, atTime: string): boolean {
  return span.startsAt !== null && isBefore(atTime, span.startsAt)
}

/**
 * One word for a credential at a time. The first that fits counts: EXPIRED (at `endsAt` exactly it is over), FAILED (it has an
 * error), PENDING, SCHEDULED (it begins later), ACTIVE.
 */
export function credentialStatus(credential: AcsCredential, atTime: string): CredentialStatus {
  if (hasEnded(credential, atTime)) return 'EXPIRED'
  if (credential.errors.length > 0) return 'FAILED'
  if (isPending(credential)) return 'PENDING'
  return hasNotBegun(credential, atTime) ? 'SCHEDULED' : 'ACTIVE'
}
