import { parseArgs } from 'node:util'
import { toComparableText } from './dashboard-query.ts'
import { type Figures, formatTable, summarizeRounds } from './figures.ts'
import { measureMemory } from './heap-usage.ts'
import { startPeer } from './hive-gateway.ts'
import { generateLoad, type LoadResult, sendRequest } from './load-generator.ts'
import { type SandboxProcess, startSandboxProcess } from './sandbox-process.ts'
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
 * One dashboard query, asked of each variant in turn, round after round, so that whatever else the machine does falls on all of them.
 * Every variant has given the same answer before anything is measured. Exit code 1: one didn't, or the peer couldn't be had.
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
  const building = await startSandboxProcess({ residents, entrances, latencyMs })
  await using stack = new AsyncDisposableStack()
  stack.defer(building.stop)

  const warm = await startLatchkey(building)
  stack.defer(warm.stop)
  const bytes = await sendRequest(warm)
  const expected = toComparableText(warm.read(bytes))
  const peer = values['without-peer'] ? null : await startPeer(building)
  const variants = new Map<string, Variant>([
    ['naive', await startPlain('naive', building)],
    ['loaders', await startPlain('loaders', building)],
    ...(peer === null ? [] : [['peer', peer] as const]),
    ['latchkey, warm', warm],
    ['ceiling', await startCeiling(bytes)],
  ])
  for (const { stop } of variants.values()) if (stop !== warm.stop) stack.defer(stop)
  for (const [name, variant] of variants) {
    const content = toComparableText(variant.read(await sendRequest(variant)))
    if (content === expected) continue
    print(`${name} gives another answer:\n${content.slice(0, 500)}\ninstead of\n${expected.slice(0, 500)}`)
    return 1
  }

  const measured = new Map<string, Round[]>(['latchkey, cold', ...variants.keys()].map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    measured.get('latchkey, cold')?.push(await measureColdRound(building))
    for (const [name, variant] of variants) {
      await building.takeCallCount()
      const seen = await generateLoad(variant, connections, seconds)
      measured.get(name)?.push({ ...seen, calls: await building.takeCallCount() })
    }
  }
  const rows: Figures[] = [...measured].map(([name, each]) => summarizeRounds(name, each))
  print(
    `${residents} residents, ${entrances} doors, ${latencyMs} ms for each call of Seam, ${connections} connections, ${bytes.length} bytes\n`,
  )
  print(formatTable(rows, peer === null ? ['loaders'] : ['loaders', 'peer']))
  if (!values['without-memory']) {
    const { entities, mbPer10k } = await measureMemory(5_000, 200)
    print(
      `\nMemory: ${mbPer10k.toFixed(1)} MB of heap for 10,000 entities with who opens what (measured with ${entities})`,
    )
  }
  return !values['without-peer'] && peer === null ? 1 : 0
}

/** The first answer of a gateway that knows nothing, one at a time: it knows it afterwards. */
async function measureColdRound(building: SandboxProcess): Promise<Round> {
  const cold = await startLatchkey(building)
  // What it reads at its start for itself isn't the query's.
  await waitForQuiet(building)
  const askedAt = performance.now()
  await sendRequest(cold)
  const tookMs = performance.now() - askedAt
  const calls = await building.takeCallCount()
  await cold.stop()
  return { requests: 1, seconds: tookMs / 1000, latenciesMs: [tookMs], calls }
}

/** Waits until nobody has called for a while. */
async function waitForQuiet(building: SandboxProcess): Promise<void> {
  do await new Promise((resolve) => setTimeout(resolve, 500))
  while ((await building.takeCallCount()) > 0)
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
