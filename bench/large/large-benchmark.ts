import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { CountCheck } from '../harness/benchmark.ts'
import {
  createGatewayHome,
  type GatewayHome,
  type GatewayProcess,
  readMetrics,
  startGatewayProcess,
} from '../harness/gateway.ts'
import { stopProcess } from '../harness/measured-server.ts'
import { readOptions } from '../harness/options.ts'
import { type SandboxProcess, startSandboxProcess } from '../harness/sandbox-process.ts'
import { formatTable } from '../harness/statistics.ts'
import { maxTurnMs, recorderFlags, requestReport, stopWithReport, type TurnReport } from './turn-report.ts'

const defaults = { residents: 50_000, credentials: 2, entrances: 200, systems: 2, changes: 1_000 }
const quickDefaults = { ...defaults, residents: 2_000, changes: 50 }

/** Maximum heap of the gateway, as a multiple of the heap of the parsed rows. */
const maxHeapRatio = 1.3

export type ListSizes = { readonly users: number; readonly entrances: number; readonly credentials: number }

type LargeGateway = GatewayProcess & { readonly home: GatewayHome; stop(): Promise<void> }

type Phase = {
  readonly name: string
  readonly seconds: number
  readonly report: TurnReport
  /** Whether the code is loaded in this phase. */
  readonly isStart?: boolean
}

const listQuery = `{ acsUsers(first: 100) { totalCount nodes { displayName } } acsEntrances(first: 1) { totalCount }
  acsCredentials(first: 100) { totalCount nodes { displayName } } }`
const searchQuery = `query Search($text: String!) { acsUsers(first: 20, filter: { search: $text }) { totalCount nodes { displayName } } }`

/**
 * Measures a gateway with a large workspace: the longest turn of the event loop in each phase, and its memory beside that of the same rows
 * as parsed JSON. Returns exit code 1 if the gateway does not have the same rows as the sandbox, or if a limit is exceeded.
 */
export async function run(args: readonly string[]): Promise<number> {
  const sizes = readOptions(args, defaults)
  const { phases, ceiling, measured, published } = await runPhases(sizes, false)
  const { users, entrances, credentials } = measured.sizes
  const isEqual = isDeepStrictEqual(measured.sizes, ceiling.sizes)
  const ratio = measured.loadedBytes / ceiling.heapBytes
  print(
    `${users} ACS users, ${entrances} entrances, ${credentials} credentials, ${sizes.systems} ACS systems`,
  )
  if (!isEqual) print(`The sandbox has other rows: ${JSON.stringify(ceiling.sizes)}`)
  print(`${published} of ${sizes.changes} changed ACS users were published by the second reconciliation`)
  print(`\n${formatPhases(phases)}\n`)
  print(`Parsed rows: ${toMb(ceiling.heapBytes)} MB of heap`)
  print(`Gateway before the load: ${toMb(measured.emptyBytes)} MB of heap`)
  print(
    `Gateway with all rows: ${toMb(measured.loadedBytes)} MB of heap, ${ratio.toFixed(2)} of the parsed rows`,
  )
  return isEqual && !hasLongTurns(phases) && ratio <= maxHeapRatio ? 0 : 1
}

/** Loads a small workspace and compares the rows. */
export async function checkCounts(): Promise<readonly CountCheck[]> {
  const { ceiling, measured, published } = await runPhases(quickDefaults, true)
  return [
    { what: 'ACS users', counted: measured.sizes.users, expected: ceiling.sizes.users },
    { what: 'credentials', counted: measured.sizes.credentials, expected: ceiling.sizes.credentials },
    { what: 'changes published by a comparison', counted: published, expected: quickDefaults.changes },
  ]
}

