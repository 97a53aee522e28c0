import type { AnyVariables, TypedDocumentNode } from '@urql/core'
import { useEffect, useRef, useState } from 'react'
import { useClient } from 'urql'
import { useChanges, useReadAgain } from './graph.tsx'
import {
  type AllPages,
  createLiveList,
  type ListSource,
  type ListUpdates,
  type LiveList,
} from './live-list.ts'

const emptyList = { nodes: [], isComplete: false, totalCount: null, error: null }

/**
 * Reads a list page by page, and keeps it current. The document takes `$after`; `select` returns the page from a response. Both, and
 * `updates`, must be stable.
 */
export function useAllPages<Data, Variables extends AnyVariables, Row extends { readonly id: string }>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Omit<Variables, 'after'>,
  select: ListSource<Data, Variables, Row>['select'],
  updates: ListUpdates<Row>,
): AllPages<Row> {
  const client = useClient()
  const [result, setResult] = useState<AllPages<Row>>(emptyList)
  const list = useRef<LiveList | null>(null)
  const variablesKey = JSON.stringify(variables)

  // biome-ignore lint/correctness/useExhaustiveDependencies: `variablesKey` stands for `variables`.
  useEffect(() => {
    const opened = createLiveList(client, { document, variables, select, updates }, setResult)
    list.current = opened
    return () => {
      list.current = null
      opened.close()
    }
  }, [client, document, variablesKey, select, updates])
  useChanges((changes) => list.current?.receive(changes))
  useReadAgain((onlyFailed) => list.current?.readAgain(onlyFailed))
  return result
}
