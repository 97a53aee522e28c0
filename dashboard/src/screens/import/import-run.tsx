import { type ReactNode, useEffect, useRef } from 'react'
import { Button, Label, ProgressBar } from 'react-aria-components'
import { Link } from 'wouter'
import type { CsvTable } from '../../../../src/cli/import/csv-table.ts'
import { saveCsvFile } from '../../components/csv-file.ts'
import { Card } from '../../components/screen.tsx'
import { ErrorState, Skeleton } from '../../components/states.tsx'
import type { EntranceRowFragment } from '../../graph/generated/graphql.ts'
import { useEntrances } from '../../graph/use-entrances.ts'
import { texts } from '../../texts.ts'
import formStyles from '../forms/forms.module.css'
import styles from './import.module.css'
import { formatImportFile } from './import-file.ts'
import { ImportRowList } from './import-row-list.tsx'
import type { ImportBuilding } from './import-rows.ts'
import type { RowResult } from './move-in-many.ts'
import { type ImportState, useImport } from './use-import.ts'

type Props = {
  readonly table: CsvTable
  readonly building: ImportBuilding
  readonly onAnother: () => void
}

/** Checks and imports a file, once the entrances of the building are known. */
export function ImportRun(props: Props): ReactNode {
  const { nodes, isComplete, error } = useEntrances(props.building.id)
  const known = useRef<readonly EntranceRowFragment[] | null>(null)
  if (isComplete) known.current ??= nodes
  if (known.current !== null) return <LoadedImport {...props} entrances={known.current} />
  if (error !== null) return <ErrorState error={error} />
  return <Skeleton lines={4} />
}

function LoadedImport({
  table,
  building,
  onAnother,
  entrances,
}: Props & { readonly entrances: readonly EntranceRowFragment[] }): ReactNode {
  const state = useImport(table, building, entrances)
  return (
    <>
      <Summary state={state} onAnother={onAnother} />
      <ImportRowList rows={state.rows} results={state.results} building={building} />
    </>
  )
}

function Summary({
  state,
  onAnother,
}: {
  readonly state: ImportState
  readonly onAnother: () => void
}): ReactNode {
  const { stage, results } = state
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    if (stage === 'checking' || stage === 'finished') heading.current?.focus()
  }, [stage])
  const ready = count(results, 'ready')
  const failed = count(results, 'failed')
  const isBusy = stage === 'checking' || stage === 'sending'
  return (
    <Card>
      <h2 ref={heading} tabIndex={-1} className={styles.heading} role="status">
        {describe(state)}
      </h2>
      {stage === 'sending' ? <Progress results={results} /> : null}
      {stage === 'checking' ? null : <p className="muted small">{texts.importResidents.repeat}</p>}
      <div className={formStyles.actions}>
        {stage === 'checked' && ready > 0 ? (
          <Button className="react-aria-Button primary" onPress={state.start}>
            {texts.importResidents.start(ready)}
          </Button>
        ) : null}
        {stage === 'finished' && failed > 0 ? (
          <Button className="react-aria-Button primary" onPress={state.retry}>
            {texts.importResidents.retry(failed)}
          </Button>
        ) : null}
        {isBusy ? null : <SaveButton state={state} />}
        {isBusy ? null : <Button onPress={onAnother}>{texts.importResidents.anotherFile}</Button>}
        {stage === 'finished' ? (
          <Link href="/residents" className="button-link">
            {texts.navigation.residents}
          </Link>
        ) : null}
      </div>
    </Card>
  )
}

/** Downloads the rows that are not imported, with their problems. The file can be corrected and imported. */
function SaveButton({ state: { rows, results } }: { readonly state: ImportState }): ReactNode {
  const problems = rows.flatMap(({ line, fields }) => {
    const result = results.get(line)
    if (result?.status !== 'refused' && result?.status !== 'failed') return []
    const texts = result.problems.map(({ column, message }) =>
      column === null ? message : `${column}: ${message}`,
    )
    return [{ fields, problem: texts.join(' ') }]
  })
  if (problems.length === 0) return null
  return (
    <Button onPress={() => saveCsvFile(texts.importResidents.failedName, formatImportFile(problems))}>
      {texts.importResidents.save(problems.length)}
    </Button>
  )
}

function Progress({ results }: { readonly results: ImportState['results'] }): ReactNode {
  const waiting = count(results, 'ready') + count(results, 'sending')
  const all = waiting + count(results, 'done')
  return (
    <ProgressBar className={styles.progress ?? ''} value={all - waiting} maxValue={Math.max(all, 1)}>
      {({ percentage, valueText }) => (
        <>
          <Label>{texts.importResidents.progress}</Label>
          <span>{valueText}</span>
          <div className={styles.track}>
            <div className={styles.fill} style={{ width: `${percentage ?? 0}%` }} />
          </div>
        </>
      )}
    </ProgressBar>
  )
}

function describe({ stage, results }: ImportState): string {
  const { checking, checked, sending, finished } = texts.importResidents
  const done = count(results, 'done')
  const problems = count(results, 'refused') + count(results, 'failed')
  if (stage === 'checking') return checking
  if (stage === 'checked') return checked(count(results, 'ready'), problems)
  if (stage === 'sending') return sending(done, done + count(results, 'ready') + count(results, 'sending'))
  return finished(done, problems)
}

function count(results: ImportState['results'], status: RowResult['status']): number {
  let total = 0
  for (const result of results.values()) if (result.status === status) total += 1
  return total
}
