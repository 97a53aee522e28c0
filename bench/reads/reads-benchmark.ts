import { parseArgs } from 'node:util'
import { type SandboxProcess, startSandboxProcess } from '../harness/sandbox-process.ts'
import { toComparableText } from './dashboard-query.ts'
import { type Figures, formatTable, summarizeRounds } from './figures.ts'
import { measureMemory } from './heap-usage.ts'
import { startPeer } from './hive-gateway.ts'
import { generateLoad, type LoadResult, sendRequest } from './load-generator.ts'
import { startCeiling, startLatchkey, startPlain, type Variant } from './variants.ts'

const options = {
  residents: { type: 'string', default: '100' },
  doors: { type: 'string', default: '40' },
  'latency-ms': { type: 'string', default: '25' },
  connections: { type: 'string', default: '10' },
  seconds: { type: 'string', default: '5' },
  rounds: { type: 'string', default: '3' },
  'without-peer': { type: 'boolean', default: false },
  'without-memory': { type: 'boolean', default: false },
} as const

type Round = LoadResult & { readonly calls: number }

/**
 * Measures one dashboard query on each variant in turn, in several rounds, so that other load on the machine affects all variants. Before the
 * measurement, compares the responses of all variants. Returns exit code 1 if they differ or if the peer is not available.
 */
export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options })
  const [residents, entrances, latencyMs, connections, seconds, rounds] = [
    values.residents,
    values.doors,
    values['latency-ms'],
    values.connections,
    values.seconds,
    values.rounds,
  ].map(Number) as [number, number, number, number, number, number]
  const sandbox = await startSandboxProcess({ residents, entrances, latencyMs })
  await using stack = new AsyncDisposableStack()
  stack.defer(sandbox.stop)

  const warm = await startLatchkey(sandbox)
  stack.defer(warm.stop)
  const bytes = await sendRequest(warm)
  const expected = toComparableText(warm.read(bytes))
  const peer = values['without-peer'] ? null : await startPeer(sandbox)
  const variants = new Map<string, Variant>([
    ['naive', await startPlain('naive', sandbox)],
    ['loaders', await startPlain('loaders', sandbox)],
    ...(peer === null ? [] : [['peer', peer] as const]),
    ['latchkey, warm', warm],
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
    for (const [name, variant] of variants) {
      await sandbox.takeCallCount()
      const load = await generateLoad(variant, connections, seconds)
      measured.get(name)?.push({ ...load, calls: await sandbox.takeCallCount() })
    }
  }
  const rows: Figures[] = [...measured].map(([name, each]) => summarizeRounds(name, each))
  print(
    `${residents} ACS users, ${entrances} entrances, ${latencyMs} ms per Seam API call, ${connections} connections, ${bytes.length} bytes\n`,
  )
  print(formatTable(rows, peer === null ? ['loaders'] : ['loaders', 'peer']))
  if (!values['without-memory']) {
    const { entities, mbPer10k } = await measureMemory(5_000, 200)
    print(
      `\nMemory: ${mbPer10k.toFixed(1)} MB of heap per 10,000 ACS users, credentials and entrances (measured with ${entities})`,
    )
  }
  return !values['without-peer'] && peer === null ? 1 : 0
}

/** Measures the first response of a gateway with an empty cache. Measures only one request, because the first one fills the cache. */
async function measureColdRound(sandbox: SandboxProcess): Promise<Round> {
  const cold = await startLatchkey(sandbox)
  // The gateway calls Seam at its start. These calls do not belong to the query.
  await waitForQuiet(sandbox)
  const sentAt = performance.now()
  await sendRequest(cold)
  const latencyMs = performance.now() - sentAt
  const calls = await sandbox.takeCallCount()
  await cold.stop()
  return { requests: 1, seconds: latencyMs / 1000, latenciesMs: [latencyMs], calls }
}

/** Waits until the sandbox has received no API call for 500 ms. */
async function waitForQuiet(sandbox: SandboxProcess): Promise<void> {
  do await new Promise((resolve) => setTimeout(resolve, 500))
  while ((await sandbox.takeCallCount()) > 0)
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
