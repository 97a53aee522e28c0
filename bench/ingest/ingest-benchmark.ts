import { fork } from 'node:child_process'
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { startRedis } from '../../test/support/redis-server.ts'
import { type MeasuredServer, startGateway, startMeasuredServer } from '../deliveries/publishers.ts'
import { type SandboxProcess, startSandboxProcess, stopProcess } from '../reads/sandbox-process.ts'
import { createEventBodies, readCredentials } from './events.ts'
import type { Load } from './sender.ts'

const options = {
  webhooks: { type: 'string', default: '15000' },
  connections: { type: 'string', default: '50' },
  rounds: { type: 'string', default: '7' },
} as const

type Round = { readonly perSecond: number; readonly cpuMicros: number }

/**
 * Sends signed webhooks from a process of their own to each receiver in turn, in several rounds, so that other load on the machine affects
 * all of them: a server that only verifies webhooks, the gateway on SQLite, and the gateway on a Redis server that syncs each write to disk.
 * Prints requests per second and the receiver's CPU time per webhook, as ratios within each round.
 */
export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options })
  const [webhooks, connections, rounds] = [values.webhooks, values.connections, values.rounds].map(
    Number,
  ) as [number, number, number]
  await using stack = new AsyncDisposableStack()
  const sandbox = await startSandboxProcess({ residents: 100, entrances: 40, latencyMs: 0 })
  stack.defer(sandbox.stop)
  const receivers = await startReceivers(sandbox, stack)
  const sender = fork('bench/ingest/sender.ts')
  stack.defer(() => stopProcess(sender))
  const credentials = await readCredentials(sandbox)

  async function measure(receiver: MeasuredServer): Promise<Round> {
    const bodies = createEventBodies(credentials, webhooks)
    const cpuBefore = await receiver.cpuMicros()
    sender.send({ url: new URL(receiver.url).origin, bodies, connections } satisfies Load)
    const [{ seconds }] = (await once(sender, 'message')) as [{ seconds: number }]
    return {
      perSecond: webhooks / seconds,
      cpuMicros: ((await receiver.cpuMicros()) - cpuBefore) / webhooks,
    }
  }

  const measured = Object.keys(receivers).map((name) => ({ name, rounds: [] as Round[] }))
  // The first round is a warm-up, until V8 has compiled the code.
  for (let round = 0; round <= rounds; round++)
    for (const { name, rounds: own } of measured) {
      const figures = await measure(receivers[name] as MeasuredServer)
      if (round > 0) own.push(figures)
    }
  process.stdout.write(`${webhooks} webhooks per round, ${connections} connections, ${rounds} rounds\n\n`)
  process.stdout.write(`${formatTable(measured)}\n`)
  return 0
}

async function startReceivers(
  sandbox: SandboxProcess,
  stack: AsyncDisposableStack,
): Promise<Readonly<Record<string, MeasuredServer>>> {
  const redis = stack.use(await startRedis())
  const receivers = {
    'verify only': await startMeasuredServer('bench/ingest/verifying-server.ts'),
    'latchkey, SQLite': await startGateway(sandbox),
    'latchkey, Redis': await startGateway(sandbox, { REDIS_URL: redis.url }),
  }
  for (const { stop } of Object.values(receivers)) stack.defer(stop)
  return receivers
}

function formatTable(
  measured: readonly { readonly name: string; readonly rounds: readonly Round[] }[],
): string {
  const base = measured[0]?.rounds ?? []
  const head = [
    'receiver',
    'requests/s of verify only',
    'CPU of verify only',
    'requests/s',
    'CPU µs per webhook',
  ]
  const rows = measured.map(({ name, rounds }) => {
    const ratios = (figure: keyof Round): readonly number[] =>
      rounds.map((round, index) => round[figure] / (base[index]?.[figure] ?? 0))
    return [
      name,
      formatSpread(ratios('perSecond'), 2),
      formatSpread(ratios('cpuMicros'), 2),
      formatSpread(
        rounds.map(({ perSecond }) => perSecond),
        0,
      ),
      formatSpread(
        rounds.map(({ cpuMicros }) => cpuMicros),
        0,
      ),
    ]
  })
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
}

/** Formats the median of some values, with the smallest and the greatest. */
function formatSpread(values: readonly number[], digits: number): string {
  const sorted = values.toSorted((a, b) => a - b)
  const [middle, least, greatest] = [sorted[Math.floor(sorted.length / 2)], sorted[0], sorted.at(-1)].map(
    (value) => (value ?? 0).toFixed(digits),
  )
  return `${middle} (${least} to ${greatest})`
}
