import { takeEventNumbers } from '../harness/event-ids.ts'
import { formatNumber, formatSpread, formatTable, median } from '../harness/statistics.ts'
import {
  type CreateId,
  countLosses,
  type SubscribePayload,
  type Subscribers,
  subscribe,
} from '../harness/subscribers.ts'
import type { DeliveryServer } from './delivery-servers.ts'

/** A server with subscribers to measure. The first variant of a run is the one that the others are compared with. */
export type DeliveryVariant = {
  readonly name: string
  readonly server: DeliveryServer
  readonly payloads: readonly SubscribePayload[]
  /** Creates the ids of the operations. Default: a different one for each. */
  readonly createId?: CreateId
}

export type MeasureOptions = {
  readonly rounds: number
  /** Changes of a round, delivered one after the other. */
  readonly changes: number
}

type Round = { readonly cpuMicros: number; readonly lastMs: number }
type MeasuredVariant = DeliveryVariant & {
  readonly subscribers: Subscribers
  readonly eventNumbers: number[]
  readonly rounds: Round[]
  /** Heap of a subscriber, in bytes. */
  readonly heapBytes: number
}

const warmUpChanges = 20
const firstSubscribers = 100

/**
 * Subscribes to all variants, then delivers changes to each variant in turn, in several rounds, so that other work on the machine affects
 * all of them. Returns a Markdown table with the CPU time of the server's process, and the number of subscribers that did not receive every
 * change once. Ratios are those of one round.
 */
export async function measureDeliveries(
  variants: readonly DeliveryVariant[],
  { rounds, changes }: MeasureOptions,
): Promise<{ readonly table: string; readonly lost: number }> {
  const measured: MeasuredVariant[] = []
  for (const variant of variants) measured.push(await subscribeAll(variant))
  for (const variant of measured) await deliver(variant, warmUpChanges)
  for (let round = 0; round < rounds; round++)
    for (const variant of round % 2 === 0 ? measured : measured.toReversed())
      variant.rounds.push(await deliver(variant, changes))
  const losses = measured.map(({ subscribers, eventNumbers }) =>
    countLosses(subscribers.receipts, eventNumbers),
  )
  for (const { subscribers } of measured) await subscribers.close()
  return {
    table: formatDeliveries(measured),
    lost: losses.reduce((sum, { lost, repeated }) => sum + lost + repeated, 0),
  }
}

async function subscribeAll(variant: DeliveryVariant): Promise<MeasuredVariant> {
  const { server, payloads, createId } = variant
  // The first subscribers make the server load its code, which is not part of the memory of a subscriber.
  const first = await subscribe(server, payloads.slice(0, firstSubscribers), createId)
  await first.close()
  const before = await server.heapBytes()
  const subscribers = await subscribe(server, payloads, createId)
  const after = await server.heapBytes()
  return {
    ...variant,
    subscribers,
    eventNumbers: [],
    rounds: [],
    heapBytes: (after - before) / payloads.length,
  }
}

async function deliver(
  { server, subscribers, eventNumbers }: MeasuredVariant,
  changes: number,
): Promise<Round> {
  const { length: count } = subscribers.receipts
  const cpuBefore = await server.cpuMicros()
  const times: number[] = []
  for (const eventNumber of takeEventNumbers(changes)) {
    const delivery = subscribers.receive(count)
    const publishedAt = performance.now()
    await Promise.all([server.publish(eventNumber), delivery])
    times.push(performance.now() - publishedAt)
    eventNumbers.push(eventNumber)
  }
  return { cpuMicros: ((await server.cpuMicros()) - cpuBefore) / (count * changes), lastMs: median(times) }
}

function formatDeliveries(measured: readonly MeasuredVariant[]): string {
  const [reference] = measured
  if (reference === undefined) throw new RangeError('There is no variant to measure.')
  const toReference = `beside ${reference.name}`
  const head = [
    'variant',
    `CPU of a delivery ${toReference}`,
    `time to the last subscriber ${toReference}`,
    `heap of a subscriber ${toReference}`,
    'CPU µs per delivery',
    'ms to the last subscriber, p50',
    'heap kB per subscriber',
  ]
  const rows = measured.map((variant) => {
    const values = (figure: keyof Round): number[] => variant.rounds.map((round) => round[figure])
    const ratios = (figure: keyof Round): number[] =>
      variant.rounds.map((round, index) => round[figure] / (reference.rounds[index]?.[figure] ?? Number.NaN))
    return [
      variant.name,
      formatSpread(ratios('cpuMicros')),
      formatSpread(ratios('lastMs')),
      formatNumber(variant.heapBytes / reference.heapBytes),
      formatSpread(values('cpuMicros')),
      formatSpread(values('lastMs')),
      formatNumber(variant.heapBytes / 1000),
    ]
  })
  return formatTable(head, rows)
}
