import type { AnyVariables, TypedDocumentNode } from '@urql/core'
import { type ReactNode, useEffect, useState } from 'react'
import { Button } from 'react-aria-components'
import { useClient } from 'urql'
import type { ChangePartsFragment } from '../graph/generated/graphql.ts'
import { type Change, useRefetchOnChange } from '../graph/graph.tsx'
import { texts } from '../texts.ts'
import { ChangeLine } from './change-line.tsx'
import { Empty, ErrorState, Skeleton } from './states.tsx'

type HistoryData = {
  readonly changes: {
    readonly nodes: readonly ChangePartsFragment[]
    readonly pageInfo: { readonly hasPreviousPage: boolean; readonly startCursor?: string | null }
  }
}

/** The changes that a document selects (with `$before`), newest first. Older ones are read on request; the newest page stays live. */
export function ChangeHistory<Variables extends AnyVariables>({
  document,
  variables,
  isRelevant,
  linkTo,
  building,
}: {
  readonly document: TypedDocumentNode<HistoryData, Variables>
  /** Stable variables of the document, without `before`. */
  readonly variables: object
  /** Whether a change can belong to this history. */
  readonly isRelevant: (change: Change) => boolean
  /** Address at which the changes after one are shown. */
  readonly linkTo?: (change: ChangePartsFragment) => string
  /** The building of all changes. */
  readonly building?: { readonly timeZone: string | null }
}): ReactNode {
  const client = useClient()
  const [changes, setChanges] = useState<ReadonlyMap<string, ChangePartsFragment> | null>(null)
  const [previous, setPrevious] = useState<string | null>(null)
  const [error, setError] = useState<Error | null>(null)

  async function read(before: string | null): Promise<void> {
    const result = await client
      .query(document, { ...variables, before } as unknown as Variables, { requestPolicy: 'network-only' })
      .toPromise()
    const page = result.data?.changes
    setError(page === undefined ? (result.error ?? null) : null)
    if (page === undefined) return
    const read = page.nodes.toReversed().map((change) => [change.id, change] as const)
    const { hasPreviousPage, startCursor } = page.pageInfo
    // The newest page comes before what is known, an older one after it.
    setChanges(
      (known) => new Map(before === null ? [...read, ...(known ?? [])] : [...(known ?? []), ...read]),
    )
    setPrevious((known) =>
      before === null && known !== null ? known : hasPreviousPage ? (startCursor ?? null) : null,
    )
  }

  // biome-ignore lint/correctness/useExhaustiveDependencies: `read` uses only what is listed.
  useEffect(() => {
    setChanges(null)
    setPrevious(null)
    void read(null)
  }, [client, document, variables])
  useRefetchOnChange(() => void read(null), isRelevant, 1_500)

  if (error !== null && changes === null) return <ErrorState error={error} retry={() => void read(null)} />
  if (changes === null) return <Skeleton lines={4} />
  if (changes.size === 0) return <Empty title={texts.changes.none} />
  return (
    <>
      <ul>
        {[...changes.values()].map((change, index) => (
          <ChangeLine
            key={change.id}
            change={change}
            building={building}
            // Nothing comes after the newest change.
            {...(linkTo && index > 0 && { from: linkTo(change) })}
          />
        ))}
      </ul>
      {previous === null ? null : <Button onPress={() => void read(previous)}>{texts.changes.older}</Button>}
    </>
  )
}
