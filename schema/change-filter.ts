import type { Change, ChangeKind, ChangeOrigin, ChangeSubject } from '../src/model/change.ts'
import { readOptionalId } from './ids.ts'

/** Any of the graph's filters of changes. */
export type ChangeFilterInput = {
  readonly acsSystemId?: string | null | undefined
  readonly acsUserId?: string | null | undefined
  readonly acsEntranceId?: string | null | undefined
  readonly subjects?: readonly ChangeSubject[] | null | undefined
  readonly kinds?: readonly ChangeKind[] | null | undefined
  readonly origins?: readonly ChangeOrigin[] | null | undefined
}

/**
 * What a filter lets through. A change whose owner is unknown passes a filter by owner: what might be missed is told rather than lost.
 * Throws a `GraphQLError` for ids that are none.
 */
export function changeMatcher(filter: ChangeFilterInput | null | undefined): (change: Change) => boolean {
  const given = filter ?? {}
  const acsSystemId = readOptionalId('AcsSystem', 'filter.acsSystemId', given.acsSystemId)
  const acsUserId = readOptionalId('AcsUser', 'filter.acsUserId', given.acsUserId)
  const acsEntranceId = readOptionalId('AcsEntrance', 'filter.acsEntranceId', given.acsEntranceId)
  const { subjects, kinds, origins } = given
  return (change) =>
    (subjects == null || subjects.includes(change.subject)) &&
    (kinds == null || kinds.includes(change.kind)) &&
    (origins == null || origins.includes(change.origin)) &&
    (acsSystemId === null || change.acsSystemId === null || change.acsSystemId === acsSystemId) &&
    (acsUserId === null || isOwner(change, acsUserId)) &&
    (acsEntranceId === null || isDoor(change, acsEntranceId))
}

function isOwner(change: Change, acsUserId: string): boolean {
  if (change.subject === 'CREDENTIAL') return change.acsUserId === null || change.acsUserId === acsUserId
  return change.subject === 'USER' && change.acsUserId === acsUserId
}

function isDoor(change: Change, acsEntranceId: string): boolean {
  const ids: readonly string[] | null = change.acsEntranceIds
  if (change.subject === 'CREDENTIAL') return ids === null || ids.includes(acsEntranceId)
  return change.subject === 'ENTRANCE' && ids?.[0] === acsEntranceId
}