async function runPhases(options: typeof defaults, isQuick: boolean) {
  const sandbox = await startSandboxProcess({ ...options, latencyMs: 0 })
  await using stack = new AsyncDisposableStack()
  stack.defer(sandbox.stop)
  const ceiling = await measureParsedRows(sandbox)
  const home = await createGatewayHome(sandbox, { CATALOG_ENTITIES: '1000000' })
  stack.defer(home.remove)
  const phases: Phase[] = []
  const measured = await runFirst(home, phases, isQuick)
  await changeUsers(sandbox, options.changes)
  const published = await runAgain(home, phases)
  return { phases, ceiling, measured, published }
}

/** Starts with an empty data directory, loads everything, reads lists, waits for the snapshot, and stops. */
async function runFirst(
  home: GatewayHome,
  phases: Phase[],
  isQuick: boolean,
): Promise<{ sizes: ListSizes; emptyBytes: number; loadedBytes: number }> {
  const measure = createMeter(phases)
  const gateway = await startLargeGateway(home)
  await measure('start until the port is open', gateway, true)
  const { heapBytes: emptyBytes } = await requestReport(gateway.child, { collectsGarbage: true })
  await waitForReconciliation(gateway)
  await measure('first load: lists, baseline, catalog', gateway)
  const sizes = await readSizes(gateway)
  await measure('first query of all lists', gateway)
  await search(gateway)
  await measure('searches', gateway)
  if (!isQuick) {
    await waitForSnapshots(home)
    await measure('snapshot is written', gateway)
  }
  const { heapBytes: loadedBytes } = await requestReport(gateway.child, { collectsGarbage: true })
  await measure('(settled)', gateway)
  await measureStop('stop', gateway, phases)
  return { sizes, emptyBytes, loadedBytes }
}

/** Starts again with the same data directory, compares with Seam, reads lists, and stops. Returns the number of published changes. */
async function runAgain(home: GatewayHome, phases: Phase[]): Promise<number> {
  const measure = createMeter(phases)
  const gateway = await startLargeGateway(home)
  await measure('start from the snapshot until the port is open', gateway, true)
  await readSizes(gateway)
  await measure('first query of all lists after the start', gateway)
  await waitForReconciliation(gateway)
  await measure('reconciliation with differences', gateway)
  await readSizes(gateway)
  await search(gateway)
  await measure('queries and searches', gateway)
  const query =
    '{ changes(first: 1, filter: { subjects: [USER], origins: [RECONCILIATION] }) { totalCount } }'
  const { changes } = await queryData<{ changes: { totalCount: number } }>(gateway, query)
  await measureStop('stop with an unsaved catalog', gateway, phases)
  return changes.totalCount
}

async function startLargeGateway(home: GatewayHome): Promise<LargeGateway> {
  const running = await startGatewayProcess(home, recorderFlags)
  return { ...running, home, stop: () => stopProcess(running.child) }
}

function createMeter(
  phases: Phase[],
): (name: string, gateway: LargeGateway, isStart?: boolean) => Promise<void> {
  let startedAt = performance.now()
  return async (name, gateway, isStart = false) => {
    const report = await requestReport(gateway.child)
    phases.push({ name, seconds: (performance.now() - startedAt) / 1000, report, isStart })
    startedAt = performance.now()
  }
}

async function measureStop(name: string, gateway: LargeGateway, phases: Phase[]): Promise<void> {
  const startedAt = performance.now()
  const report = await stopWithReport(gateway.child, gateway.stop)
  phases.push({ name, seconds: (performance.now() - startedAt) / 1000, report })
}

async function waitForReconciliation(gateway: LargeGateway): Promise<void> {
  while ((await readMetrics(gateway, gateway.home)).get('latchkey_reconciliations_total') !== 1)
    await delay(250)
}

/** Waits until the workspace and every ACS system with rows have a snapshot and none is being written. */
async function waitForSnapshots({ folder }: GatewayHome): Promise<void> {
  for (;;) {
    const folders = (await readdir(folder)).filter((name) => name.startsWith('catalog-'))
    const names = (await Promise.all(folders.map((each) => readdir(join(folder, each))))).flat()
    if (names.includes('workspace.json') && names.length > 1) return delay(2_000)
    await delay(250)
  }
}

