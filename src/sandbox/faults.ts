import { z } from 'zod'
import type { Dice } from './prng.ts'

/** Which calls or deliveries a fault hits, and how often. */
const reach = {
  /** A route without its first slash, `*` for any text: `acs/users/*`. All routes when absent. */
  route: z.string().default('*'),
  /** An id that the request must name: one system's, say. */
  about: z.string().optional(),
  /** How many it hits before it is over; for ever when absent. */
  times: z.number().int().positive().optional(),
  /** Chance of a hit, from 0 to 1. */
  probability: z.number().min(0).max(1).default(1),
}

const webhookReach = {
  /** Event types it hits, `*` for any text: `acs_user.*`. All when absent. */
  eventType: z.string().default('*'),
  times: reach.times,
  probability: reach.probability,
}

const milliseconds = z.number().nonnegative()

/** Whether the call takes effect before it goes wrong. */
const when = z.enum(['before', 'after']).default('before')

const callFault = z.discriminatedUnion('kind', [
  /** The answer takes longer: so many milliseconds, or something between two numbers. */
  z.object({
    kind: z.literal('latency'),
    ms: z.union([milliseconds, z.tuple([milliseconds, milliseconds])]),
    ...reach,
  }),
  /** 429; `retryAfter` becomes the header as given, seconds or a date; null leaves it out. */
  z.object({
    kind: z.literal('rateLimit'),
    retryAfter: z.union([z.number(), z.string(), z.null()]).default(1),
    ...reach,
  }),
  z.object({
    kind: z.literal('status'),
    status: z.number().int().min(400).max(599).default(503),
    body: z.enum(['json', 'empty', 'html']).default('json'),
    when,
    ...reach,
  }),
  /** The connection is reset without an answer. */
  z.object({ kind: z.literal('reset'), when, ...reach }),
  /** 200 with JSON that is cut off; the call has taken effect. */
  z.object({ kind: z.literal('malformed'), ...reach }),
  /** A list ends after so many rows, and doesn't say that there are more. */
  z.object({ kind: z.literal('truncated'), rows: z.number().int().nonnegative(), ...reach }),
])

const webhookFault = z.discriminatedUnion('kind', [
  /** Never sent, as if it had been lost on the way. */
  z.object({ kind: z.literal('webhookLost'), ...webhookReach }),
  /** Sent so many times in all, with one `svix-id`. */
  z.object({
    kind: z.literal('webhookRepeated'),
    copies: z.number().int().min(2).default(2),
    ...webhookReach,
  }),
  /** Held until `size` of them are there, or for `holdMs`, then sent last first. */
  z.object({
    kind: z.literal('webhookReordered'),
    size: z.number().int().min(2).default(2),
    holdMs: milliseconds.default(1000),
    ...webhookReach,
  }),
  /** Sent so many milliseconds late. */
  z.object({ kind: z.literal('webhookLate'), ms: milliseconds, ...webhookReach }),
])

/** A fault as it is asked for, in code or over the control API. */
const faultSchema = z.union([callFault, webhookFault])

/** What can be made to go wrong. */
export type Fault = z.input<typeof faultSchema>

/** A fault that ends a call otherwise than with its answer. */
export type CallFault = Exclude<z.output<typeof callFault>, { kind: 'latency' }>

/** A fault of a webhook's delivery. */
export type WebhookFault = z.output<typeof webhookFault>

/** The faults that are on. */
export type Faults = {
  /** Turns a fault on. Throws a `ZodError` for one that makes no sense. */
  add(fault: unknown): void
  clear(): void
  /** The faults that are on, with how often each has hit. */
  list(): object[]
  /** What this call suffers: every latency that hits adds up, and the first other fault that hits counts. `text` is all it asks. */
  forCall(route: string, text: string): { delayMs: number; fault: CallFault | null }
  /** What this delivery suffers: the first fault that hits. */
  forDelivery(eventType: string): WebhookFault | null
}

type Active = { fault: z.output<typeof faultSchema>; hits: number }

/** No faults yet. `dice` decides where chance or a range does. */
export function createFaults(dice: Dice): Faults {
  let active: Active[] = []

  function hits(one: Active, name: string, text = ''): boolean {
    const { fault } = one
    if ('about' in fault && fault.about !== undefined && !text.includes(fault.about)) return false
    const pattern = 'route' in fault ? fault.route : fault.eventType
    if (!fits(pattern, name) || (fault.probability < 1 && dice.next() >= fault.probability)) return false
    one.hits += 1
    if (one.hits === fault.times) active = active.filter((other) => other !== one)
    return true
  }

  function forCall(route: string, text: string): { delayMs: number; fault: CallFault | null } {
    let delayMs = 0
    let ending: CallFault | null = null
    for (const one of active) {
      const { fault } = one
      if (!('route' in fault) || (fault.kind !== 'latency' && ending !== null) || !hits(one, route, text))
        continue
      if (fault.kind === 'latency') delayMs += drawn(fault.ms, dice)
      else ending = fault
    }
    return { delayMs, fault: ending }
  }

  function forDelivery(eventType: string): WebhookFault | null {
    for (const one of active) {
      if (!('route' in one.fault) && hits(one, eventType)) return one.fault
    }
    return null
  }

  return {
    add: (fault) => void active.push({ fault: faultSchema.parse(fault), hits: 0 }),
    clear: () => {
      active = []
    },
    list: () => active.map(({ fault, hits }) => ({ ...fault, hits })),
    forCall,
    forDelivery,
  }
}

function fits(pattern: string, name: string): boolean {
  const parts = pattern.replace(/^\//, '').split('*').map(RegExp.escape)
  return new RegExp(`^${parts.join('.*')}$`).test(name)
}

function drawn(ms: number | [number, number], dice: Dice): number {
  return typeof ms === 'number' ? ms : ms[0] + dice.next() * (ms[1] - ms[0])
}
