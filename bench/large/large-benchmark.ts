import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { sendRequest } from '../reads/load-generator.ts'
import { type SandboxProcess, startSandboxProcess } from '../reads/sandbox-process.ts'
import {
  createLatchkeyHome,
  type LatchkeyHome,
  type LatchkeyVariant,
  startLatchkeyIn,
} from '../reads/variants.ts'
import { maxTurnMs, recorderFlags, requestReport, stopWithReport, type TurnReport } from './turn-report.ts'

const options = {
  residents: { type: 'string', default: '50000' },
  credentials: { type: 'string', default: '2' },
  doors: { type: 'string', default: '200' },
  systems: { type: 'string', default: '2' },
  changes: { type: 'string', default: '1000' },
  quick: { type: 'boolean', default: false },
} as const

/** Maximum heap of the gateway, as a multiple of the heap of the parsed rows. */
const maxHeapRatio = 1.3

export type ListSizes = { readonly users: number; readonly entrances: number; readonly credentials: number }

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
 * as parsed JSON. Returns exit code 1 if the gateway does not have the same rows as the sandbox, or if a limit is exceeded. With `--quick`,
 * a small workspace is loaded and only the rows are compared.
 */
export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options })
  const residents = values.quick ? 2_000 : Number(values.residents)
  const changes = values.quick ? 50 : Number(values.changes)
  const sandbox = await startSandboxProcess({
    residents,
    entrances: Number(values.doors),
    credentials: Number(values.credentials),
    systems: Number(values.systems),
    latencyMs: 0,
  })
  await using stack = new AsyncDisposableStack()
  stack.defer(sandbox.stop)
  const ceiling = await measureParsedRows(sandbox)
  const home = await createLatchkeyHome(sandbox, { CATALOG_ENTITIES: '1000000' })
  stack.defer(() => rm(home.folder, { recursive: true, force: true }))

  const phases: Phase[] = []
  const measured = await runFirst(home, phases, values.quick)
  await changeUsers(sandbox, changes)
  const published = await runAgain(home, phases)
  const isEqual = JSON.stringify(measured.sizes) === JSON.stringify(ceiling.sizes)
  const { users, entrances, credentials } = measured.sizes
  print(
    `${users} ACS users, ${entrances} entrances, ${credentials} credentials, ${values.systems} ACS systems`,
  )
  if (!isEqual) print(`The sandbox has other rows: ${JSON.stringify(ceiling.sizes)}`)
  print(`${published} of ${changes} changed ACS users were published by the second reconciliation`)
  if (values.quick) return isEqual && published === changes ? 0 : 1

  print(`\n${formatPhases(phases)}\n`)
  const ratio = measured.loadedBytes / ceiling.heapBytes
  print(`Parsed rows: ${toMb(ceiling.heapBytes)} MB of heap`)
  print(`Gateway before the load: ${toMb(measured.emptyBytes)} MB of heap`)
  print(
    `Gateway with all rows: ${toMb(measured.loadedBytes)} MB of heap, ${ratio.toFixed(2)} of the parsed rows`,
  )
  const hasLongTurn = hasLongTurns(phases)
  return isEqual && !hasLongTurn && ratio <= maxHeapRatio ? 0 : 1
}

/** Starts with an empty data directory, loads everything, reads lists, waits for the snapshot, and stops. */
async function runFirst(
  home: LatchkeyHome,
  phases: Phase[],
  isQuick: boolean,
): Promise<{ sizes: ListSizes; emptyBytes: number; loadedBytes: number }> {
  const measure = createMeter(phases)
  const gateway = await startLatchkeyIn(home, recorderFlags)
  await measure('start until the port is open', gateway, true)
  const { heapBytes: emptyBytes } = await requestReport(gateway.process, { collectsGarbage: true })
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
  const { heapBytes: loadedBytes } = await requestReport(gateway.process, { collectsGarbage: true })
  await measure('(settled)', gateway)
  await measureStop('stop', gateway, phases)
  return { sizes, emptyBytes, loadedBytes }
}

/** Starts again with the same data directory, compares with Seam, reads lists, and stops. Returns the number of published changes. */
async function runAgain(home: LatchkeyHome, phases: Phase[]): Promise<number> {
  const measure = createMeter(phases)
  const gateway = await startLatchkeyIn(home, recorderFlags)
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

function createMeter(
  phases: Phase[],
): (name: string, gateway: LatchkeyVariant, isStart?: boolean) => Promise<void> {
  let startedAt = performance.now()
  return async (name, gateway, isStart = false) => {
    const report = await requestReport(gateway.process)
    phases.push({ name, seconds: (performance.now() - startedAt) / 1000, report, isStart })
    startedAt = performance.now()
  }
}

async function measureStop(name: string, gateway: LatchkeyVariant, phases: Phase[]): Promise<void> {
  const startedAt = performance.now()
  const report = await stopWithReport(gateway.process, gateway.stop)
  phases.push({ name, seconds: (performance.now() - startedAt) / 1000, report })
}

async function waitForReconciliation(gateway: LatchkeyVariant): Promise<void> {
  while (!/^latchkey_reconciliations_total 1$/m.test(await gateway.metrics())) await delay(250)
}

/** Waits until the workspace and every ACS system with rows have a snapshot and none is being written. */
async function waitForSnapshots({ folder }: LatchkeyHome): Promise<void> {
  for (;;) {
    const folders = (await readdir(folder)).filter((name) => name.startsWith('catalog-'))
    const names = (await Promise.all(folders.map((each) => readdir(join(folder, each))))).flat()
    if (names.includes('workspace.json') && names.length > 1) return delay(2_000)
    await delay(250)
  }
}

async function queryData<T>(gateway: LatchkeyVariant, query: string, variables: object = {}): Promise<T> {
  const answer = await sendRequest({ ...gateway, body: JSON.stringify({ query, variables }) })
  const { data, errors } = JSON.parse(answer) as { data: T; errors?: unknown }
  if (errors !== undefined) throw new Error(`The gateway answered with errors: ${answer.slice(0, 500)}`)
  return data
}

async function readSizes(gateway: LatchkeyVariant): Promise<ListSizes> {
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

async function search(gateway: LatchkeyVariant): Promise<void> {
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
    report.longTurns,
    report.turnCpuMs.toFixed(0),
    report.turnMs.toFixed(0),
    toMb(report.heapBytes),
    toMb(report.peakRssBytes),
  ])
  return [head, head.map(() => '---'), ...lines].map((line) => `| ${line.join(' | ')} |`).join('\n')
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
