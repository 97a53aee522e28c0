import type { AcsCredential } from './entities.ts'
import { isBefore } from './time.ts'

export type CredentialStatus = 'PENDING' | 'SCHEDULED' | 'ACTIVE' | 'EXPIRED' | 'FAILED'

/** Whether Latch has not issued the credential yet: Seam reports this, or the PIN is missing. `isIssued: null` does not mean pending. */
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
 * Returns the lifecycle status of a credential at a given time. The first status that applies is returned: EXPIRED (from `endsAt` on), FAILED
 * (the credential has an error), PENDING, SCHEDULED (before `startsAt`), ACTIVE.
 */
export function credentialStatus(credential: AcsCredential, atTime: string): CredentialStatus {
  if (hasEnded(credential, atTime)) return 'EXPIRED'
  if (credential.errors.length > 0) return 'FAILED'
  if (isPending(credential)) return 'PENDING'
  return hasNotBegun(credential, atTime) ? 'SCHEDULED' : 'ACTIVE'
}
