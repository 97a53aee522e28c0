import { type CommandOptions, readTextOption, type Terminal, UsageError } from '../terminal.ts'
import { checkColumns, columnNames } from './columns.ts'
import { type CsvRow, type CsvTable, readCsvTable } from './csv-table.ts'
import { createExistingUserFinder, type ExistingUser } from './duplicate-detection.ts'
import { createGatewayClient, type GatewayClient } from './gateway-client.ts'
import { formatAccessPeriod, type ImportLine, type ImportTarget, readImportLines } from './import-rows.ts'
import { isTimeZone, readTimeOfDay } from './local-time.ts'
import { escapeUnprintable, quote } from './printable-text.ts'
import { readTextFile } from './text-file.ts'

/** Residents per request. Small enough for frequent updates of the progress bar. */
const batchSize = 10

/**
 * `import FILE --system ID [--time HH:MM] [--encoding NAME] [--url URL] [--dry-run]`: moves in the residents of a file through a
 * running gateway. Prints one line for each. Returns 1 if any of them is not moved in. The same file can be imported again: completed
 * lines are not repeated.
 */
export async function importResidents(
  terminal: Terminal,
  [file = '']: readonly string[],
  options: CommandOptions,
): Promise<number> {
  const isDryRun = options.dryRun === true
  const system = readTextOption(options, 'system') ?? ''
  const timeOfDay = readTimeOfDay(readTextOption(options, 'time'))
  const table = await readImportTable(file, readTextOption(options, 'encoding'))
  const gateway = createGatewayClient(readTextOption(options, 'url') ?? '', terminal.env.LATCHKEY_KEY)
  const target = await fetchImportTarget(gateway, system, timeOfDay)
  const lines = readImportLines(table.rows, target)
  const existingUsers = isDryRun ? await fetchExistingUsers(gateway, system) : []
  const { timeZone } = target.timeSettings
  return moveInAll(
    gateway,
    lines,
    { isDryRun, findExistingUserNote: createExistingUserFinder(existingUsers), timeZone },
    terminal,
  )
}

async function readImportTable(file: string, encoding: string | undefined): Promise<CsvTable> {
  const table = readCsvTable(await readTextFile(file, encoding), columnNames)
  checkColumns(table)
  return table
}

type Page<Node> = {
  readonly nodes: readonly Node[]
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string }
}

/** Returns a query for one page of a list of an ACS system. */
const createPageQuery = (
  list: string,
  fields: string,
): string => `query Import($system: ID!, $after: String) {
  acsSystem(id: $system) { timeZone list: ${list}(first: 100, after: $after) {
    nodes { ${fields} } pageInfo { hasNextPage endCursor } } } }`

type SystemList<Node> = { readonly timeZone: string | null; readonly list: Page<Node> }

/** Fetches all pages of a list of an ACS system, and the system's time zone. */
async function fetchList<Node>(
  gateway: GatewayClient,
  system: string,
  query: string,
): Promise<{ readonly timeZone: string | null; readonly nodes: readonly Node[] }> {
  const nodes: Node[] = []
  for (let after: string | null = null; ; ) {
    const { timeZone, list }: SystemList<Node> = await fetchPage(gateway, query, { system, after })
    nodes.push(...list.nodes)
    if (!list.pageInfo.hasNextPage) return { timeZone, nodes }
    after = list.pageInfo.endCursor
  }
}

async function fetchPage<Node>(
  gateway: GatewayClient,
  query: string,
  variables: { readonly system: string; readonly after: string | null },
): Promise<SystemList<Node>> {
  type Answer = { acsSystem: { timeZone: string | null; list: Page<Node> | null } | null }
  const { data, errors } = await gateway.execute<Answer>(query, variables)
  if (data.acsSystem === null)
    throw new UsageError(
      `There is no ACS system ${quote(variables.system)}, or the API key has no access to it. Correct --system.`,
    )
  const { timeZone, list } = data.acsSystem
  if (list === null) throw new Error(errors[0]?.message ?? 'The gateway could not read the building.')
  return { timeZone, list }
}

type Entrance = { readonly id: string; readonly seamId: string; readonly displayName: string }

async function fetchImportTarget(
  gateway: GatewayClient,
  system: string,
  timeOfDay: string | null,
): Promise<ImportTarget> {
  const { timeZone, nodes } = await fetchList<Entrance>(
    gateway,
    system,
    createPageQuery('entrances', 'id seamId displayName'),
  )
  const entranceIdsByName = new Map<string, string[]>()
  for (const { id, seamId, displayName } of nodes)
    for (const name of [id, seamId, displayName])
      entranceIdsByName.set(name, [...(entranceIdsByName.get(name) ?? []), seamId])
  const isKnown = timeZone !== null && isTimeZone(timeZone)
  return {
    acsSystemId: system,
    entranceIdsByName,
    timeSettings: { timeZone: isKnown ? timeZone : null, timeOfDay },
  }
}

async function fetchExistingUsers(gateway: GatewayClient, system: string): Promise<readonly ExistingUser[]> {
  type Row = { readonly [K in keyof ExistingUser]: string | null } & { readonly displayName: string }
  const query = createPageQuery('users', 'seamId displayName fullName emailAddress phoneNumber')
  const { nodes } = await fetchList<Row>(gateway, system, query)
  return nodes.map((row) => ({
    seamId: row.seamId ?? '',
    fullName: row.fullName ?? row.displayName,
    emailAddress: row.emailAddress ?? '',
    phoneNumber: row.phoneNumber ?? '',
  }))
}

