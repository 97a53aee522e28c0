import { randomBytes } from 'node:crypto'
import type { Building } from './building.ts'
import type { SeamEvent, Webhook } from './entities.ts'
import type { Faults, WebhookFault } from './faults.ts'
import { signatureHeaders } from './svix.ts'

/** One attempt to deliver an event to a webhook. */
export type Delivery = {
  readonly webhook_id: string
  readonly svix_id: string
  readonly event_id: string
  readonly event_type: string
  /** 1 for the first. */
  readonly attempt: number
  /** The receiver's status; null when there was no answer, or nothing was sent. */
  readonly status: number | null
  /** Why there was no status. */
  readonly error: string | null
  readonly at: string
}

/** Sends events to webhooks, as Seam does through Svix: at least once, signed, in no promised order. */
export type Deliveries = {
  /** The latest attempts, oldest first. */
  log(): readonly Delivery[]
  /** Stops all attempts, those under way too. */
  stop(): void
}

type Message = { webhookId: string; svixId: string; event: SeamEvent; body: string }

/** Seam's schedule: the wait before each attempt, counted from the failure before it. */
export const seamRetryMs: readonly number[] = [
  0,
  5_000,
  5 * 60_000,
  30 * 60_000,
  2 * 3_600_000,
  5 * 3_600_000,
  10 * 3_600_000,
  10 * 3_600_000,
]

/** How long a receiver may take. */
const answerMs = 15_000

/** How many attempts are under way at once, at most. */
const atOnce = 16

/** How many attempts the log keeps. */
const logLength = 10_000

/** Delivers every event of the building from now on; `retryMs` holds the wait before each attempt. */
export function createDeliveries(building: Building, faults: Faults, retryMs: readonly number[]): Deliveries {
  const { timers, state, clock } = building
  const stopped = new AbortController()
  const waiting: (() => Promise<void>)[] = []
  let log: Delivery[] = []
  let held: Message[] = []
  let underWay = 0

  /** An attempt is made only while the webhook is there: deleting it ends the retries. */
  async function attempt(message: Message, number: number): Promise<void> {
    const webhook = state.webhooks.get(message.webhookId)
    if (webhook === undefined || stopped.signal.aborted) return
    const outcome = await post(webhook, message, clock.nowMs(), stopped.signal)
    record(message, number, outcome)
    const isTaken = outcome.status !== null && outcome.status >= 200 && outcome.status < 300
    if (!isTaken) attemptLater(message, number + 1)
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
    while (underWay < atOnce) {
      const work = waiting.shift()
      if (work === undefined) return
      underWay += 1
      void work().finally(() => {
        underWay -= 1
        next()
      })
    }
  }

  function record(message: Message, number: number, outcome: Outcome): void {
    const { webhookId: webhook_id, svixId: svix_id, event } = message
    const { event_id, event_type } = event
    const at = new Date(clock.nowMs()).toISOString()
    log.push({ webhook_id, svix_id, event_id, event_type, attempt: number, ...outcome, at })
    if (log.length > 2 * logLength) log = log.slice(-logLength)
  }

  const send = (message: Message): void => attemptLater(message, 1)

  function suffer(message: Message, fault: WebhookFault): void {
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
    waiting.push(() => inTurn(reversed))
    next()
  }

  /** One after the other, so that they arrive in the order they are sent in. */
  async function inTurn(messages: readonly Message[]): Promise<void> {
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
      else suffer(message, fault)
    }
  })

  return {
    log: () => log.slice(-logLength),
    stop() {
      waiting.length = 0
      stopped.abort()
    },
  }
}

function isWanted(webhook: Webhook, event: SeamEvent): boolean {
  return webhook.event_types.some((type) => type === '*' || type === event.event_type)
}

type Outcome = Pick<Delivery, 'status' | 'error'>

async function post(webhook: Webhook, message: Message, nowMs: number, stop: AbortSignal): Promise<Outcome> {
  const { svixId: id, body } = message
  const signature = signatureHeaders(webhook.secret, { id, timestamp: Math.floor(nowMs / 1000), body })
  try {
    const response = await fetch(webhook.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'Svix-Webhooks', ...signature },
      body,
      redirect: 'manual',
      signal: AbortSignal.any([stop, AbortSignal.timeout(answerMs)]),
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
