import { z } from 'zod'
import type { SeededRandom } from '../seeded-random.ts'

/** Which calls or deliveries a fault affects, and how often. */
const callFilter = {
  /** A route without its first slash; `*` matches any text, as in `acs/users/*`. Default: all routes. */
  route: z.string().default('*'),
  /** An id that the request must contain, such as that of an ACS system. */
  about: z.string().optional(),
  /** Number of calls or deliveries that it affects. Default: unlimited. */
  times: z.number().int().positive().optional(),
  /** Probability that it applies, from 0 to 1. */
  probability: z.number().min(0).max(1).default(1),
}

const webhookFilter = {
  /** Event types that it affects; `*` matches any text, as in `acs_user.*`. Default: all. */
  eventType: z.string().default('*'),
  times: callFilter.times,
  probability: callFilter.probability,
}

const milliseconds = z.number().nonnegative()

/** Whether the call takes effect before it fails. */
const when = z.enum(['before', 'after']).default('before')

const callFault = z.discriminatedUnion('kind', [
  /** Delays the response by a fixed number of milliseconds, or by a random one between two bounds. */
  z.object({
    kind: z.literal('latency'),
    ms: z.union([milliseconds, z.tuple([milliseconds, milliseconds])]),
    ...callFilter,
  }),
  /** Returns a 429. `retryAfter` is sent as the header (seconds or a date); `null` omits it. */
  z.object({
    kind: z.literal('rateLimit'),
    retryAfter: z.union([z.number(), z.string(), z.null()]).default(1),
    ...callFilter,
  }),
  z.object({
    kind: z.literal('status'),
    status: z.number().int().min(400).max(599).default(503),
    body: z.enum(['json', 'empty', 'html']).default('json'),
    when,
    ...callFilter,
  }),
  /** Resets the connection without a response. */
  z.object({ kind: z.literal('reset'), when, ...callFilter }),
  /** Returns a 200 with truncated JSON. The call has taken effect. */
  z.object({ kind: z.literal('malformed'), ...callFilter }),
  /** Truncates a list to a number of rows, without an indication of further rows. */
  z.object({ kind: z.literal('truncated'), rows: z.number().int().nonnegative(), ...callFilter }),
])

const webhookFault = z.discriminatedUnion('kind', [
  /** Drops the delivery, as if it were lost in transit. */
  z.object({ kind: z.literal('webhookLost'), ...webhookFilter }),
  /** Sends the delivery this many times in all, with the same `svix-id`. */
  z.object({
    kind: z.literal('webhookRepeated'),
    copies: z.number().int().min(2).default(2),
    ...webhookFilter,
  }),
  /** Holds deliveries until there are `size` of them, or for `holdMs`, then sends them in reverse order. */
  z.object({
    kind: z.literal('webhookReordered'),
    size: z.number().int().min(2).default(2),
    holdMs: milliseconds.default(1000),
    ...webhookFilter,
  }),
  /** Delays the delivery by a number of milliseconds. */
  z.object({ kind: z.literal('webhookLate'), ms: milliseconds, ...webhookFilter }),
])

/** A fault as the input of `addFault` or of the control API. */
const faultSchema = z.union([callFault, webhookFault])

/** A validated fault. */
export type Fault = z.input<typeof faultSchema>

/** A fault that replaces the response of a call. */
export type CallFault = Exclude<z.output<typeof callFault>, { kind: 'latency' }>

/** A fault of a webhook delivery. */
export type WebhookFault = z.output<typeof webhookFault>

/** The active faults. */
export type Faults = {
  /** Activates a fault. Throws a `ZodError` for an invalid one. */
  add(fault: unknown): void
  clear(): void
  /** Returns the active faults, with the number of times that each has applied. */
  list(): object[]
  /** Returns the faults of a call: the sum of all matching latencies, and the first other matching fault. `text` is the whole request. */
  forCall(route: string, text: string): { delayMs: number; fault: CallFault | null }
  /** Returns the first fault that matches the delivery. */
  forDelivery(eventType: string): WebhookFault | null
}

type Active = { fault: z.output<typeof faultSchema>; hits: number }

/** Creates an empty set of faults. `dice` provides the random numbers for probabilities and ranges. */
export function createFaults(dice: SeededRandom): Faults {
  let active: Active[] = []

  /** Returns whether the fault applies, and counts the application. Removes the fault after its last one. */
  function applyTo(one: Active, name: string, text = ''): boolean {
    const { fault } = one
    if ('about' in fault && fault.about !== undefined && !text.includes(fault.about)) return false
    const pattern = 'route' in fault ? fault.route : fault.eventType
    if (!matchesPattern(pattern, name) || (fault.probability < 1 && dice.next() >= fault.probability))
      return false
    one.hits += 1
    if (one.hits === fault.times) active = active.filter((other) => other !== one)
    return true
  }

  function forCall(route: string, text: string): { delayMs: number; fault: CallFault | null } {
    let delayMs = 0
    let ending: CallFault | null = null
    for (const one of active) {
      const { fault } = one
      if (!('route' in fault) || (fault.kind !== 'latency' && ending !== null) || !applyTo(one, route, text))
        continue
      if (fault.kind === 'latency') delayMs += pickDelayMs(fault.ms, dice)
      else ending = fault
    }
    return { delayMs, fault: ending }
  }

  function forDelivery(eventType: string): WebhookFault | null {
    for (const one of active) {
      if (!('route' in one.fault) && applyTo(one, eventType)) return one.fault
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

function matchesPattern(pattern: string, name: string): boolean {
  const parts = pattern.replace(/^\//, '').split('*').map(RegExp.escape)
  return new RegExp(`^${parts.join('.*')}$`).test(name)
}

function pickDelayMs(ms: number | [number, number], dice: SeededRandom): number {
  return typeof ms === 'number' ? ms : ms[0] + dice.next() * (ms[1] - ms[0])
}
