import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { CountCheck } from '../harness/benchmark.ts'
import { takeEventNumbers } from '../harness/event-ids.ts'
import { type Gateway, startGateway } from '../harness/gateway.ts'
import { readOptions } from '../harness/options.ts'
import { startSandboxProcess } from '../harness/sandbox-process.ts'
import { formatSpread, formatTable } from '../harness/statistics.ts'
import {
  countLosses,
  type SubscribePayload,
  type Subscribers,
  subscribe,
  watchQuery,
} from '../harness/subscribers.ts'
import { withGateway } from '../harness/with-gateway.ts'

/** Writes a query with a filter by ACS user on a field of the subscription type. */
const writeFilteredQuery = (field: string): string =>
  watchQuery
    .replace('subscription Watch', 'subscription Watch($acsUserId: ID!)')
    .replace('changes {', `changes: ${field}(filter: { acsUserId: $acsUserId }) {`)

/** The filter excludes the published changes by their ACS user, and the second one by the type of the changed object as well. */
const filteredQueries = ['changes', 'userChanges'].map(writeFilteredQuery)

const createFilteredPayloads = (count: number): SubscribePayload[] =>
  Array.from({ length: count }, (_, index) => ({
    query: filteredQueries[index % filteredQueries.length] ?? '',
    variables: { acsUserId: randomUUID() },
  }))

const warmUpChanges = 200

type Variant = {
  readonly name: string
  readonly gateway: Gateway
  readonly receiver: Subscribers
  readonly eventNumbers: number[]
  readonly cpuMicros: number[]
}

/**
 * Delivers changes to one subscriber of a gateway, without and with many other subscribers whose filters do not match them. Returns exit
 * code 1 if the one subscriber missed a change, or if another one received one.
 */
export async function run(args: readonly string[]): Promise<number> {
  const { subscribers, changes, rounds } = readOptions(args, { subscribers: 2_000, changes: 200, rounds: 9 })
  await using stack = new AsyncDisposableStack()
  const sandbox = await startSandboxProcess({ residents: 10, entrances: 4, latencyMs: 0 })
  stack.defer(sandbox.stop)
  const start = async (name: string): Promise<Variant> => {
    const gateway = await startGateway(sandbox)
    stack.defer(gateway.stop)
    const receiver = await subscribe(gateway, [{ query: watchQuery }])
    stack.defer(receiver.close)
    return { name, gateway, receiver, eventNumbers: [], cpuMicros: [] }
  }
  const reference = await start('one subscriber')
  const crowded = await start(`… and ${subscribers} with filters that do not match`)
  const others = await subscribe(crowded.gateway, createFilteredPayloads(subscribers))
  stack.defer(others.close)

  const variants = [reference, crowded]
  for (const variant of variants) await measure(variant, warmUpChanges)
  for (let round = 0; round < rounds; round++)
    for (const variant of round % 2 === 0 ? variants : variants.toReversed())
      variant.cpuMicros.push(await measure(variant, changes))

  const wrong = variants.reduce((sum, variant) => sum + countWrong(variant.receiver, variant.eventNumbers), 0)
  const unwanted = countWrong(others, [])
  process.stdout.write(
    `${subscribers} filters, ${wrong} lost, ${unwanted} delivered although the filter does not match\n\n`,
  )
  const rows = variants.map(({ name, cpuMicros }) => {
    const ratios = cpuMicros.map((micros, round) => micros / (reference.cpuMicros[round] ?? Number.NaN))
    return [name, formatSpread(ratios), formatSpread(cpuMicros)]
  })
  const head = ['variant', 'CPU of a change beside one subscriber', 'CPU µs per change']
  process.stdout.write(`${formatTable(head, rows)}\n`)
  return wrong + unwanted === 0 ? 0 : 1
}

/** Delivers changes one after the other. Returns the CPU time of the gateway's process per change, in microseconds. */
async function measure({ gateway, receiver, eventNumbers }: Variant, changes: number): Promise<number> {
  const cpuBefore = await gateway.cpuMicros()
  for (const eventNumber of takeEventNumbers(changes)) {
    const delivery = receiver.receive(1)
    await Promise.all([gateway.publish(eventNumber), delivery])
    eventNumbers.push(eventNumber)
  }
  // Work for the other subscribers may follow the delivery of the last change.
  await delay(20)
  return ((await gateway.cpuMicros()) - cpuBefore) / changes
}

/** Returns the number of subscribers that did not receive exactly these changes. */
function countWrong({ receipts }: Subscribers, eventNumbers: readonly number[]): number {
  const { lost, repeated } = countLosses(receipts, eventNumbers)
  return lost + repeated
}

export function checkCounts(): Promise<readonly CountCheck[]> {
  return withGateway(async (gateway) => {
    const receiver = await subscribe(gateway, [{ query: watchQuery }])
    const others = await subscribe(gateway, createFilteredPayloads(20))
    const variant: Variant = { name: '', gateway, receiver, eventNumbers: [], cpuMicros: [] }
    const countExecutions = async (): Promise<number> =>
      (await gateway.readMetrics()).get('latchkey_feed_executions_total{batch="changes"}') ?? 0
    const before = await countExecutions()
    await measure(variant, 10)
    const executions = (await countExecutions()) - before
    const lost = countWrong(receiver, variant.eventNumbers)
    const unwanted = countWrong(others, [])
    await Promise.all([receiver.close(), others.close()])
    return [
      {
        what: 'executions per change, with filters that do not match',
        counted: executions / 10,
        expected: 1,
      },
      { what: 'subscribers that missed a change or received it twice', counted: lost, expected: 0 },
      {
        what: 'subscribers whose filter does not match that received a change',
        counted: unwanted,
        expected: 0,
      },
    ]
  })
}
