import type { AnyVariables, Client, TypedDocumentNode } from '@urql/core'
import type { ChangePartsFragment as Change } from './generated/graphql.ts'
import type { ListUpdates } from './live-list.ts'

type RowData = { readonly nodes: readonly (object | null)[] }

/**
 * Returns how a list reads rows again: by a document with `nodes(ids: $ids)`. `select` returns the row in an item, `null` if it is none or does
 * not belong to the list, or `undefined` if the item does not tell: the whole list is then read again. With `cache-first`, only what the cache does not contain is requested. A request has `size` IDs at most.
 */
export function createRowReader<Data extends RowData, Variables extends AnyVariables, Row>(
  document: TypedDocumentNode<Data, Variables>,
  select: (node: NonNullable<Data['nodes'][number]>) => Row | null | undefined,
  requestPolicy: 'cache-first' | 'network-only',
  size = 100,
): NonNullable<ListUpdates<Row>['readRows']> {
  return async (client: Client, ids) => {
    const rows: Row[] = []
    for (let start = 0; start < ids.length; start += size) {
      const variables = { ids: ids.slice(start, start + size) } as unknown as Variables
      const { data } = await client.query(document, variables, { requestPolicy }).toPromise()
      if (data == null) return null
      for (const node of data.nodes) {
        const row = node === null ? null : select(node)
        if (row === undefined) return 'all'
        if (row !== null) rows.push(row)
      }
    }
    return rows
  }
}

/** IDs of the ACS users whose rows a change may alter: the user itself, or the user of the credential. */
export function findChangedUsers(change: Change): readonly string[] {
  if (change.__typename === 'UserChange') return [change.subjectId]
  if (change.__typename !== 'CredentialChange') return []
  return [change.credential?.acsUser?.id, change.recordedAcsUser?.id].filter((id) => id !== undefined)
}
