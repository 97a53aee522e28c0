import type { CountCheck } from '../harness/benchmark.ts'
import { readOptions, UsageError } from '../harness/options.ts'
import { type SandboxProcess, startSandboxProcess } from '../harness/sandbox-process.ts'
import { withGateway } from '../harness/with-gateway.ts'
import { toComparableText } from './dashboard-query.ts'
import { formatFigures, type Round } from './figures.ts'
import { measureMemory } from './heap-usage.ts'
import { startPeer } from './hive-gateway.ts'
import { generateLoad, sendRequest } from './load-generator.ts'
import { startCeiling, startLatchkey, startPlain, toVariant, type Variant } from './variants.ts'
import { createWarmVariants } from './warm-variants.ts'

const defaults = {
  residents: 100,
  doors: 40,
  'latency-ms': 25,
  connections: 10,
  seconds: 3,
  rounds: 5,
  'without-peer': false,
  'without-memory': false,
}

/**
 * Measures one dashboard query on each variant in turn, in several rounds, so that other load on the machine affects all variants. Before the
 * measurement, compares the responses of all variants. Returns exit code 1 if they differ or if the peer is not available.
 */
export async function run(args: readonly string[]): Promise<number> {
  const options = readOptions(args, defaults)
  const { residents, doors: entrances, 'latency-ms': latencyMs, connections, seconds, rounds } = options
  // The query returns one page, and servers without an order of their own would return other ACS users.
  if (residents > 100) throw new UsageError('--residents must be at most 100, the size of a page.')
  const sandbox = await startSandboxProcess({ residents, entrances, latencyMs })
  await using stack = new AsyncDisposableStack()
  stack.defer(sandbox.stop)

  const warm = await startLatchkey(sandbox)
  stack.defer(warm.stop)
  const bytes = await sendRequest(warm)
  const expected = toComparableText(warm.read(bytes))
  const peer = options['without-peer'] ? null : await startPeer(sandbox)
  const variants = new Map<string, Variant>([
    ['naive', await startPlain('naive', sandbox)],
    ['loaders', await startPlain('loaders', sandbox)],
    ...(peer === null ? [] : [['peer', peer] as const]),
    ...(await createWarmVariants(warm, sandbox)),
    ['ceiling', await startCeiling(bytes)],
  ])
  for (const { stop } of variants.values()) if (stop !== warm.stop) stack.defer(stop)
  for (const [name, variant] of variants) {
    const content = toComparableText(variant.read(await sendRequest(variant)))
    if (content === expected) continue
    print(`${name} returns different data:\n${content.slice(0, 500)}\nexpected:\n${expected.slice(0, 500)}`)
    return 1
  }

  const measured = new Map<string, Round[]>(['latchkey, cold', ...variants.keys()].map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    measured.get('latchkey, cold')?.push(await measureColdRound(sandbox))
    for (const [name, variant] of round % 2 === 0 ? variants : [...variants].reverse()) {
      await sandbox.takeCallCount()
      const load = await generateLoad(variant, connections, seconds)
      measured.get(name)?.push({ ...load, calls: await sandbox.takeCallCount() })
    }
  }
  const figures = [...measured].map(([name, each]) => ({ name, rounds: each }))
  print(
    `${residents} ACS users, ${entrances} entrances, ${latencyMs} ms per Seam API call, ${connections} connections, ${bytes.length} bytes\n`,
  )
  print(formatFigures(figures, ['ceiling', 'loaders', ...(peer === null ? [] : ['peer'])]))
  if (!options['without-memory']) {
    const { entities, mbPer10k } = await measureMemory(5_000, 200)
    print(
      `\nMemory: ${mbPer10k.toFixed(1)} MB of heap per 10,000 ACS users, credentials and entrances (measured with ${entities})`,
    )
  }
  return !options['without-peer'] && peer === null ? 1 : 0
}

/** Measures the first response of a gateway with an empty cache. Measures only one request, because the first one fills the cache. */
async function measureColdRound(sandbox: SandboxProcess): Promise<Round> {
  const cold = await startLatchkey(sandbox)
  // The gateway calls Seam at its start. These calls do not belong to the query.
  await sandbox.waitForQuiet()
  const sentAt = performance.now()
  await sendRequest(cold)
  const latencyMs = performance.now() - sentAt
  const calls = await sandbox.takeCallCount()
  await cold.stop()
  return { requests: 1, seconds: latencyMs / 1000, latenciesMs: [latencyMs], calls }
}

export async function checkCounts(): Promise<readonly CountCheck[]> {
  return withGateway(async (gateway, sandbox) => {
    const variant = toVariant(gateway)
    await sendRequest(variant)
    await sandbox.waitForQuiet()
    for (let request = 0; request < 20; request++) await sendRequest(variant)
    return [
      {
        what: 'calls to Seam for 20 requests of known data',
        counted: await sandbox.takeCallCount(),
        expected: 0,
      },
    ]
  })
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
