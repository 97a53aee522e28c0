import { SeamInvalidWebhookPayloadError, SeamWebhook, SeamWebhookVerificationError } from 'seam'
import type { SeamEvent } from '../model/events.ts'
import type { Secret } from '../model/secret.ts'

/** What a signed body turned out to be. `NO_EVENT` is truly Seam's, and still nothing that could be kept. */
export type Verdict =
  | { readonly kind: 'EVENT'; readonly event: SeamEvent }
  | { readonly kind: 'NO_EVENT' | 'BAD_JSON' | 'BAD_SIGNATURE' | 'BAD_SECRET' | 'NO_SECRET' | 'STALE' }

/** Verifies the raw bytes with each secret, by Seam's own verifier: whichever fits decides. */
export function verify(
  rawBody: Buffer,
  headers: Record<string, string>,
  secrets: readonly Secret[],
): Verdict {
  let verdict: Verdict = { kind: 'NO_SECRET' }
  for (const secret of secrets) {
    const found = verifyWith(secret.reveal(), rawBody, headers)
    if (found.kind !== 'BAD_SIGNATURE' && found.kind !== 'BAD_SECRET') return found
    // A secret that can't be read says less than one that doesn't fit.
    if (verdict.kind !== 'BAD_SIGNATURE') verdict = found
  }
  return verdict
}

function verifyWith(secret: string, rawBody: Buffer, headers: Record<string, string>): Verdict {
  const verifier = verifierOf(secret)
  if (verifier === null) return { kind: 'BAD_SECRET' }
  try {
    const event = verifier.verify(rawBody.toString('utf8'), headers) as unknown as SeamEvent
    return event.event_id === '' ? { kind: 'NO_EVENT' } : { kind: 'EVENT', event }
  } catch (error) {
    if (error instanceof SeamInvalidWebhookPayloadError)
      return { kind: error.cause instanceof SyntaxError ? 'BAD_JSON' : 'NO_EVENT' }
    if (!(error instanceof SeamWebhookVerificationError)) throw error
    // One class for both; its sentences tell them apart.
    return { kind: /timestamp too (old|new)/.test(error.message) ? 'STALE' : 'BAD_SIGNATURE' }
  }
}

/** `null` for a secret that isn't base64: it can verify nothing, and its text must not come out with an error. */
function verifierOf(secret: string): SeamWebhook | null {
  try {
    return new SeamWebhook(secret)
  } catch {
    return null
  }
}
