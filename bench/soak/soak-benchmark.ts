import { Agent } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { takeEventNumbers } from '../harness/event-ids.ts'
import { type EventSubject, type Gateway, startGateway } from '../harness/gateway.ts'
import { readOptions } from '../harness/options.ts'
import { startSandboxProcess } from '../harness/sandbox-process.ts'
import { formatNumber, formatTable, median, quantile } from '../harness/statistics.ts'
import { countLosses, openSubscription, subscribe, watchQuery } from '../harness/subscribers.ts'
import { sendRequest } from '../reads/load-generator.ts'
import { toVariant } from '../reads/variants.ts'
import { fitSlope } from './slope.ts'

/** Share of the time, at the start, whose samples are not part of the slope: caches fill and V8 compiles code. */
const warmUpShare = 0.2
const ticksPerSecond = 10
/** Every fifth change is of a credential in the answer to the queries, the others are of unknown ones. */
const changesPerKnownSubject = 5
const megabyte = 1e6

/** Resources of the gateway's process, and what was counted so far. */
type Sample = {
  readonly minutes: number
  readonly residentBytes: number
  readonly heapBytes: number
  readonly handles: number
  readonly sockets: number
}

/**
 * Keeps many subscriptions open, and publishes changes and sends queries at constant rates for a long time. One more subscriber never reads
 * from its socket. Samples the memory and the open handles of the gateway's process, and prints how much they grow per hour. Returns exit
 * code 1 if a change was lost.
 */
export async function run(args: readonly string[]): Promise<number> {
  const options = readOptions(args, {
    minutes: 30,
    subscribers: 1_000,
    'changes-per-second': 50,
    'queries-per-second': 20,
    'sample-seconds': 10,
  })
  const { minutes, subscribers: count } = options
  await using stack = new AsyncDisposableStack()
  const sandbox = await startSandboxProcess({ residents: 100, entrances: 40, latencyMs: 25 })
  stack.defer(sandbox.stop)
  const gateway = await startGateway(sandbox)
  stack.defer(gateway.stop)
  const credentials = await sandbox.list<EventSubject>('acs/credentials/list', 'acs_credentials')
  const subscribers = await subscribe(
    gateway,
    Array.from({ length: count }, () => ({ query: watchQuery })),
  )
  stack.defer(subscribers.close)
  const silent = await openSubscription(gateway, { query: watchQuery }, () => {})
  stack.defer(() => silent.terminate())
  silent.pause()

  const endsAt = performance.now() + minutes * 60_000
  const published: number[] = []
  async function publish(): Promise<void> {
    const [eventNumber = 0] = takeEventNumbers(1)
    const subject =
      eventNumber % changesPerKnownSubject === 0 ? credentials[eventNumber % credentials.length] : undefined
    await gateway.publish(eventNumber, subject)
    published.push(eventNumber)
  }
  const agent = new Agent({ keepAlive: true, maxSockets: 20 })
  stack.defer(() => agent.destroy())
  const latenciesMs: number[] = []
  async function query(): Promise<void> {
    const sentAt = performance.now()
    await sendRequest(toVariant(gateway), agent)
    latenciesMs.push(performance.now() - sentAt)
  }
  const [samples] = await Promise.all([
    takeSamples(gateway, endsAt, options['sample-seconds'] * 1000),
    repeat(publish, options['changes-per-second'], endsAt),
    repeat(query, options['queries-per-second'], endsAt),
  ])
  const received = subscribers.receipts.reduce((sum, receipt) => sum + receipt.count, 0)
  // The last changes may still be on their way. Those that do not arrive are counted as lost.
  await subscribers.receive(Math.max(0, published.length * count - received)).catch(() => undefined)
  const { lost, repeated } = countLosses(subscribers.receipts, published)

  process.stdout.write(
    `${formatNumber(minutes)} minutes, ${count} subscribers, ${published.length} changes, ${latenciesMs.length} queries (p50 ${formatNumber(median(latenciesMs))} ms, p99 ${formatNumber(quantile(latenciesMs, 0.99))} ms), ${lost + repeated} subscribers with lost or repeated changes\n\n`,
  )
  process.stdout.write(`${formatSamples(samples)}\n`)
  return lost + repeated === 0 ? 0 : 1
}

/** Starts an action `perSecond` times per second, whether the previous ones have ended or not. Waits for all of them at the end. */
async function repeat(action: () => Promise<void>, perSecond: number, endsAt: number): Promise<void> {
  const startedAt = performance.now()
  const running = new Set<Promise<void>>()
  let failure: unknown
  let started = 0
  for (let now = startedAt; now < endsAt && failure === undefined; now = performance.now()) {
    const due = ((now - startedAt) / 1000) * perSecond
    for (; started < due; started++) {
      const run = action()
        .catch((error: unknown) => {
          failure ??= error
        })
        .finally(() => running.delete(run))
      running.add(run)
    }
    await delay(1000 / ticksPerSecond)
  }
  await Promise.all(running)
  if (failure !== undefined) throw failure
}

async function takeSamples(gateway: Gateway, endsAt: number, intervalMs: number): Promise<readonly Sample[]> {
  const samples: Sample[] = []
  const startedAt = performance.now()
  while (performance.now() < endsAt) {
    await delay(intervalMs)
    const metrics = await gateway.readMetrics()
    const read = (name: string): number => metrics.get(name) ?? Number.NaN
    samples.push({
      minutes: (performance.now() - startedAt) / 60_000,
      residentBytes: read('process_resident_memory_bytes'),
      heapBytes: read('nodejs_heap_size_used_bytes'),
      handles: read('nodejs_active_resources_total'),
      sockets: read('nodejs_active_resources{type="TCPSocketWrap"}'),
    })
  }
  return samples
}

function formatSamples(samples: readonly Sample[]): string {
  const steady = samples.slice(Math.floor(samples.length * warmUpShare))
  const toRow = (name: string, figure: keyof Sample, unit: number): string[] => {
    const values = steady.map((sample) => sample[figure] / unit)
    const { slope, margin } = fitSlope(
      steady.map(({ minutes }, index) => [minutes / 60, values[index] ?? Number.NaN] as const),
    )
    const range = [values[0], median(values), values.at(-1), Math.max(...values)]
    return [
      name,
      `${formatNumber(slope)} ± ${formatNumber(margin)}`,
      ...range.map((value) => formatNumber(value ?? Number.NaN)),
    ]
  }
  return formatTable(
    ['resource of the process', 'growth per hour, 95 % interval', 'first', 'median', 'last', 'maximum'],
    [
      toRow('resident memory, MB', 'residentBytes', megabyte),
      toRow('used heap, MB', 'heapBytes', megabyte),
      toRow('handles', 'handles', 1),
      toRow('sockets', 'sockets', 1),
    ],
  )
}
