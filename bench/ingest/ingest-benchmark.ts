import { fork } from 'node:child_process'
import { once } from 'node:events'
import { startRedis } from '../../test/support/redis-server.ts'
import { startGateway } from '../harness/gateway.ts'
import { type MeasuredServer, startMeasuredServer, stopProcess } from '../harness/measured-server.ts'
import { readOptions } from '../harness/options.ts'
import { type SandboxProcess, startSandboxProcess } from '../harness/sandbox-process.ts'
import { formatSpread, formatTable, ratiosTo } from '../harness/statistics.ts'
import { createEventBodies, readCredentials } from './events.ts'
import type { Load } from './sender.ts'

type Round = { readonly perSecond: number; readonly cpuMicros: number }

/**
 * Sends signed webhooks from a process of their own to each receiver in turn, in several rounds, so that other load on the machine affects
 * all of them: a server that only verifies webhooks, the gateway on SQLite, and the gateway on a Redis server that syncs each write to disk.
 * Prints requests per second and the receiver's CPU time per webhook, as ratios within each round.
 */
export async function run(args: readonly string[]): Promise<number> {
  const { webhooks, connections, rounds } = readOptions(args, {
    webhooks: 15_000,
    connections: 50,
    rounds: 7,
  })
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
  process.stdout.write(`${formatRounds(measured)}\n`)
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

function formatRounds(
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
  const perSecondOf = ({ perSecond }: Round): number => perSecond
  const cpuOf = ({ cpuMicros }: Round): number => cpuMicros
  const rows = measured.map(({ name, rounds }) => [
    name,
    formatSpread(ratiosTo(base, rounds, perSecondOf)),
    formatSpread(ratiosTo(base, rounds, cpuOf)),
    formatSpread(rounds.map(perSecondOf)),
    formatSpread(rounds.map(cpuOf)),
  ])
  return formatTable(head, rows)
}
