import { randomUUID } from 'node:crypto'
import { parseArgs } from 'node:util'
import { startSandboxProcess } from '../reads/sandbox-process.ts'
import { type Publisher, startGateway, startRaw } from './publishers.ts'
import { subscribe } from './subscribers.ts'

const options = {
  subscribers: { type: 'string', default: '2000' },
  changes: { type: 'string', default: '40' },
  rounds: { type: 'string', default: '3' },
} as const

type Round = { readonly cpuMicros: number; readonly lastMs: number }

/**
 * Delivers one change after another to many subscribers, alternately through the gateway and through `ws` alone, with messages of equal size.
 * Prints the CPU time per delivery, and the time until the last subscriber received the message.
 */
export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options })
  const [subscribers, changes, rounds] = [values.subscribers, values.changes, values.rounds].map(Number) as [
    number,
    number,
    number,
  ]
  await using stack = new AsyncDisposableStack()
  const sandbox = await startSandboxProcess({ residents: 10, entrances: 4, latencyMs: 0 })
  stack.defer(sandbox.stop)
  const gateway = await startGateway(sandbox)
  stack.defer(gateway.stop)
  const eventId = randomUUID()
  const message = await messageOf(gateway, eventId)
  const raw = await startRaw(message, eventId)
  stack.defer(raw.stop)

  const measured = { raw: [] as Round[], gateway: [] as Round[] }
  for (let round = 0; round < rounds; round++) {
    measured.gateway.push(await measure(gateway, subscribers, changes))
    measured.raw.push(await measure(raw, subscribers, changes))
  }
  process.stdout.write(`${subscribers} subscribers, ${message.length} bytes\n\n`)
  process.stdout.write(
    '| variant | CPU µs per delivery | … of ws alone | ms to the last subscriber, p50 |\n| - | - | - | - |\n',
  )
  const rawCpuMicros = median(measured.raw, 'cpuMicros')
  for (const [name, each] of Object.entries({ 'ws alone': measured.raw, latchkey: measured.gateway })) {
    const cpuMicros = median(each, 'cpuMicros')
    const figures = [cpuMicros, cpuMicros / rawCpuMicros, median(each, 'lastMs')].map((value) =>
      value.toFixed(2),
    )
    process.stdout.write(`| ${[name, ...figures].join(' | ')} |\n`)
  }
  return 0
}

async function messageOf(gateway: Publisher, eventId: string): Promise<string> {
  const subscriber = await subscribe(gateway, 1)
  const delivery = subscriber.told(eventId)
  await gateway.publish(eventId)
  const message = await delivery
  subscriber.close()
  return message
}

async function measure(publisher: Publisher, count: number, changes: number): Promise<Round> {
  const subscribers = await subscribe(publisher, count)
  const publishAndWait = async (): Promise<number> => {
    const eventId = randomUUID()
    const delivery = subscribers.told(eventId)
    const publishedAt = performance.now()
    await publisher.publish(eventId)
    await delivery
    return performance.now() - publishedAt
  }
  // Warm-up, until V8 has compiled the code.
  for (let change = 0; change < 10; change++) await publishAndWait()
  const before = await publisher.cpuMicros()
  const times: number[] = []
  for (let change = 0; change < changes; change++) times.push(await publishAndWait())
  const cpuMicros = ((await publisher.cpuMicros()) - before) / (count * changes)
  subscribers.close()
  return { cpuMicros, lastMs: middle(times) }
}

function median(rounds: readonly Round[], figure: keyof Round): number {
  return middle(rounds.map((round) => round[figure]))
}

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}
