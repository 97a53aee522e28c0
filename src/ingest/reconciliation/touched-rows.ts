import { type Change, objectIdsOf } from '../../model/change.ts'
import { type RowKind, rowKinds } from '../../model/diff.ts'
import type { AcsCredentialId, AcsEntranceId } from '../../model/ids.ts'
import { forEachInTurns } from '../../runtime/event-loop.ts'
import type { Baseline, BaselineRow } from './baseline.ts'

/** The rows affected by changes appended since Seam's lists were read: the rows in the lists may be older than those changes. */
export type TouchedRows = {
  add(change: Change): void
  /** Returns whether a change affected the row or an object that it depends on. */
  has(row: RowWithParents): boolean
}

/** A row and the ids of the objects that it depends on. */
export type RowWithParents = {
  readonly id: string
  /** The ACS user of a credential, or the connected account of an ACS system. */
  readonly owner: string | null
  /** Ids of the ACS system and the connected account that contain the row. */
  readonly parentIds: readonly string[]
}

export function createTouchedRows(): TouchedRows {
  const touched = new Set<string>()
  const deletedParents = new Set<string>()
  return {
    add(change) {
      for (const id of objectIdsOf(change)) touched.add(id)
      // After the deletion of a system or account is published, no row in it may be published as created.
      if (change.subject === 'CONNECTION' && change.kind === 'DELETED')
        for (const id of objectIdsOf(change)) deletedParents.add(id)
    },
    has: ({ id, owner, parentIds }) =>
      touched.has(id) ||
      (owner !== null && touched.has(owner)) ||
      parentIds.some((each) => deletedParents.has(each)),
  }
}

/** Returns whether a row is postponed to the next run. */
export type IsPostponed = (rowKind: RowKind, id: string, owner: string | null) => boolean

/** Number of rows checked in one turn of the event loop. */
const rowsPerTurn = 500

/**
 * Replaces every postponed row, and its access, in the loaded state by its copy from the baseline, so that this run finds no difference in
 * it. Does the same for the access of entrances whose credential list is truncated; if the baseline does not have that access either, it
 * stays unknown.
 */
export async function keepPostponed(
  baseline: Baseline,
  loaded: Baseline,
  isPostponed: IsPostponed,
  truncatedEntranceIds: ReadonlySet<AcsEntranceId>,
): Promise<Baseline> {
  const isNew = (id: AcsEntranceId): boolean =>
    baseline.entrancesByCredential === null || !baseline.rows.ENTRANCE.has(id)
  const newlyUnknown = [...truncatedEntranceIds].filter((id) => loaded.rows.ENTRANCE.has(id) && isNew(id))
  const postponed = new Set<string>()
  for (const rowKind of rowKinds) {
    const [baselineRows, loadedRows] = [baseline.rows[rowKind], loaded.rows[rowKind]]
    const ids = [
      ...(await postponedIn(rowKind, baselineRows, isPostponed)),
      ...(await postponedIn(rowKind, loadedRows, isPostponed)),
    ]
    for (const id of ids) {
      postponed.add(id)
      const row = baselineRows.get(id)
      if (row !== undefined) loadedRows.set(id, row)
      else loadedRows.delete(id)
    }
  }
  const isUncertain = (id: AcsEntranceId): boolean => postponed.has(id) || truncatedEntranceIds.has(id)
  // Unknown access becomes known as soon as the complete list was read.
  const stillUnknown = [...baseline.unknownEntranceIds].filter(
    (id) => loaded.entrancesByCredential === null || isUncertain(id),
  )
  const entrancesByCredential = await keepPostponedAccess(baseline, loaded, postponed, isUncertain)
  return { ...loaded, entrancesByCredential, unknownEntranceIds: new Set([...stillUnknown, ...newlyUnknown]) }
}

/** Returns whether any row of a baseline is postponed to the next run. */
export async function hasPostponed(baseline: Baseline, isPostponed: IsPostponed): Promise<boolean> {
  for (const rowKind of rowKinds)
    if ((await postponedIn(rowKind, baseline.rows[rowKind], isPostponed)).length > 0) return true
  return false
}

async function postponedIn(
  rowKind: RowKind,
  rows: ReadonlyMap<string, BaselineRow>,
  isPostponed: IsPostponed,
): Promise<readonly string[]> {
  const postponed: string[] = []
  await forEachInTurns(rows, rowsPerTurn, ([id, { owner }]) => {
    if (isPostponed(rowKind, id, owner)) postponed.push(id)
  })
  return postponed
}

async function keepPostponedAccess(
  baseline: Baseline,
  loaded: Baseline,
  postponed: ReadonlySet<string>,
  isUncertain: (id: AcsEntranceId) => boolean,
): Promise<Baseline['entrancesByCredential']> {
  if (baseline.entrancesByCredential === null || loaded.entrancesByCredential === null)
    return loaded.entrancesByCredential
  const before = baseline.entrancesByCredential
  const isNewlyKnown = (id: AcsEntranceId): boolean => baseline.unknownEntranceIds.has(id) && !isUncertain(id)
  const entrancesByCredential = new Map<AcsCredentialId, readonly AcsEntranceId[]>()
  await forEachInTurns(loaded.entrancesByCredential, rowsPerTurn, ([id, entrances]) => {
    const known = before.get(id)
    if (known === undefined) return void entrancesByCredential.set(id, entrances)
    const shouldKeepBaseline = postponed.has(id) ? (each: AcsEntranceId) => !isNewlyKnown(each) : isUncertain
    entrancesByCredential.set(id, [
      ...entrances.filter((each) => !shouldKeepBaseline(each)),
      ...known.filter(shouldKeepBaseline),
    ])
  })
  await forEachInTurns(before, rowsPerTurn, ([id, entrances]) => {
    if (postponed.has(id) && !entrancesByCredential.has(id)) entrancesByCredential.set(id, entrances)
  })
  return entrancesByCredential
}
