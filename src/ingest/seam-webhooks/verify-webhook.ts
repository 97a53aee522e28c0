import { SeamInvalidWebhookPayloadError, SeamWebhook, SeamWebhookVerificationError } from 'seam'
import type { SeamEvent } from '../../model/seam-events.ts'
import type { Secret } from '../../model/secret.ts'

/** Result of a verification. `NO_EVENT` is a body with a valid signature that is not an event. */
export type VerificationResult =
  | { readonly kind: 'EVENT'; readonly event: SeamEvent }
  | { readonly kind: 'NO_EVENT' | 'BAD_JSON' | 'BAD_SIGNATURE' | 'BAD_SECRET' | 'NO_SECRET' | 'STALE' }

/** Verifies the raw body with Seam's verifier against each secret. The first secret that matches determines the result. */
export function verifyWebhook(
  rawBody: Buffer,
  headers: Record<string, string>,
  secrets: readonly Secret[],
): VerificationResult {
  let result: VerificationResult = { kind: 'NO_SECRET' }
  for (const secret of secrets) {
    const found = verifyWithSecret(secret.reveal(), rawBody, headers)
    if (found.kind !== 'BAD_SIGNATURE' && found.kind !== 'BAD_SECRET') return found
    // `BAD_SIGNATURE` of a readable secret takes precedence over `BAD_SECRET` of an unreadable one.
    if (result.kind !== 'BAD_SIGNATURE') result = found
  }
  return result
}

function verifyWithSecret(
  secret: string,
  rawBody: Buffer,
  headers: Record<string, string>,
): VerificationResult {
  const verifier = createVerifier(secret)
  if (verifier === null) return { kind: 'BAD_SECRET' }
  try {
    const event = verifier.verify(rawBody.toString('utf8'), headers) as SeamEvent
    return event.event_id === '' ? { kind: 'NO_EVENT' } : { kind: 'EVENT', event }
  } catch (error) {
    if (error instanceof SeamInvalidWebhookPayloadError)
      return { kind: error.cause instanceof SyntaxError ? 'BAD_JSON' : 'NO_EVENT' }
    if (!(error instanceof SeamWebhookVerificationError)) throw error
    // The library throws one class for both cases; only the message differs.
    return { kind: /timestamp too (old|new)/.test(error.message) ? 'STALE' : 'BAD_SIGNATURE' }
  }
}

/** Creates a verifier, or returns `null` if the secret is not base64. The library's error is dropped because it may contain the secret. */
function createVerifier(secret: string): SeamWebhook | null {
  try {
    return new SeamWebhook(secret)
  } catch {
    return null
  }
}
