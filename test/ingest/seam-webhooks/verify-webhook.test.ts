import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { SeamInvalidWebhookPayloadError, SeamWebhook, SeamWebhookVerificationError } from 'seam'
import { expect, it } from 'vitest'
import { type VerificationResult, verifyWebhook } from '../../../src/ingest/seam-webhooks/verify-webhook.ts'
import { Secret } from '../../../src/model/secret.ts'

const toSecret = (key: Uint8Array): string => `whsec_${Buffer.from(key).toString('base64')}`
const keyArbitrary = fc.uint8Array({ minLength: 1, maxLength: 64 })
const secretArbitrary = fc.oneof(
  keyArbitrary.map(toSecret),
  fc.constantFrom('', 'whsec_', 'whsec_no base64!'),
)
const bodyArbitrary = fc.oneof(
  fc
    .record({ event_id: fc.string(), event_type: fc.string(), text: fc.string({ unit: 'grapheme' }) })
    .map((event) => JSON.stringify(event)),
  fc.json(),
  fc.string({ unit: 'grapheme' }),
)

/** Verifies with Seam's library, as `verifyWebhook` does without it. */
function verifyWithLibrary(body: string, headers: Record<string, string>, secret: string): string {
  try {
    return new SeamWebhook(secret).verify(body, headers).event_id === '' ? 'NO_EVENT' : 'EVENT'
  } catch (error) {
    if (error instanceof SeamInvalidWebhookPayloadError)
      return error.cause instanceof SyntaxError ? 'BAD_JSON' : 'NO_EVENT'
    if (!(error instanceof SeamWebhookVerificationError)) return 'BAD_SECRET'
    return /timestamp too (old|new)/.test(error.message) ? 'STALE' : 'BAD_SIGNATURE'
  }
}

it("should give the same result as Seam's library, for any body, secret, age and signatures", () => {
  const kinds = new Set<VerificationResult['kind']>()
  fc.assert(
    fc.property(
      bodyArbitrary,
      secretArbitrary,
      keyArbitrary,
      fc.constantFrom(0, 0, 0, 299, -299, 400, -400),
      fc.array(fc.constantFrom('right', 'right', 'other key', 'version 2', 'truncated'), {
        minLength: 1,
        maxLength: 3,
      }),
      (body, secret, otherKey, ageSeconds, parts) => {
        const id = 'msg_1'
        const timestamp = `${Math.floor(Date.now() / 1000) - ageSeconds}`
        const sign = (key: Uint8Array): string =>
          createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
        const right = sign(Buffer.from(secret.replace('whsec_', ''), 'base64'))
        const signatureOf: Record<string, string> = {
          right: `v1,${right}`,
          'other key': `v1,${sign(otherKey)}`,
          'version 2': `v2,${right}`,
          truncated: `v1,${right.slice(0, -4)}`,
        }
        const signatures = parts.map((part) => signatureOf[part]).join(' ')
        const headers = { 'svix-id': id, 'svix-timestamp': timestamp, 'svix-signature': signatures }
        const { kind } = verifyWebhook(Buffer.from(body), { id, timestamp, signatures }, [new Secret(secret)])
        kinds.add(kind)
        // The library accepts a secret without a key, which anybody can sign with.
        expect(kind).toBe(secret === 'whsec_' ? 'BAD_SECRET' : verifyWithLibrary(body, headers, secret))
      },
    ),
    { numRuns: 1_000 },
  )
  expect([...kinds].sort()).toEqual(['BAD_JSON', 'BAD_SECRET', 'BAD_SIGNATURE', 'EVENT', 'NO_EVENT', 'STALE'])
})
