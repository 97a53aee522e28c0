import type { Cache } from '@urql/exchange-graphcache'
import type { ChangePartsFragment } from './generated/graphql.ts'

type Key = string

/**
 * Brings the lists of the cache up to date with one change. The fields of the changed object itself are in the change and are
 * written by Graphcache. `totalCount` is not changed: a screen that has all pages counts its rows. Applying a change twice has the effect of applying it once.
 */
export function applyChange(cache: Cache, change: ChangePartsFragment): void {
  const isDeleted = change.kind === 'DELETED'
  switch (change.__typename) {
    case 'UserChange': {
      const key = cache.keyOfEntity({ __typename: 'AcsUser', id: change.subjectId })
      if (isDeleted || change.acsUser === null) {
        removeFromLists(cache, 'Query', 'acsUsers', key)
        removeObject(cache, 'acsUser', key)
      } else if (change.kind === 'CREATED') addToLists(cache, 'Query', 'acsUsers', key)
      if (change.changedFields.includes('scheduledMoveOut') || isDeleted)
        invalidateField(cache, 'Query', 'scheduledMoveOuts')
      return
    }
    case 'EntranceChange': {
      const key = cache.keyOfEntity({ __typename: 'AcsEntrance', id: change.subjectId })
      if (isDeleted || change.acsEntrance === null) {
        removeFromLists(cache, 'Query', 'acsEntrances', key)
        removeObject(cache, 'acsEntrance', key)
      } else if (change.kind === 'CREATED') addToLists(cache, 'Query', 'acsEntrances', key)
      return
    }
    case 'CredentialChange': {
      const key = cache.keyOfEntity({ __typename: 'AcsCredential', id: change.subjectId })
      const assigned = change.credential?.acsUser ?? change.recordedAcsUser
      const user =
        assigned === null
          ? (cache.resolve(key as Key, 'acsUser') as Key | null)
          : cache.keyOfEntity({ __typename: 'AcsUser', id: assigned.id })
      if (isDeleted || change.credential === null) {
        removeFromLists(cache, 'Query', 'acsCredentials', key)
        if (user !== null) removeFromLists(cache, user, 'credentials', key)
      } else if (user !== null) addToLists(cache, user, 'credentials', key)
      return
    }
    case 'ConnectionChange':
      if (change.kind !== 'UPDATED')
        for (const field of ['acsSystems', 'connectedAccounts']) invalidateField(cache, 'Query', field)
  }
}

/** Marks every list and object of the query root as unknown, after changes were missed. Active queries are then sent again. */
export function invalidateEverything(cache: Cache): void {
  for (const { fieldKey } of cache.inspectFields('Query')) cache.invalidate('Query', fieldKey)
}

function invalidateField(cache: Cache, parent: Key, fieldName: string): void {
  for (const field of cache.inspectFields(parent))
    if (field.fieldName === fieldName) cache.invalidate(parent, field.fieldKey)
}

/**
 * Finds the lists that have no filter and so contain every object: each as the keys of its pages, in the order in which they were read.
 * Lists differ by their arguments: screens may read the same list with another page size or order. Whether a list with a filter
 * contains an object cannot be decided here, so it is read again.
 */
function findLists(cache: Cache, parent: Key, fieldName: string): Iterable<readonly Key[]> {
  const lists = new Map<string, Key[]>()
  for (const field of cache.inspectFields(parent)) {
    if (field.fieldName !== fieldName) continue
    const { after, filter, ...others } = field.arguments ?? {}
    if (filter != null) {
      cache.invalidate(parent, field.fieldKey)
      continue
    }
    const page = cache.resolve(parent, field.fieldKey)
    if (typeof page !== 'string') continue
    const key = JSON.stringify(others)
    lists.set(key, [...(lists.get(key) ?? []), page])
  }
  return lists.values()
}

function addToLists(cache: Cache, parent: Key, fieldName: string, key: Key | null): void {
  if (key === null) return
  for (const pages of findLists(cache, parent, fieldName)) {
    // The last page: if it is read again, no object moves from it to a following page, which would not be read again.
    const last = pages.at(-1)
    const isListed = pages.some((page) => readNodes(cache, page).includes(key))
    if (!isListed && last !== undefined) cache.link(last, 'nodes', [...readNodes(cache, last), key])
  }
}

function removeFromLists(cache: Cache, parent: Key, fieldName: string, key: Key | null): void {
  if (key === null) return
  for (const page of [...findLists(cache, parent, fieldName)].flat()) {
    const nodes = readNodes(cache, page)
    const others = nodes.filter((node) => node !== key)
    if (others.length < nodes.length) cache.link(page, 'nodes', others)
  }
}

/** The object of a field such as `acsUser(id: …)` does not exist any more. */
function removeObject(cache: Cache, fieldName: string, key: Key | null): void {
  for (const { fieldName: name, fieldKey, arguments: args } of cache.inspectFields('Query'))
    if (name === fieldName && key !== null && cache.resolve('Query', fieldKey) === key)
      cache.link('Query', fieldName, args, null)
}

function readNodes(cache: Cache, connection: Key): readonly Key[] {
  const nodes = cache.resolve(connection, 'nodes')
  return Array.isArray(nodes) ? (nodes as Key[]) : []
}
