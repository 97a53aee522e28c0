import type { ChangeKind, ChangeOrigin, ChangeSubject, NewChange } from './change.ts'
import type { AcsEntranceId, AcsSystemId, AcsUserId } from './ids.ts'

/** Filter for changes. A `null` field accepts all changes; a change must pass every other field. */
export type ChangeFilter = {
  readonly acsSystemId: AcsSystemId | null
  readonly acsUserId: AcsUserId | null
  readonly acsEntranceId: AcsEntranceId | null
  readonly subjects: readonly ChangeSubject[] | null
  readonly kinds: readonly ChangeKind[] | null
  readonly origins: readonly ChangeOrigin[] | null
}

/** Filter that every change passes. */
export const allChanges: ChangeFilter = {
  acsSystemId: null,
  acsUserId: null,
  acsEntranceId: null,
  subjects: null,
  kinds: null,
  origins: null,
}

/**
 * The changes that an access scope can see. `acsSystemIds`: the changes of these ACS systems, or of all if `null`. `acsUser`: the changes of
 * this ACS user, and of the entrances that the ACS user can unlock now, or of all ACS users if `null`. `includesAccounts`: whether changes of
 * connected accounts and Connect Webviews are visible.
 */
export type ChangeVisibility = {
  readonly acsSystemIds: readonly AcsSystemId[] | null
  readonly acsUser: {
    readonly acsUserId: AcsUserId
    readonly acsEntranceIds: readonly AcsEntranceId[]
  } | null
  readonly includesAccounts: boolean
}

/** A filter together with the viewer's visibility. Stores of changes search by these criteria; `meetsCriteria` defines the expected result. */
export type ChangeCriteria = { readonly filter: ChangeFilter; readonly visibility: ChangeVisibility }

/** Whether a change meets the criteria. Depends on the record alone, so the result is the same at any time and in every process. */
export function meetsCriteria(criteria: ChangeCriteria, change: NewChange): boolean {
  const { filter, visibility } = criteria
  return canMeetCriteria(criteria) && passesFilter(filter, change) && isVisible(visibility, change)
}

/**
 * Whether the filter's ACS system is visible. Otherwise a filter by another ACS system could reveal which ACS systems outside the access
 * scope a visible connected account has.
 */
export function canMeetCriteria({
  filter: { acsSystemId },
  visibility: { acsSystemIds },
}: ChangeCriteria): boolean {
  return acsSystemId === null || acsSystemIds === null || acsSystemIds.includes(acsSystemId)
}

/** Whether every change meets the criteria. */
export function isMetByEveryChange({ filter, visibility }: ChangeCriteria): boolean {
  const isUnfiltered = Object.values(filter).every((value) => value === null)
  return (
    isUnfiltered &&
    visibility.acsSystemIds === null &&
    visibility.acsUser === null &&
    visibility.includesAccounts
  )
}

/**
 * Whether a change passes a filter. A change whose record does not name its ACS system passes a filter by ACS system. A credential's change
 * whose record does not name the ACS user or the entrances passes a filter by them. A subscriber thus receives too many changes rather than
 * too few.
 */
export function passesFilter(filter: ChangeFilter, change: NewChange): boolean {
  const { acsSystemId, acsUserId, acsEntranceId, subjects, kinds, origins } = filter
  return (
    (subjects?.includes(change.subject) ?? true) &&
    (kinds?.includes(change.kind) ?? true) &&
    (origins?.includes(change.origin) ?? true) &&
    (acsSystemId === null || (systemsOf(change)?.includes(acsSystemId) ?? true)) &&
    (acsUserId === null || isOfUser(change, acsUserId)) &&
    (acsEntranceId === null || isOfEntrance(change, acsEntranceId))
  )
}

/**
 * Whether a change is visible. A change whose record does not name its ACS system is visible only to viewers of all ACS systems. A change
 * whose record does not name its ACS user or entrance is visible only to viewers of all ACS users.
 */
export function isVisible(
  { acsSystemIds, acsUser, includesAccounts }: ChangeVisibility,
  change: NewChange,
): boolean {
  const isOfAccount = change.subject === 'CONNECTION' && change.acsSystemId === null
  if (isOfAccount && !includesAccounts) return false
  const systems = systemsOf(change)
  if (acsSystemIds !== null && systems?.some((id) => acsSystemIds.includes(id)) !== true) return false
  if (acsUser === null) return true
  if (change.subject === 'CONNECTION') return false
  if (change.subject !== 'ENTRANCE') return change.acsUserId === acsUser.acsUserId
  const id = change.acsEntranceIds?.[0]
  return id !== undefined && acsUser.acsEntranceIds.includes(id)
}

/** Returns the ACS systems that a change is about, or `null` if the record does not name any. */
export function systemsOf({ acsSystemId, acsSystemIds }: NewChange): readonly AcsSystemId[] | null {
  return acsSystemId === null ? (acsSystemIds ?? null) : [acsSystemId]
}

function isOfUser(change: NewChange, acsUserId: AcsUserId): boolean {
  if (change.subject === 'CREDENTIAL') return change.acsUserId === null || change.acsUserId === acsUserId
  return change.subject === 'USER' && change.acsUserId === acsUserId
}

function isOfEntrance(change: NewChange, acsEntranceId: AcsEntranceId): boolean {
  const ids = change.acsEntranceIds
  if (change.subject === 'CREDENTIAL') return ids === null || ids.includes(acsEntranceId)
  return change.subject === 'ENTRANCE' && ids?.[0] === acsEntranceId
}
