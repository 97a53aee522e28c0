import { createHmac } from 'node:crypto'

/** One message as it is signed: `timestamp` is in seconds since 1970. */
export type SignedMessage = { id: string; timestamp: number; body: string }

/** The headers with which Svix' receivers check that a message is from here; `secret` starts with `whsec_`. */
export function signatureHeaders(secret: string, message: SignedMessage): Record<string, string> {
  const { id, timestamp, body } = message
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
  return { 'svix-id': id, 'svix-timestamp': String(timestamp), 'svix-signature': `v1,${signature}` }
}
