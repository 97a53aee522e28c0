import { readFile } from 'node:fs/promises'
import { CsvError, type CsvRow, parseCsv } from './csv.ts'
import { createGatewayClient, type GatewayClient } from './gateway-client.ts'
import { checkColumns, type DoorIds, type Line, readLines } from './residents.ts'
import { type Console, readFlags, UsageError } from './usage.ts'

/** People that one request moves in: few enough for a bar that moves. */
const batchSize = 10

/**
 * `import FILE --system ID [--url URL] [--dry-run]`: moves everybody in a file in, through a gateway that runs. A line for each says
 * what became of them; 1 if anybody isn't in. The same file again goes on where it stopped.
 */
export async function importResidents(args: readonly string[], console: Console): Promise<number> {
  const isDryRun = args.includes('--dry-run')
  const { values, words } = readFlags(
    args.filter((word) => word !== '--dry-run'),
    ['system', 'url'],
    1,
  )
  const [file] = words
  const { system, url = 'http://127.0.0.1:4000' } = values
  if (file === undefined || system === undefined)
    throw new UsageError('Say which file, and into which building: import residents.csv --system ID.')
  const rows = await readRows(file)
  checkColumns(rows)
  const gateway = createGatewayClient(url, console.env.LATCHKEY_KEY)
  const lines = readLines(rows, system, await doorsOf(gateway, system))
  return moveAllIn(gateway, lines, isDryRun, console)
}

async function readRows(file: string): Promise<readonly CsvRow[]> {
  try {
    return parseCsv(await readFile(file, 'utf8'))
  } catch (error) {
    if (error instanceof CsvError) throw new UsageError(error.message)
    throw new UsageError(`${file} can't be read: ${(error as Error).message}`)
  }
}

const doorsQuery = `query Doors($system: ID!, $after: String) {
  acsSystem(id: $system) { entrances(first: 100, after: $after) {
    nodes { id seamId displayName } pageInfo { hasNextPage endCursor } } } }`

type DoorPage = {
  readonly nodes: readonly { readonly id: string; readonly seamId: string; readonly displayName: string }[]
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string }
}

async function doorsOf(gateway: GatewayClient, system: string): Promise<DoorIds> {
  const found = new Map<string, string[]>()
  for (let after: string | null = null; ; ) {
    const page: DoorPage = await pageOf(gateway, system, after)
    for (const { id, seamId, displayName } of page.nodes)
      for (const name of [id, seamId, displayName]) found.set(name, [...(found.get(name) ?? []), seamId])
    if (!page.pageInfo.hasNextPage) return found
    after = page.pageInfo.endCursor
  }
}

async function pageOf(gateway: GatewayClient, system: string, after: string | null): Promise<DoorPage> {
  const { data } = await gateway.ask<{ acsSystem: { entrances: DoorPage } | null }>(doorsQuery, {
    system,
    after,
  })
  if (data.acsSystem !== null) return data.acsSystem.entrances
  throw new UsageError(`There is no system ${system} within reach of this key.`)
}

const moveQuery = `mutation Import($people: [MoveInInput!]!, $dryRun: Boolean!) {
  moveInMany(input: { people: $people, dryRun: $dryRun }) {
    results { userErrors { field message } } userErrors { message } } }`

type Objection = { readonly field: readonly string[] | null; readonly message: string }
type Moved = {
  moveInMany: {
    results: ({ userErrors: Objection[] } | null)[]
    userErrors: { message: string }[]
  }
}

async function moveAllIn(
  gateway: GatewayClient,
  lines: readonly Line[],
  isDryRun: boolean,
  console: Console,
): Promise<number> {
  let done = 0
  for (let start = 0; start < lines.length; start += batchSize) {
    const batch = lines.slice(start, start + batchSize)
    const said = await moveIn(gateway, batch, isDryRun)
    for (const { line, name } of batch) {
      const trouble = said.get(line)
      if (trouble === undefined) done++
      const word = trouble?.word ?? (isDryRun ? 'would move in' : 'moved in')
      console.out([line, word, name, ...(trouble === undefined ? [] : [trouble.message])].join('\t'))
    }
    console.progress?.(bar(Math.min(start + batchSize, lines.length), lines.length))
  }
  console.advise(`${done} of ${lines.length} ${isDryRun ? 'would move in' : 'have moved in'}.`)
  return done === lines.length ? 0 : 1
}

/** Why somebody isn't in: mend the line, or try again. */
type Trouble = { readonly word: 'refused' | 'failed'; readonly message: string }

/** What is wrong with each line of a batch; nothing for those who have moved in. */
async function moveIn(
  gateway: GatewayClient,
  batch: readonly Line[],
  dryRun: boolean,
): Promise<ReadonlyMap<number, Trouble>> {
  const troubles = new Map<number, Trouble>()
  for (const { line, problem } of batch)
    if (problem !== null) troubles.set(line, { word: 'refused', message: problem })
  const sent = batch.filter(({ resident }) => resident !== null)
  if (sent.length === 0) return troubles
  const people = sent.map(({ resident }) => resident)
  const { data, errors } = await gateway.ask<Moved>(moveQuery, { people, dryRun })
  const { results, userErrors } = data.moveInMany
  for (const [index, { line }] of sent.entries()) {
    const failure = errors.find(({ path }) => path?.[1] === 'results' && path[2] === index)?.message
    const refusal = userErrors[0]?.message ?? results[index]?.userErrors.map(sentence).join(' ')
    if (failure !== undefined) troubles.set(line, { word: 'failed', message: failure })
    else if (refusal !== undefined && refusal !== '')
      troubles.set(line, { word: 'refused', message: refusal })
  }
  return troubles
}

function sentence({ field, message }: Objection): string {
  return field === null ? message : `${field.join('.')}: ${message}`
}

const barWidth = 30

function bar(done: number, all: number): string {
  const full = Math.round((done / all) * barWidth)
  return `[${'#'.repeat(full)}${'-'.repeat(barWidth - full)}] ${done} of ${all}`
}
