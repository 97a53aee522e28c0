import type { ChangeKind, ChangeOrigin, ChangeSubject, NewChange } from './change.ts'
import type { AcsEntranceId, AcsSystemId, AcsUserId } from './ids.ts'

/** Which changes are asked for; `null` is all. Everything given must fit. */
export type ChangeFilter = {
  readonly acsSystemId: AcsSystemId | null
  readonly acsUserId: AcsUserId | null
  readonly acsEntranceId: AcsEntranceId | null
  readonly subjects: readonly ChangeSubject[] | null
  readonly kinds: readonly ChangeKind[] | null
  readonly origins: readonly ChangeOrigin[] | null
}

/** The filter that every change passes. */
export const allChanges: ChangeFilter = {
  acsSystemId: null,
  acsUserId: null,
  acsEntranceId: null,
  subjects: null,
  kinds: null,
  origins: null,
}

/**
 * Which changes somebody may see, by what their records say: of all systems (`null`) or some; of everybody or of one resident, with
 * the entrances that the resident can unlock now; with or without connected accounts and Connect Webviews.
 */
export type ChangeVisibility = {
  readonly acsSystemIds: readonly AcsSystemId[] | null
  readonly acsUser: {
    readonly acsUserId: AcsUserId
    readonly acsEntranceIds: readonly AcsEntranceId[]
  } | null
  readonly includesAccounts: boolean
}

/** A filter and the sight of who asks. Stores of changes search by it; `meets` says what they must find. */
export type ChangeCriteria = { readonly filter: ChangeFilter; readonly visibility: ChangeVisibility }

/** Whether a change meets the criteria. Decided by the record alone, so the answer is the same at any time and everywhere. */
export function meetsCriteria(criteria: ChangeCriteria, change: NewChange): boolean {
  const { filter, visibility } = criteria
  return canMeetCriteria(criteria) && passesFilter(filter, change) && isVisible(visibility, change)
}

/** Whether the filter's ACS system is in sight. What systems a connected account has beside those in sight must not be found out. */
export function canMeetCriteria({
  filter: { acsSystemId },
  visibility: { acsSystemIds },
}: ChangeCriteria): boolean {
  return acsSystemId === null || acsSystemIds === null || acsSystemIds.includes(acsSystemId)
}

/** Whether criteria are met by every change. */
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
 * Whether a filter lets a change through. Where the record does not say whose a change is, it passes a filter by owner: what might be
 * missed is told rather than lost.
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

/** Whether a sight includes a change. Where the record does not say whose a change is, only those see it who see everybody's. */
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

/** The systems that a change is about; `null` where the record does not say. */
function systemsOf({ acsSystemId, acsSystemIds }: NewChange): readonly AcsSystemId[] | null {
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