async function queryData<T>(
  { address, home }: LargeGateway,
  query: string,
  variables: object = {},
): Promise<T> {
  const headers = { authorization: home.authorization, 'content-type': 'application/json' }
  const body = JSON.stringify({ query, variables })
  const response = await fetch(`${address}/graphql`, { method: 'POST', headers, body })
  const { data, errors } = (await response.json()) as { data: T; errors?: unknown }
  if (errors !== undefined) throw new Error(`The gateway answered with errors: ${JSON.stringify(errors)}`)
  return data
}

async function readSizes(gateway: LargeGateway): Promise<ListSizes> {
  type Count = { readonly totalCount: number }
  const { acsUsers, acsEntrances, acsCredentials } = await queryData<{
    acsUsers: Count
    acsEntrances: Count
    acsCredentials: Count
  }>(gateway, listQuery)
  return {
    users: acsUsers.totalCount,
    entrances: acsEntrances.totalCount,
    credentials: acsCredentials.totalCount,
  }
}

async function search(gateway: LargeGateway): Promise<void> {
  for (const text of ['a', 'ana', 'maria 55', 'nobody has this name', '+1555'])
    await queryData(gateway, searchQuery, { text })
}

/** Changes ACS users in the sandbox while no gateway runs. */
async function changeUsers({ url, apiKey }: SandboxProcess, count: number): Promise<void> {
  const call = async (route: string, params: object): Promise<unknown> => {
    const response = await fetch(`${url}/${route}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(params),
    })
    if (!response.ok) throw new Error(`The sandbox answered ${response.status}: ${await response.text()}`)
    return response.json()
  }
  const { acs_users } = (await call('acs/users/list', { limit: 2 * count })) as {
    acs_users: { acs_user_id: string; warnings: unknown[] }[]
  }
  // An ACS user that is managed in Latch, which has a warning, cannot be changed.
  const changeable = acs_users.filter(({ warnings }) => warnings.length === 0)
  for (const [index, { acs_user_id }] of changeable.slice(0, count).entries())
    await call('acs/users/update', { acs_user_id, full_name: `Changed ${index}` })
}

async function measureParsedRows({
  url,
  apiKey,
}: SandboxProcess): Promise<{ heapBytes: number; sizes: ListSizes }> {
  const child = fork(new URL('./parsed-rows.ts', import.meta.url), [url, apiKey], {
    execArgv: ['--expose-gc'],
  })
  const end = once(child, 'exit').then(() => Promise.reject(new Error('The rows could not be read.')))
  const [answer] = await Promise.race([once(child, 'message'), end])
  end.catch(() => undefined)
  child.kill()
  return answer
}

/** Whether a phase has a long turn. A start may have those in which the code is loaded: as many as the start without any rows. */
function hasLongTurns(phases: readonly Phase[]): boolean {
  const codeTurns = phases.find(({ isStart }) => isStart)?.report.longTurns ?? 0
  return phases.some(({ report, isStart }) => report.longTurns > (isStart ? codeTurns : 0))
}

const toMb = (bytes: number): string => (bytes / 1e6).toFixed(0)

function formatPhases(phases: readonly Phase[]): string {
  const head = [
    'phase',
    's',
    `turns over ${maxTurnMs} ms`,
    'longest turn, CPU ms',
    'longest turn, ms',
    'heap MB',
    'peak RSS MB',
  ]
  const lines = phases.map(({ name, seconds, report }) => [
    name,
    seconds.toFixed(1),
    `${report.longTurns}`,
    report.turnCpuMs.toFixed(0),
    report.turnMs.toFixed(0),
    toMb(report.heapBytes),
    toMb(report.peakRssBytes),
  ])
  return formatTable(head, lines)
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
