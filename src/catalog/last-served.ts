import {
  type ComparableFields,
  comparableAccountFields,
  comparableCredentialFields,
  comparableEntranceFields,
  comparableSystemFields,
  comparableUserFields,
  type RowKind,
} from '../model/diff.ts'
import type { Collection } from './cache/collection.ts'
import type { CatalogStore } from './catalog-store.ts'

/** Returns the comparable fields of the row that readers were served last; `null` if it is not cached, or invalidated. */
export function lastServedFields(store: CatalogStore, kind: RowKind, id: string): ComparableFields | null {
  switch (kind) {
    case 'SYSTEM':
      return fieldsOfLastServed(store.systems, comparableSystemFields, id)
    case 'ACCOUNT':
      return fieldsOfLastServed(store.accounts, comparableAccountFields, id)
    case 'USER':
      return fieldsOfLastServed(store.users, comparableUserFields, id)
    case 'ENTRANCE':
      return fieldsOfLastServed(store.entrances, comparableEntranceFields, id)
    case 'CREDENTIAL':
      return fieldsOfLastServed(store.credentials, comparableCredentialFields, id)
  }
}

function fieldsOfLastServed<Id extends string, Partition extends string, T>(
  { lastServed }: Collection<Id, Partition, T>,
  fieldsOf: (row: T) => ComparableFields,
  id: string,
): ComparableFields | null {
  const row = lastServed(id as Id)
  return row === undefined ? null : fieldsOf(row)
}
