import { createHmac, randomBytes } from 'node:crypto'
import type { Building } from '../building.ts'
import type { SeamEvent, Webhook } from '../state/entities.ts'
import type { Faults, WebhookFault } from './faults.ts'

/** A message to sign; `timestamp` is in seconds since 1970. */
export type SignedMessage = { id: string; timestamp: number; body: string }

/** Returns Svix's signature headers of a message; `secret` starts with `whsec_`. */
export function createSignatureHeaders(secret: string, message: SignedMessage): Record<string, string> {
  const { id, timestamp, body } = message
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
  return { 'svix-id': id, 'svix-timestamp': String(timestamp), 'svix-signature': `v1,${signature}` }
}

/** An attempt to deliver an event to a webhook. */
export type WebhookDelivery = {
  readonly webhook_id: string
  readonly svix_id: string
  readonly event_id: string
  readonly event_type: string
  /** The number of the attempt, from 1. */
  readonly attempt: number
  /** The receiver's status; `null` if there was no response, or nothing was sent. */
  readonly status: number | null
  /** Why there is no status. */
  readonly error: string | null
  readonly at: string
}

/** Sends events to webhooks, as Seam does through Svix: at least once, signed, in no guaranteed order. */
export type WebhookDeliveries = {
  /** The latest attempts, oldest first. */
  log(): readonly WebhookDelivery[]
  /** Stops all attempts, including running ones. */
  stop(): void
}

type Message = { webhookId: string; svixId: string; event: SeamEvent; body: string }

/** Seam's retry schedule: the delay before each attempt, after the failure of the attempt before. */
export const seamRetryDelaysMs: readonly number[] = [
  0,
  5_000,
  5 * 60_000,
  30 * 60_000,
  2 * 3_600_000,
  5 * 3_600_000,
  10 * 3_600_000,
  10 * 3_600_000,
]

const attemptTimeoutMs = 15_000

const maxConcurrentAttempts = 16

const maxLogLength = 10_000

/** Starts to deliver every event of the workspace. `retryMs` holds the delay before each attempt. */
export function createWebhookDeliveries(
  building: Building,
  faults: Faults,
  retryMs: readonly number[],
): WebhookDeliveries {
  const { timers, state, clock } = building
  const stopped = new AbortController()
  const waiting: (() => Promise<void>)[] = []
  let log: WebhookDelivery[] = []
  let held: Message[] = []
  let runningAttempts = 0

  /** Makes an attempt only while the webhook exists: deleting a webhook ends its retries. */
  async function attempt(message: Message, number: number): Promise<void> {
    const webhook = state.webhooks.get(message.webhookId)
    if (webhook === undefined || stopped.signal.aborted) return
    const outcome = await post(webhook, message, clock.nowMs(), stopped.signal)
    record(message, number, outcome)
    const isAccepted = outcome.status !== null && outcome.status >= 200 && outcome.status < 300
    if (!isAccepted) attemptLater(message, number + 1)
  }

  function attemptLater(message: Message, number: number): void {
    const waitMs = retryMs[number - 1]
    if (waitMs === undefined || stopped.signal.aborted) return
    timers.after(waitMs, () => {
      waiting.push(() => attempt(message, number))
      next()
    })
  }

  function next(): void {
    while (runningAttempts < maxConcurrentAttempts) {
      const work = waiting.shift()
      if (work === undefined) return
      runningAttempts += 1
      void work().finally(() => {
        runningAttempts -= 1
        next()
      })
    }
  }

  function record(message: Message, number: number, outcome: Outcome): void {
    const { webhookId: webhook_id, svixId: svix_id, event } = message
    const { event_id, event_type } = event
    const at = new Date(clock.nowMs()).toISOString()
    log.push({ webhook_id, svix_id, event_id, event_type, attempt: number, ...outcome, at })
    if (log.length > 2 * maxLogLength) log = log.slice(-maxLogLength)
  }

  const send = (message: Message): void => attemptLater(message, 1)

  function applyFault(message: Message, fault: WebhookFault): void {
    switch (fault.kind) {
      case 'webhookLost':
        record(message, 1, { status: null, error: 'lost on the way' })
        break
      case 'webhookRepeated':
        for (let copy = 0; copy < fault.copies; copy += 1) send(message)
        break
      case 'webhookLate':
        timers.after(fault.ms, () => send(message))
        break
      case 'webhookReordered':
        held.push(message)
        if (held.length >= fault.size) release()
        else timers.after(fault.holdMs, release)
        break
    }
  }

  function release(): void {
    const reversed = held.reverse()
    held = []
    waiting.push(() => attemptInOrder(reversed))
    next()
  }

  /** Sends messages one after the other, so that they arrive in that order. */
  async function attemptInOrder(messages: readonly Message[]): Promise<void> {
    for (const message of messages) await attempt(message, 1)
  }

  building.events.listen((event) => {
    const body = JSON.stringify(event)
    for (const webhook of state.webhooks.all()) {
      if (!isWanted(webhook, event)) continue
      const svixId = `msg_${randomBytes(20).toString('base64url').replace(/[-_]/g, 'x')}`
      const message = { webhookId: webhook.webhook_id, svixId, event, body }
      const fault = faults.forDelivery(event.event_type)
      if (fault === null) send(message)
      else applyFault(message, fault)
    }
  })

  return {
    log: () => log.slice(-maxLogLength),
    stop() {
      waiting.length = 0
      stopped.abort()
    },
  }
}

function isWanted(webhook: Webhook, event: SeamEvent): boolean {
  return webhook.event_types.some((type) => type === '*' || type === event.event_type)
}

type Outcome = Pick<WebhookDelivery, 'status' | 'error'>

async function post(webhook: Webhook, message: Message, nowMs: number, stop: AbortSignal): Promise<Outcome> {
  const { svixId: id, body } = message
  const signature = createSignatureHeaders(webhook.secret, { id, timestamp: Math.floor(nowMs / 1000), body })
  try {
    const response = await fetch(webhook.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'Svix-Webhooks', ...signature },
      body,
      redirect: 'manual',
      signal: AbortSignal.any([stop, AbortSignal.timeout(attemptTimeoutMs)]),
    })
    await response.body?.cancel()
    return { status: response.status, error: null }
  } catch (thrown) {
    return { status: null, error: reasonOf(thrown) }
  }
}

function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  const { cause } = thrown
  return cause instanceof Error && cause.message !== '' ? cause.message : thrown.message
}
