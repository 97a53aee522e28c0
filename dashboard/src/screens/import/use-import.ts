import { useEffect, useRef, useState } from 'react'
import { useClient } from 'urql'
import type { CsvTable } from '../../../../src/cli/import/csv-table.ts'
import type { EntranceRowFragment } from '../../graph/generated/graphql.ts'
import { type ImportBuilding, type ImportRow, readImportRows } from './import-rows.ts'
import { moveInMany, type RowResult } from './move-in-many.ts'

export type ImportStage = 'checking' | 'checked' | 'sending' | 'finished'

export type ImportState = {
  readonly stage: ImportStage
  readonly rows: readonly ImportRow[]
  /** Results by line. A row without a result is being checked. */
  readonly results: ReadonlyMap<number, RowResult>
  /** Moves in the residents of all rows that are ready. */
  start(): void
  /** Sends the rows again whose outcome is unknown. Nothing is done twice. */
  retry(): void
}

/** Checks the rows of a file with the gateway's rules, and moves in their residents when it is asked to. */
export function useImport(
  table: CsvTable,
  building: ImportBuilding,
  entrances: readonly EntranceRowFragment[],
): ImportState {
  const client = useClient()
  const [stage, setStage] = useState<ImportStage>('checking')
  const [rows, setRows] = useState<readonly ImportRow[]>([])
  const [results, setResults] = useState<ReadonlyMap<number, RowResult>>(new Map())
  const isClosed = useRef(false)
  const report = (batch: ReadonlyMap<number, RowResult>) =>
    setResults((known) => new Map([...known, ...batch]))

  // biome-ignore lint/correctness/useExhaustiveDependencies: a file is checked once; entrances that appear later do not change a check.
  useEffect(() => {
    let isStopped = false
    isClosed.current = false
    async function check(): Promise<void> {
      const read = readImportRows(table.rows, building, entrances)
      setRows(read)
      const refused = read.filter(({ input }) => input === null)
      report(new Map(refused.map(({ line, problems }) => [line, { status: 'refused', problems }])))
      const sent = read.filter(({ input }) => input !== null)
      await moveInMany(client, sent, { dryRun: true, isStopped: () => isStopped }, report)
      if (!isStopped) setStage('checked')
    }
    void check()
    return () => {
      isStopped = true
      isClosed.current = true
    }
  }, [client, table, building])

  async function send(status: RowResult['status']): Promise<void> {
    setStage('sending')
    const sent = rows.filter(({ line }) => results.get(line)?.status === status)
    await moveInMany(client, sent, { dryRun: false, isStopped: () => isClosed.current }, report)
    if (!isClosed.current) setStage('finished')
  }

  return { stage, rows, results, start: () => void send('ready'), retry: () => void send('failed') }
}
