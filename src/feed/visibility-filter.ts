import { hasFullAccess } from '../auth/access-scope.ts'
import type { Viewer } from '../auth/viewer.ts'
import type { Catalog } from '../catalog/catalog.ts'
import type { Journal } from '../journal/journal.ts'
import type { OffsetRange, SearchRange, SearchResult } from '../journal/stepwise-search.ts'
import type { Change } from '../model/change.ts'
import {
  type ChangeCriteria,
  type ChangeFilter,
  type ChangeVisibility,
  meetsCriteria,
} from '../model/change-filter.ts'
import type { AcsEntranceId } from '../model/ids.ts'

/** A viewer and a filter of changes. */
export type ChangeSelection = { readonly viewer: Viewer; readonly filter: ChangeFilter }

/** A resident can see changes to entrances that they can unlock now, according to the catalog. */
type EntranceLookup = Pick<Catalog, 'unlockableEntranceIds'>

/** Returns the changes that pass the filter and that the viewer can see. */
export async function filterVisible(
  selection: ChangeSelection,
  catalog: EntranceLookup,
  changes: readonly Change[],
): Promise<readonly Change[]> {
  const isAboutEntrances = async (criteria: ChangeCriteria): Promise<boolean> =>
    changes.some((change) => meetsCriteria(criteria, change))
  const criteria = await buildCriteria(selection, catalog, isAboutEntrances)
  return changes.filter((change) => meetsCriteria(criteria, change))
}

/** Searches the journal for the changes of a selection. */
export async function searchVisible(
  selection: ChangeSelection,
  catalog: EntranceLookup,
  journal: Pick<Journal, 'search'>,
  range: SearchRange,
): Promise<SearchResult> {
  return journal.search(await criteriaForRange(selection, catalog, journal, range), range)
}

/** Counts the changes of a selection in the journal. */
export async function countVisible(
  selection: ChangeSelection,
  catalog: EntranceLookup,
  journal: Pick<Journal, 'search' | 'count'>,
  offsetRange: OffsetRange,
): Promise<number> {
  return journal.count(await criteriaForRange(selection, catalog, journal, offsetRange), offsetRange)
}

function criteriaForRange(
  selection: ChangeSelection,
  catalog: EntranceLookup,
  journal: Pick<Journal, 'search'>,
  { after, upTo }: OffsetRange,
): Promise<ChangeCriteria> {
  const isAboutEntrances = async (criteria: ChangeCriteria): Promise<boolean> =>
    (await journal.search(criteria, { after, upTo, limit: 1 })).changes.length > 0
  return buildCriteria(selection, catalog, isAboutEntrances)
}

/** Loads the entrances of a resident only if a change to an entrance depends on them. */
async function buildCriteria(
  { viewer, filter }: ChangeSelection,
  catalog: EntranceLookup,
  isAboutEntrances: (criteria: ChangeCriteria) => Promise<boolean>,
): Promise<ChangeCriteria> {
  const { accessScope } = viewer
  const withoutEntrances = visibilityFor(viewer, [])
  if (accessScope.acsUserId === null || filter.subjects?.includes('ENTRANCE') === false)
    return { filter, visibility: withoutEntrances }
  const entranceFilter: ChangeFilter = { ...filter, subjects: ['ENTRANCE'] }
  const isNeeded = await isAboutEntrances({
    filter: entranceFilter,
    visibility: { ...withoutEntrances, acsUser: null },
  })
  return {
    filter,
    visibility: isNeeded
      ? visibilityFor(viewer, await catalog.unlockableEntranceIds(accessScope))
      : withoutEntrances,
  }
}

/**
 * Returns what a viewer can see. For partners, connections are changes to ACS systems; connected accounts and Connect Webviews are not in
 * their graph. A viewer who does not see all ACS systems sees the changes to an account that has one of their ACS systems.
 */
function visibilityFor(
  { accessScope, graph }: Viewer,
  acsEntranceIds: readonly AcsEntranceId[],
): ChangeVisibility {
  return {
    acsSystemIds: accessScope.acsSystemIds === null ? null : [...accessScope.acsSystemIds],
    acsUser: accessScope.acsUserId === null ? null : { acsUserId: accessScope.acsUserId, acsEntranceIds },
    includesAccounts: graph !== 'partner',
  }
}

/** Returns whether a viewer can see every change of the journal, so that no search is needed. */
export function canSeeEveryChange({ accessScope, graph }: Viewer): boolean {
  return hasFullAccess(accessScope) && graph === 'whole'
}
