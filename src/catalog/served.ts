import {
  accountFacets,
  credentialFacets,
  entranceFacets,
  type Facets,
  systemFacets,
  userFacets,
} from '../model/diff.ts'
import type { Collection } from './collection.ts'
import type { Store } from './store.ts'

/** Kinds of rows that are compared with Seam. */
export type RowKind = 'SYSTEM' | 'ACCOUNT' | 'USER' | 'ENTRANCE' | 'CREDENTIAL'

/** What readers saw last of a row, in the form in which it's compared; `null` where nobody has seen it since the last news of it. */
export function servedFacets(store: Store, kind: RowKind, id: string): Facets | null {
  switch (kind) {
    case 'SYSTEM':
      return facets(store.systems, systemFacets, id)
    case 'ACCOUNT':
      return facets(store.accounts, accountFacets, id)
    case 'USER':
      return facets(store.users, userFacets, id)
    case 'ENTRANCE':
      return facets(store.entrances, entranceFacets, id)
    case 'CREDENTIAL':
      return facets(store.credentials, credentialFacets, id)
  }
}

function facets<Id extends string, Part extends string, T>(
  { served }: Collection<Id, Part, T>,
  facetsOf: (row: T) => Facets,
  id: string,
): Facets | null {
  const row = served(id as Id)
  return row === undefined ? null : facetsOf(row)
}
