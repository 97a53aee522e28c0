import type { AnyVariables, TypedDocumentNode } from '@urql/core'
import { useEffect, useState } from 'react'
import { useClient } from 'urql'

type Page<Node> = {
  readonly nodes: readonly Node[]
  readonly totalCount?: number
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor?: string | null }
}

export type AllPages<Node> = {
  readonly nodes: readonly Node[]
  /** Whether all pages have been read. Until then `nodes` grows. */
  readonly isComplete: boolean
  /** Number of nodes on all pages, when the first page was read. `null` before that. */
  readonly totalCount: number | null
  readonly error: Error | null
}

/**
 * Reads a list page by page, and keeps it live: nodes that change, appear or disappear in the cache do so in the result.
 * With another `refetchKey`, the pages are read from the gateway again, and replace the old ones when all are there.
 * The document takes `$after`; `select` returns the list from a response (`null` if Seam could not be read). Both must be stable.
 */
export function useAllPages<Data, Variables extends AnyVariables, Node extends { readonly id: string }>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Omit<Variables, 'after'>,
  select: (data: Data) => Page<Node> | null,
  refetchKey = 0,
): AllPages<Node> {
  const client = useClient()
  const [result, setResult] = useState<AllPages<Node>>({
    nodes: [],
    isComplete: false,
    totalCount: null,
    error: null,
  })
  const variablesKey = JSON.stringify(variables)

  // biome-ignore lint/correctness/useExhaustiveDependencies: `variablesKey` stands for `variables`.
  useEffect(() => {
    const pages: Page<Node>[] = []
    const ends: (() => void)[] = []
    let error: Error | null = null
    let frame = 0
    let isEnded = false

    function publish(): void {
      frame = 0
      const isComplete = pages.length > 0 && pages.at(-1)?.pageInfo.hasNextPage === false
      if (refetchKey > 0 && !isComplete && error === null) return
      const nodes = new Map<string, Node>()
      for (const page of pages) for (const node of page.nodes) nodes.set(node.id, node)
      setResult({
        nodes: [...nodes.values()],
        isComplete,
        totalCount: pages[0]?.totalCount ?? null,
        error,
      })
    }

    function readPage(index: number, after: string | null): void {
      let isNextRequested = false
      const { unsubscribe } = client
        .query(document, { ...variables, after } as unknown as Variables, {
          requestPolicy: refetchKey > 0 ? 'network-only' : 'cache-first',
        })
        .subscribe((response) => {
          if (isEnded || (response.data === undefined && response.error === undefined)) return
          const page = response.data === undefined ? null : select(response.data)
          error = page === null ? (response.error ?? null) : null
          if (page !== null) pages[index] = page
          if (frame === 0) frame = requestAnimationFrame(publish)
          const endCursor = page?.pageInfo.endCursor
          if (page?.pageInfo.hasNextPage !== true || endCursor == null || isNextRequested) return
          isNextRequested = true
          readPage(index + 1, endCursor)
        })
      ends.push(unsubscribe)
    }
    readPage(0, null)
    return () => {
      isEnded = true
      cancelAnimationFrame(frame)
      for (const end of ends) end()
    }
  }, [client, document, variablesKey, select, refetchKey])
  return result
}
