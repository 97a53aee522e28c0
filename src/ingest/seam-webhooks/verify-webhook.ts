import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import type { SeamEvent } from '../../model/seam-events.ts'
import type { Secret } from '../../model/secret.ts'
import type { WebhookSignature } from './signature-headers.ts'

/** Result of a verification. `NO_EVENT` is a body with a valid signature that is not an event. */
export type VerificationResult =
  | { readonly kind: 'EVENT'; readonly event: SeamEvent }
  | { readonly kind: 'NO_EVENT' | 'BAD_JSON' | 'BAD_SIGNATURE' | 'BAD_SECRET' | 'NO_SECRET' | 'STALE' }

/** Maximum difference between a webhook's timestamp and this machine's clock. */
const toleranceSeconds = 300

/**
 * Verifies the raw body by Standard Webhooks' signatures of version 1, against each secret. The first secret that matches determines the
 * result. Uses Node's HMAC, which takes a fifth of the time of the library's (docs/decisions/webhook-signatures.md).
 */
export function verifyWebhook(
  rawBody: Buffer,
  signature: WebhookSignature,
  secrets: readonly Secret[],
): VerificationResult {
  let result: VerificationResult = { kind: 'NO_SECRET' }
  for (const secret of secrets) {
    const key = readKey(secret)
    if (key !== null && isStale(signature)) return { kind: 'STALE' }
    if (key !== null && isSignedWith(key, rawBody, signature)) return readEvent(rawBody)
    // `BAD_SIGNATURE` of a readable secret takes precedence over `BAD_SECRET` of an unreadable one.
    if (result.kind !== 'BAD_SIGNATURE') result = { kind: key === null ? 'BAD_SECRET' : 'BAD_SIGNATURE' }
  }
  return result
}

const keys = new WeakMap<Secret, KeyObject | null>()

/** Returns the key of a secret, or `null` if the secret is not base64. Each secret is decoded once. */
function readKey(secret: Secret): KeyObject | null {
  const known = keys.get(secret)
  if (known !== undefined) return known
  const key = decodeKey(secret.reveal())
  keys.set(secret, key)
  return key
}

function decodeKey(secret: string): KeyObject | null {
  try {
    // The library's decoder throws for a text that is not base64. Its error is dropped, because it may contain the secret.
    new Webhook(secret)
  } catch {
    return null
  }
  return createSecretKey(secret.replace(/^whsec_/, ''), 'base64')
}

function isStale({ timestamp }: WebhookSignature): boolean {
  return Math.abs(Math.floor(Date.now() / 1000) - Number(timestamp)) > toleranceSeconds
}

function isSignedWith(
  key: KeyObject,
  rawBody: Buffer,
  { id, timestamp, signatures }: WebhookSignature,
): boolean {
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(rawBody).digest('base64')
  const expectedBytes = Buffer.from(`v1,${expected}`)
  return signatures.split(' ').some((signature) => {
    const bytes = Buffer.from(signature)
    return bytes.length === expectedBytes.length && timingSafeEqual(bytes, expectedBytes)
  })
}

function readEvent(rawBody: Buffer): VerificationResult {
  let content: unknown
  try {
    content = JSON.parse(rawBody.toString())
  } catch {
    return { kind: 'BAD_JSON' }
  }
  return isEvent(content) ? { kind: 'EVENT', event: content } : { kind: 'NO_EVENT' }
}

function isEvent(content: unknown): content is SeamEvent {
  const { event_id: id, event_type: type } = (content ?? {}) as Partial<Record<keyof SeamEvent, unknown>>
  return typeof id === 'string' && id !== '' && typeof type === 'string'
}
