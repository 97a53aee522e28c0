import { type ReactNode, useEffect, useMemo, useState } from 'react'
import { Button, Input, Label, SearchField } from 'react-aria-components'
import { useClient } from 'urql'
import { Link } from 'wouter'
import { FilterInput, type Option } from '../../components/choice-inputs.tsx'
import { Card, Screen } from '../../components/screen.tsx'
import { Empty, ErrorState, Skeleton } from '../../components/states.tsx'
import { useAddressParameters } from '../../components/use-address-parameters.ts'
import { AuditPageDocument } from '../../graph/generated/graphql.ts'
import { useRefetchOnChange } from '../../graph/graph.tsx'
import { texts } from '../../texts.ts'
import styles from './audit.module.css'
import { AuditLine, nameAction } from './audit-line.tsx'
import { type AuditRecord, useAuditObjects } from './audit-objects.ts'

/** All actions by name, and the selected one if it is another. */
function listActions(selected: string): readonly Option[] {
  const ids = new Set([...Object.keys(texts.audit.actions), ...(selected === '' ? [] : [selected])])
  const options = [...ids].map((id) => ({ id, name: nameAction(id) }))
  return options.sort((a, b) => a.name.localeCompare(b.name, 'en'))
}

/** Who did what through this gateway, newest first. The filters by action and actor are in the address. */
export function Audit(): ReactNode {
  const [parameters, setParameter] = useAddressParameters({ replace: true })
  const action = parameters.get('action') ?? ''
  const actor = parameters.get('actor') ?? ''
  const target = parameters.get('target') ?? ''
  const actions = useMemo(() => listActions(action), [action])
  const filter = useMemo(
    () => ({
      ...(action !== '' && { action }),
      ...(actor !== '' && { actor }),
      ...(target !== '' && { targetId: target }),
    }),
    [action, actor, target],
  )

  return (
    <Screen title={texts.navigation.audit} lead={texts.audit.lead}>
      <div className={styles.filters}>
        <FilterInput
          label={texts.audit.action}
          name="action"
          any={texts.audit.anyAction}
          options={actions}
          value={action === '' ? null : action}
          onChange={(id) => setParameter('action', id ?? '')}
        />
        <SearchField
          defaultValue={actor}
          key={`actor ${actor}`}
          onSubmit={(value) => setParameter('actor', value.trim())}
          onClear={() => setParameter('actor', '')}
        >
          <Label>{texts.audit.actor}</Label>
          <Input placeholder={texts.audit.actorHint} />
        </SearchField>
      </div>
      {target === '' ? null : (
        <p>
          {texts.audit.onlyTarget(target)} <Link href="/audit">{texts.audit.showAll}</Link>
        </p>
      )}
      <AuditRecords filter={filter} onFilter={setParameter} />
    </Screen>
  )
}

function AuditRecords({
  filter,
  onFilter,
}: {
  readonly filter: object
  readonly onFilter: (name: string, value: string) => void
}): ReactNode {
  const { records, next, error, readNext, reload } = useAuditTrail(filter)
  const objects = useAuditObjects(records)
  if (error !== null && records === null) return <ErrorState error={error} retry={reload} />
  if (records === null) return <Skeleton lines={8} />
  if (records.length === 0) return <Empty title={texts.audit.none} />
  return (
    <Card>
      <ul className={styles.records}>
        {records.map((record) => (
          <AuditLine key={record.id} record={record} objects={objects} onFilter={onFilter} />
        ))}
      </ul>
      {next === null ? null : <Button onPress={readNext}>{texts.changes.older}</Button>}
    </Card>
  )
}

/** The records, page by page. A change through this gateway comes with a record, so the first page is then read again. */
function useAuditTrail(filter: object) {
  const client = useClient()
  const [records, setRecords] = useState<readonly AuditRecord[] | null>(null)
  const [next, setNext] = useState<string | null>(null)
  const [error, setError] = useState<Error | null>(null)

  async function read(after: string | null): Promise<void> {
    const result = await client
      .query(AuditPageDocument, { after, filter }, { requestPolicy: 'network-only' })
      .toPromise()
    const page = result.data?.auditTrail
    setError(page === undefined ? (result.error ?? null) : null)
    if (page === undefined) return
    setRecords((known) => {
      const list = after === null ? [...page.nodes, ...(known ?? [])] : [...(known ?? []), ...page.nodes]
      return [...new Map(list.map((record) => [record.id, record])).values()]
    })
    setNext((known) =>
      after === null && known !== null
        ? known
        : page.pageInfo.hasNextPage
          ? (page.pageInfo.endCursor ?? null)
          : null,
    )
  }

  // biome-ignore lint/correctness/useExhaustiveDependencies: `read` uses only what is listed.
  useEffect(() => {
    setRecords(null)
    setNext(null)
    void read(null)
  }, [client, filter])
  useRefetchOnChange(
    () => void read(null),
    ({ origin }) => origin === 'MUTATION',
    1_500,
  )
  return {
    records,
    next,
    error,
    readNext: () => void read(next),
    reload: () => void read(null),
  }
}
