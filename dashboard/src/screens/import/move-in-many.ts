import type { Client } from '@urql/core'
import { ImportMoveInManyDocument, type ImportMoveInManyMutation } from '../../graph/generated/graphql.ts'
import { texts } from '../../texts.ts'
import type { ImportRow, RowProblem } from './import-rows.ts'

/** What became of a row. `refused`: it must be corrected. `failed`: it can be sent again as it is. */
export type RowResult =
  | { readonly status: 'ready' | 'sending' }
  | { readonly status: 'done'; readonly residentId: string | null }
  | { readonly status: 'refused' | 'failed'; readonly problems: readonly RowProblem[] }

/** The columns of input fields that have a different name. */
const columnByField: Readonly<Record<string, string>> = {
  mobileKeyAcsEntranceIds: 'mobileKeyDoors',
  codeAcsEntranceIds: 'codeDoors',
}

/** Residents per request: small enough for frequent updates of the progress. A dry run takes little time per resident. */
const batchSizes = { import: 10, dryRun: 100 } as const

/** Sends rows in batches and reports the results of each batch. With `dryRun`, the gateway only checks its rules. */
export async function moveInMany(
  client: Client,
  rows: readonly ImportRow[],
  { dryRun, isStopped }: { readonly dryRun: boolean; readonly isStopped: () => boolean },
  report: (results: ReadonlyMap<number, RowResult>) => void,
): Promise<void> {
  const size = dryRun ? batchSizes.dryRun : batchSizes.import
  for (let start = 0; start < rows.length && !isStopped(); start += size) {
    const batch = rows.slice(start, start + size)
    if (!dryRun) report(new Map(batch.map(({ line }) => [line, { status: 'sending' }])))
    const results = await sendBatch(client, batch, dryRun)
    if (!isStopped()) report(results)
  }
}

async function sendBatch(
  client: Client,
  batch: readonly ImportRow[],
  dryRun: boolean,
): Promise<ReadonlyMap<number, RowResult>> {
  const people = batch.flatMap(({ input }) => (input === null ? [] : [input]))
  const { data, error } = await client
    .mutation(ImportMoveInManyDocument, { input: { people, dryRun } })
    .toPromise()
  const payload = data?.moveInMany
  const batchMessage =
    payload === undefined
      ? (error?.graphQLErrors[0]?.message ?? texts.form.unexpected)
      : payload.userErrors[0]?.message
  return new Map(
    batch.map(({ line }, index): [number, RowResult] => {
      if (payload === undefined || batchMessage !== undefined)
        return [line, createFailure(batchMessage ?? texts.form.unexpected)]
      const failure = error?.graphQLErrors.find(({ path }) => path?.[1] === 'results' && path[2] === index)
      return [line, toResult(payload.results[index] ?? null, failure?.message, dryRun)]
    }),
  )
}

const createFailure = (message: string): RowResult => ({
  status: 'failed',
  problems: [{ column: null, message }],
})

function toResult(
  result: ImportMoveInManyMutation['moveInMany']['results'][number],
  failure: string | undefined,
  dryRun: boolean,
): RowResult {
  if (result === null || failure !== undefined) return createFailure(failure ?? texts.form.unexpected)
  if (result.userErrors.length === 0)
    return dryRun ? { status: 'ready' } : { status: 'done', residentId: result.acsUser?.id ?? null }
  return {
    status: 'refused',
    problems: result.userErrors.map(({ field, message }) => {
      const [name] = field ?? []
      return { column: name === undefined ? null : (columnByField[name] ?? name), message }
    }),
  }
}