const moveInQuery = `mutation Import($people: [MoveInInput!]!, $dryRun: Boolean!) {
  moveInMany(input: { people: $people, dryRun: $dryRun }) {
    results { userErrors { field code message } } userErrors { field code message } } }`

type GraphUserError = {
  readonly field: readonly string[] | null
  readonly code: string
  readonly message: string
}
type MoveInManyData = {
  moveInMany: { results: ({ userErrors: GraphUserError[] } | null)[]; userErrors: GraphUserError[] }
}

type ImportRun = {
  readonly isDryRun: boolean
  /** Describes the existing ACS user who may be the resident of a row. */
  readonly findExistingUserNote: (row: CsvRow) => string | null
  readonly timeZone: string | null
}

async function moveInAll(
  gateway: GatewayClient,
  lines: readonly ImportLine[],
  run: ImportRun,
  terminal: Terminal,
): Promise<number> {
  const { isDryRun } = run
  let done = 0
  for (let start = 0; start < lines.length; start += batchSize) {
    const batch = lines.slice(start, start + batchSize)
    const onProgress = (done: number) =>
      terminal.showProgress?.(renderProgressBar(start + done, lines.length))
    const problemsByLine = await moveInBatch(gateway, batch, isDryRun, onProgress)
    for (const line of batch) {
      const problem = problemsByLine.get(line.line)
      if (problem === undefined) done++
      terminal.writeResult(formatReportLine(line, problem, run))
    }
    terminal.showProgress?.(renderProgressBar(Math.min(start + batchSize, lines.length), lines.length))
  }
  terminal.writeMessage(`${done} of ${lines.length} ${isDryRun ? 'would move in' : 'have moved in'}.`)
  return done === lines.length ? 0 : 1
}

/** Formats a line of the report: fields separated by tabs, with tabs and line breaks inside a field escaped. */
function formatReportLine(line: ImportLine, problem: MoveInProblem | undefined, run: ImportRun): string {
  const { isDryRun, findExistingUserNote, timeZone } = run
  const result = problem?.result ?? (isDryRun ? 'would move in' : 'moved in')
  const times = problem === undefined && line.input !== null ? [formatAccessPeriod(line.input, timeZone)] : []
  const notes = isDryRun ? [line.note, findExistingUserNote(line.row)].filter((note) => note !== null) : []
  const message = [...(problem === undefined ? [] : [problem.message]), ...notes].join(' ')
  const fields = [String(line.line), result, line.name, ...times, ...(message === '' ? [] : [message])]
  return fields.map(escapeUnprintable).join('\t')
}

/** Why a line is not moved in: `refused` if the line must be corrected, `failed` if it can be tried again. */
type MoveInProblem = { readonly result: 'refused' | 'failed'; readonly message: string }

/** Moves in the residents of a batch. Returns the problems by line number; lines without a problem are moved in. */
async function moveInBatch(
  gateway: GatewayClient,
  batch: readonly ImportLine[],
  dryRun: boolean,
  onProgress: (done: number) => void,
): Promise<ReadonlyMap<number, MoveInProblem>> {
  const problems = new Map<number, MoveInProblem>()
  for (const { line, problem } of batch)
    if (problem !== null) problems.set(line, { result: 'refused', message: problem })
  const sent = batch.filter(({ input }) => input !== null)
  if (sent.length === 0) return problems
  const people = sent.map(({ input: resident }) => resident)
  const refused = batch.length - sent.length
  const { data, errors } = await gateway.execute<MoveInManyData>(
    moveInQuery,
    { people, dryRun },
    ({ done }) => onProgress(refused + done),
  )
  const { results, userErrors } = data.moveInMany
  for (const [index, { line }] of sent.entries()) {
    const failure = errors.find(({ path }) => path?.[1] === 'results' && path[2] === index)?.message
    const refusals = userErrors.length > 0 ? userErrors : (results[index]?.userErrors ?? [])
    if (failure !== undefined)
      problems.set(line, {
        result: 'failed',
        message: `${failure} Import the file again: it continues with this line.`,
      })
    else if (refusals.length > 0)
      problems.set(line, {
        result: 'refused',
        message: refusals.map((each) => formatUserError(each, line)).join(' '),
      })
  }
  return problems
}

/** The columns of input fields that have a different name. */
const columnByInputField: Readonly<Record<string, string>> = {
  mobileKeyAcsEntranceIds: 'mobileKeyDoors',
  codeAcsEntranceIds: 'codeDoors',
  acsSystemId: '--system',
}

/** Formats a user error with the column concerned and what to do. */
function formatUserError({ field, code, message }: GraphUserError, line: number): string {
  const [name] = field ?? []
  const column = name === undefined ? null : (columnByInputField[name] ?? name)
  return [column === null ? message : `${column}: ${message}`, ...listRemedies(code, column, line)].join(' ')
}

function listRemedies(code: string, column: string | null, line: number): readonly string[] {
  const where = column === null ? `line ${line}` : `${column} in line ${line}`
  if (code === 'REFUSED_BY_SEAM')
    return [
      `Seam refused it: correct ${where} and import the file again. Unchanged, the line is refused again for 24 hours.`,
    ]
  if (code === 'IDEMPOTENCY_MISMATCH')
    return [
      `Line ${line} was imported within the last 24 hours with another --time: use the same --time again.`,
    ]
  return []
}

const barWidth = 30

function renderProgressBar(done: number, all: number): string {
  const full = Math.round((done / all) * barWidth)
  return `[${'#'.repeat(full)}${'-'.repeat(barWidth - full)}] ${done} of ${all}`
}
