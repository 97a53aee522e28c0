import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
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

/** Filters with values of their own: by ACS user, and by ACS user and type of the changed object. */
const filteredQueries = [
  watchQuery.replace(
    'Watch {\n    changes',
    'Watch($acsUserId: ID!) {\n    changes(filter: { acsUserId: $acsUserId })',
  ),
  watchQuery.replace(
    'Watch {\n    changes',
    'WatchUser($acsUserId: ID!) {\n    changes: userChanges(filter: { acsUserId: $acsUserId })',
  ),
]
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
  const variants = [
    await start('one subscriber'),
    await start(`one subscriber, and ${subscribers} with filters that do not match`),
  ] as const
  const payloads = Array.from(
    { length: subscribers },
    (_, index): SubscribePayload => ({
      query: filteredQueries[index % filteredQueries.length] ?? '',
      variables: { acsUserId: randomUUID() },
    }),
  )
  const others = await subscribe(variants[1].gateway, payloads)
  stack.defer(others.close)

  for (const variant of variants) await measure(variant, warmUpChanges)
  for (let round = 0; round < rounds; round++)
    for (const variant of round % 2 === 0 ? variants : variants.toReversed())
      variant.cpuMicros.push(await measure(variant, changes))

  const wrong = variants.map(({ receiver, eventNumbers }) => countLosses(receiver.receipts, eventNumbers))
  const lost = wrong.reduce((sum, each) => sum + each.lost + each.repeated, 0)
  const unwanted = countLosses(others.receipts, []).repeated
  process.stdout.write(
    `${subscribers} filters, ${lost} lost, ${unwanted} received although the filter does not match\n\n`,
  )
  const rows = variants.map(({ name, cpuMicros }) => {
    const ratios = cpuMicros.map((micros, round) => micros / (variants[0].cpuMicros[round] ?? Number.NaN))
    return [name, formatSpread(ratios), formatSpread(cpuMicros)]
  })
  process.stdout.write(
    `${formatTable(['variant', 'CPU of a change beside one subscriber', 'CPU µs per change'], rows)}\n`,
  )
  return lost + unwanted === 0 ? 0 : 1
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
