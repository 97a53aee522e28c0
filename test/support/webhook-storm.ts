import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { Webhook } from 'standardwebhooks'

/** A stream of webhooks as a busy and unreliable Seam would send them: repeated, out of order, and retried until they are acknowledged. */
export type WebhookStorm = {
  /** Ids of the events that were answered 2xx. */
  readonly acknowledged: ReadonlySet<string>
  readonly sent: number
  /** The status of every response that was not 2xx. */
  readonly refusedWith: readonly number[]
  /** Stops sending. Resolves when every sent webhook has been acknowledged. */
  finish(): Promise<void>
}

export type WebhookStormOptions = {
  readonly urls: readonly string[]
  readonly secret: string
  readonly workspaceId: string
  readonly perSecond: number
  /** Number of credentials that the events are about. Default: a new one for each event. */
  readonly credentials?: number
}

type Pending = { readonly id: string; readonly body: string }

const tickMs = 20

export function startWebhookStorm(options: WebhookStormOptions): WebhookStorm {
  const acknowledged = new Set<string>()
  const underWay = new Set<Promise<void>>()
  const abort = new AbortController()
  const refusedWith: number[] = []
  const credentialIds = Array.from({ length: options.credentials ?? 0 }, () => randomUUID())
  let sent = 0

  function createEvent(): Pending {
    const id = randomUUID()
    const at = new Date().toISOString()
    const body = JSON.stringify({
      event_id: id,
      event_type: 'acs_credential.issued',
      workspace_id: options.workspaceId,
      acs_system_id: randomUUID(),
      acs_credential_id: credentialIds[sent % credentialIds.length] ?? randomUUID(),
      created_at: at,
      occurred_at: at,
    })
    return { id, body }
  }

  async function post({ id, body }: Pending, url: string): Promise<boolean> {
    const response = await sendWebhook(url, options.secret, id, body).catch(() => null)
    await response?.arrayBuffer().catch(() => {})
    if (response !== null && !response.ok) refusedWith.push(response.status)
    if (response?.ok !== true) return false
    acknowledged.add(id)
    return true
  }

  const anyUrl = () => options.urls[Math.floor(Math.random() * options.urls.length)] ?? ''

  /** Sends an event until it is acknowledged. Sends every third event twice, possibly to two replicas. */
  async function deliver(event: Pending): Promise<void> {
    if (Math.random() < 0.3) await delay(Math.random() * 100)
    if (Math.random() < 0.33) void post(event, anyUrl())
    while (!(await post(event, anyUrl()))) await delay(20)
    if (Math.random() < 0.1) await post(event, anyUrl())
  }

  async function sendContinuously(): Promise<void> {
    const each = (options.perSecond * tickMs) / 1000
    for (let owed = 0; !abort.signal.aborted; await delay(tickMs)) {
      for (owed += each; owed >= 1; owed--) {
        sent++
        const delivery = deliver(createEvent()).finally(() => underWay.delete(delivery))
        underWay.add(delivery)
      }
    }
  }

  const sending = sendContinuously()
  return {
    acknowledged,
    refusedWith,
    get sent() {
      return sent
    },
    async finish() {
      abort.abort()
      await sending
      while (underWay.size > 0) await Promise.all(underWay)
    },
  }
}

/** Sends one webhook with Seam's signature. */
export function sendWebhook(url: string, secret: string, id: string, body: string): Promise<Response> {
  const at = new Date()
  return fetch(`${url}/webhooks/seam`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'svix-id': `msg_${id}`,
      'svix-timestamp': String(Math.floor(at.getTime() / 1000)),
      'svix-signature': new Webhook(secret).sign(`msg_${id}`, at, body),
    },
    body,
  })
}
