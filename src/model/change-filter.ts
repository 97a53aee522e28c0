import type { Change, ChangeKind, ChangeOrigin, ChangeSubject } from './change.ts'
import type { AcsEntranceId, AcsSystemId, AcsUserId } from './ids.ts'

/** Which changes somebody wants; `null` is all. Everything given must fit. */
export type ChangeFilter = {
  readonly acsSystemId: AcsSystemId | null
  readonly acsUserId: AcsUserId | null
  readonly acsEntranceId: AcsEntranceId | null
  readonly subjects: readonly ChangeSubject[] | null
  readonly kinds: readonly ChangeKind[] | null
  readonly origins: readonly ChangeOrigin[] | null
}

/**
 * Whether a filter lets a change through. One whose owner is unknown passes a filter by owner: what might be missed is told rather than
 * lost.
 */
export function passesFilter(filter: ChangeFilter, change: Change): boolean {
  const { acsSystemId, acsUserId, acsEntranceId, subjects, kinds, origins } = filter
  return (
    (subjects?.includes(change.subject) ?? true) &&
    (kinds?.includes(change.kind) ?? true) &&
    (origins?.includes(change.origin) ?? true) &&
    (acsSystemId === null || change.acsSystemId === null || change.acsSystemId === acsSystemId) &&
    (acsUserId === null || isOwner(change, acsUserId)) &&
    (acsEntranceId === null || isDoor(change, acsEntranceId))
  )
}

/** Whether a filter looks at whose a change is. */
export function asksForOwners({ acsSystemId, acsUserId, acsEntranceId }: ChangeFilter): boolean {
  return acsSystemId !== null || acsUserId !== null || acsEntranceId !== null
}

function isOwner(change: Change, acsUserId: AcsUserId): boolean {
  if (change.subject === 'CREDENTIAL') return change.acsUserId === null || change.acsUserId === acsUserId
  return change.subject === 'USER' && change.acsUserId === acsUserId
}

function isDoor(change: Change, acsEntranceId: AcsEntranceId): boolean {
  const ids = change.acsEntranceIds
  if (change.subject === 'CREDENTIAL') return ids === null || ids.includes(acsEntranceId)
  return change.subject === 'ENTRANCE' && ids?.[0] === acsEntranceId
}
