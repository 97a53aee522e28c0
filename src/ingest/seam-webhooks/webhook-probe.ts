import { randomUUID } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import type { Secret } from '../../model/secret.ts'

/** Type of a probe: a message that tests the webhook route from outside. The gateway responds to it and stores nothing. */
export const probeType = 'latchkey.probe'

/** Response code to a probe; `message` is the probe's id. */
export const probeCode = 'PROBE'

export type Probe = {
  readonly id: string
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

/** Creates a probe that is signed with the webhook's secret in the same way as Seam's events. */
export function createProbe(secret: Secret): Probe {
  const id = randomUUID()
  const at = new Date()
  const time = at.toISOString()
  const body = JSON.stringify({
    ...{ event_id: id, event_type: probeType, workspace_id: id, created_at: time, occurred_at: time },
  })
  const headers = {
    'content-type': 'application/json',
    'webhook-id': `msg_${id}`,
    'webhook-timestamp': `${Math.floor(at.getTime() / 1000)}`,
    'webhook-signature': new Webhook(secret.reveal()).sign(`msg_${id}`, at, body),
  }
  return { id, body, headers }
}
