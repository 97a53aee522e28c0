import type { Viewer } from '../auth/viewer.ts'
import type { Change } from '../model/change.ts'
import { type ChangeFilter, passesFilter, systemsOf } from '../model/change-filter.ts'

type IndexedGroup = { readonly filter: ChangeFilter; readonly viewer: Viewer }

/**
 * The subscriber groups by what they select. Thousands of residents' apps subscribe to the changes of one ACS user each: a change is passed
 * only to the groups that can select it, and costs nothing for the others.
 */
export type GroupIndex<Group> = {
  add(group: Group): void
  delete(group: Group): void
  /** Returns the groups that can select at least one of the changes. They may still select none, since visibility is not checked. */
  findFor(changes: readonly Change[]): Set<Group>
}

/** What a group selects by: the most specific condition of its filter or of its viewer's access scope. */
const dimensions = ['acsUser', 'acsEntrance', 'resident', 'acsSystem', 'none'] as const
type Dimension = (typeof dimensions)[number]

/** Ids of a change in one dimension. `null` if groups with any id can select the change. */
type IdsOf = (change: Change) => readonly string[] | null

/** Corresponds to `passesFilter` and `isVisible`: a record without an id passes a filter by it, but is not visible to a resident. */
const idsByDimension: Readonly<Record<Dimension, IdsOf>> = {
  acsUser: ({ acsUserId, subject }) =>
    acsUserId === null && subject === 'CREDENTIAL' ? null : toList(acsUserId),
  acsEntrance: ({ acsEntranceIds, subject }) =>
    acsEntranceIds === null && subject === 'CREDENTIAL' ? null : (acsEntranceIds ?? []),
  // Which entrances a resident can see depends on the catalog.
  resident: ({ acsUserId, subject }) => (subject === 'ENTRANCE' ? null : toList(acsUserId)),
  acsSystem: systemsOf,
  none: () => null,
}

export function createGroupIndex<Group extends IndexedGroup>(): GroupIndex<Group> {
  const groups = Object.fromEntries(
    dimensions.map((dimension) => [dimension, new Map<string, Set<Group>>()]),
  ) as Record<Dimension, Map<string, Set<Group>>>

  function findIn(dimension: Dimension, change: Change): Iterable<Set<Group>> {
    const ids = idsByDimension[dimension](change)
    if (ids === null) return groups[dimension].values()
    return ids.flatMap((id) => groups[dimension].get(id) ?? [])
  }

  return {
    add(group) {
      const [dimension, id] = findKey(group)
      const sameId = groups[dimension].get(id) ?? new Set()
      groups[dimension].set(id, sameId.add(group))
    },
    delete(group) {
      const [dimension, id] = findKey(group)
      const sameId = groups[dimension].get(id)
      sameId?.delete(group)
      if (sameId?.size === 0) groups[dimension].delete(id)
    },
    findFor(changes) {
      const found = new Set<Group>()
      for (const change of changes)
        for (const dimension of dimensions)
          for (const sameId of findIn(dimension, change))
            for (const group of sameId)
              if (!found.has(group) && passesFilter(group.filter, change)) found.add(group)
      return found
    },
  }
}

function findKey({ filter, viewer }: IndexedGroup): readonly [Dimension, string] {
  const { acsUserId, acsEntranceId, acsSystemId } = filter
  if (acsUserId !== null) return ['acsUser', acsUserId]
  if (acsEntranceId !== null) return ['acsEntrance', acsEntranceId]
  if (viewer.accessScope.acsUserId !== null) return ['resident', viewer.accessScope.acsUserId]
  if (acsSystemId !== null) return ['acsSystem', acsSystemId]
  return ['none', '']
}

const toList = (id: string | null): readonly string[] => (id === null ? [] : [id])
