import type { AcsCredentialId, AcsSystemId, AcsUserId } from '../../model/ids.ts'
import { timeSortKey } from '../../model/time.ts'
import { createRefusal } from '../../model/user-error.ts'

/** A credential whose end was set by a scheduled move-out. Times are ISO 8601. */
export type EndedCredential = {
  readonly acsCredentialId: AcsCredentialId
  /** The end before that; `null` if the credential had none. */
  readonly before: string | null
  /** The end that was set. */
  readonly end: string
}

/** The end of a credential, ISO 8601; `null` if it has none. */
export type CredentialEndTime = { readonly acsCredentialId: AcsCredentialId; readonly endsAt: string | null }

/** A move-out that is due at a later time. */
export type ScheduledMoveOut = {
  readonly acsUserId: AcsUserId
  readonly acsSystemId: AcsSystemId
  /** ISO 8601. */
  readonly at: string
  readonly keepUser: boolean
  readonly credentials: readonly EndedCredential[]
}

/** A request to move an ACS user out, or to cancel that. Of two requests about the same ACS user the one with the later `askedAt` wins. */
export type MoveOutRequest = {
  /** Id of the command. */
  readonly id: string
  /** ISO 8601. */
  readonly askedAt: string
}

/** The last request about an ACS user that took effect; `scheduled` is `null` if it left no scheduled move-out. */
export type MoveOutRecord = MoveOutRequest & { readonly scheduled: ScheduledMoveOut | null }

/** Scheduled move-outs, in the journal's store and so shared by all replicas. Every function rejects with `JournalUnavailable`. */
export type MoveOutStore = {
  /** Returns the last request that took effect; `null` if there is none or its record has expired. */
  find(acsUserId: AcsUserId): Promise<MoveOutRecord | null>
  /** Returns every scheduled move-out, in no order. */
  list(): Promise<readonly MoveOutRecord[]>
  save(acsUserId: AcsUserId, record: MoveOutRecord): Promise<void>
  /** Stores the ends of credentials before a command changes them, once per command. Returns the ends that were stored first. */
  saveOriginalEnds(id: string, ends: readonly CredentialEndTime[]): Promise<readonly CredentialEndTime[]>
  /** Returns the ends that a command stored; `null` if it stored none. */
  findOriginalEnds(id: string): Promise<readonly CredentialEndTime[] | null>
  deleteOriginalEnds(id: string): Promise<void>
  /** Runs one request about an ACS user at a time, across all replicas. Rejects with `InProgress` if another one takes too long. */
  withLock<T>(acsUserId: AcsUserId, run: () => Promise<T>): Promise<T>
  /** Closes a command that a later request has replaced, and deletes the ends that it stored; its idempotency key keeps its answer. */
  closeReplacedCommand(id: string): Promise<void>
  /**
   * Rejects with `OutcomeUnsettled` while a later request about the ACS user is sent and its outcome is unknown: a removal cannot be
   * undone, so it waits for that.
   */
  refuseWhileLaterUnsettled(acsUserId: AcsUserId, request: MoveOutRequest): Promise<void>
  /** Rejects with `MutationRefused` if a command's removal has started: it can no longer be replaced. */
  refuseIfRemovalStarted(id: string): Promise<void>
}

/** Whether `a` is later than `b`. A request of unknown time is earlier than any other. */
export function isLaterRequest(a: MoveOutRequest, b: Partial<MoveOutRequest>): boolean {
  if (a.id === b.id) return false
  if (b.askedAt === undefined) return true
  const [left, right] = [timeSortKey(a.askedAt), timeSortKey(b.askedAt)]
  return left === right ? a.id > (b.id ?? '') : left > right
}

/** Throws `MutationRefused` if a later request about the ACS user has taken effect. */
export function refuseIfReplaced(lastRecord: MoveOutRecord | null, request: MoveOutRequest): void {
  if (lastRecord === null || !isLaterRequest(lastRecord, request)) return
  throw createRefusal(null, 'CONFLICT', 'A later request to move out this ACS user replaced this request.')
}

/** Returns the `askedAt` of a new request: after the last one that took effect, even if the clocks of replicas differ. */
export function nextRequestTime(now: string, lastRecord: MoveOutRecord | null): string {
  if (lastRecord === null || timeSortKey(lastRecord.askedAt) < timeSortKey(now)) return now
  return new Date(Date.parse(lastRecord.askedAt) + 1).toISOString()
}
