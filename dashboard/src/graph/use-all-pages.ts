import type { AnyVariables, OperationResult, RequestPolicy, TypedDocumentNode } from '@urql/core'
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
    let isContinued = false
    /** While the pages become live one after the other, the result stays as it is. */
    let isJoining = false

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

    function query(after: string | null, requestPolicy: RequestPolicy) {
      return client.query(document, { ...variables, after } as unknown as Variables, { requestPolicy })
    }

    function receive(index: number, response: OperationResult<Data, Variables>): Page<Node> | null {
      const page = response.data == null ? null : select(response.data)
      error = page === null ? (response.error ?? null) : null
      if (page !== null) pages[index] = page
      if (frame === 0 && !isJoining) frame = requestAnimationFrame(publish)
      return page
    }

    /**
     * Reads pages from `index` on, and then keeps them live. Not before: Graphcache reads every active query again after each response
     * that has an object in common with it, such as the building, so that the time for many pages would grow with their square.
     */
    async function readPages(index: number, after: string | null): Promise<void> {
      const cursors: (string | null)[] = []
      let next: string | null | undefined = after
      do {
        cursors.push(next)
        const response: OperationResult<Data, Variables> = await query(
          next,
          refetchKey > 0 ? 'network-only' : 'cache-first',
        ).toPromise()
        if (isEnded) return
        const page = receive(index + cursors.length - 1, response)
        next = page?.pageInfo.hasNextPage === true ? page.pageInfo.endCursor : null
      } while (next != null)
      isJoining = true
      for (const [offset, cursor] of cursors.entries()) {
        followPage(index + offset, cursor)
        // Each page is read from the cache: input and frames come between them.
        await new Promise((resolve) => setTimeout(resolve))
        if (isEnded) return
      }
      isJoining = false
      if (frame === 0) frame = requestAnimationFrame(publish)
    }

    function followPage(index: number, after: string | null): void {
      const { unsubscribe } = query(after, 'cache-first').subscribe((response) => {
        if (isEnded || (response.data === undefined && response.error === undefined)) return
        const page = receive(index, response)
        // After an error, the pages that were not reached before.
        if (index === pages.length - 1 && page?.pageInfo.hasNextPage === true && !isContinued) {
          isContinued = true
          void readPages(index + 1, page.pageInfo.endCursor ?? null).then(() => {
            isContinued = false
          })
        }
      })
      ends.push(unsubscribe)
    }
    void readPages(0, null)
    return () => {
      isEnded = true
      cancelAnimationFrame(frame)
      for (const end of ends) end()
    }
  }, [client, document, variablesKey, select, refetchKey])
  return result
}
