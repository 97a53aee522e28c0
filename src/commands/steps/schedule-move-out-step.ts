import type { AcsCredential } from '../../model/entities.ts'
import { isBefore, isSameTime } from '../../model/time.ts'
import type { StepTools } from '../command.ts'
import { createAcsUserChange, createCredentialChange } from '../publishing/mutation-changes.ts'
import type { Step, StepResult } from '../saga.ts'
import {
  type CredentialEndTime,
  type EndedCredential,
  type MoveOutRecord,
  refuseIfReplaced,
  type ScheduledMoveOut,
} from '../scheduling/move-out-requests.ts'
import type { AcsUserRef } from './acs-user-steps.ts'
import { formatRefusals, updateCredentialEnds } from './credential-ends.ts'
import { listActiveCredentials, scheduledMoveOutField } from './move-out-steps.ts'

/** A credential with its end before any scheduled move-out, and its new end. */
type MoveOutTarget = { readonly row: AcsCredential; readonly before: string | null; readonly end: string }

/** State under the lock of the ACS user. */
type ScheduleState = {
  /** The ends of the credentials when the step started. */
  readonly originalEnds: readonly CredentialEndTime[]
  readonly lastRequest: MoveOutRecord | null
  readonly targets: readonly MoveOutTarget[]
}

type MoveOutSchedule = {
  readonly acsUser: AcsUserRef
  readonly askedAt: string
  readonly at: string
  readonly keepUser: boolean
}

/**
 * Schedules a move-out in place of an earlier one. Every credential that would end later ends at the time of the move-out; the end that an
 * earlier schedule has set is replaced. A credential whose new end Seam rejects stays as it is: it is deleted with the others when the
 * move-out is due.
 */
export function scheduleMoveOutStep(
  tools: StepTools,
  { acsUser, askedAt, at, keepUser }: MoveOutSchedule,
): Step {
  const { seam, commandId, moveOuts } = tools
  const { acsUserId, acsSystemId } = acsUser

  function toResult(
    targets: readonly MoveOutTarget[],
    originalEnds: readonly CredentialEndTime[],
    message: string | null,
  ): StepResult {
    const changedTargets = targets.filter(
      ({ row, end }) => !isSameTime(end, getOriginalEnd(row, originalEnds)),
    )
    const credentialChanges = changedTargets.map(({ row }) =>
      createCredentialChange('UPDATED', { ...row, acsEntranceIds: null }, ['endsAt']),
    )
    return {
      message,
      changes: [...credentialChanges, createAcsUserChange('UPDATED', acsUser, scheduledMoveOutField)],
    }
  }

  async function schedule({ originalEnds, lastRequest, targets }: ScheduleState): Promise<StepResult> {
    if (lastRequest?.id === commandId) return toResult(targets, originalEnds, null)
    const refusals = await updateCredentialEnds(seam, targets)
    const acceptedTargets = targets.filter(({ row }) => !refusals.has(row))
    const credentials = acceptedTargets
      .filter(({ before, end }) => !isSameTime(before, end))
      .map(({ row: { acsCredentialId }, before, end }): EndedCredential => ({ acsCredentialId, before, end }))
    const scheduled: ScheduledMoveOut = { acsUserId, acsSystemId, at, keepUser, credentials }
    await moveOuts.save(acsUserId, { id: commandId, askedAt, scheduled })
    if (lastRequest !== null && lastRequest.scheduled !== null)
      await moveOuts.closeReplacedCommand(lastRequest.id)
    return toResult(acceptedTargets, originalEnds, formatRefusals(refusals))
  }

  /** Runs a function with the last request and the credentials, under the lock of the ACS user. Rejects with `MutationRefused`. */
  async function withLock<T>(run: (lastRequest: MoveOutRecord | null, rows: AcsCredential[]) => Promise<T>) {
    return moveOuts.withLock(acsUserId, async () => {
      const lastRequest = await moveOuts.find(acsUserId)
      refuseIfReplaced(lastRequest, { id: commandId, askedAt })
      if (lastRequest !== null && lastRequest.scheduled !== null && lastRequest.id !== commandId)
        await moveOuts.refuseIfRemovalStarted(lastRequest.id)
      return run(lastRequest, await listActiveCredentials(seam, acsUser))
    })
  }

  function toScheduleState(
    lastRequest: MoveOutRecord | null,
    rows: readonly AcsCredential[],
    originalEnds: readonly CredentialEndTime[],
  ): ScheduleState {
    const earlierSchedule = lastRequest?.scheduled ?? null
    return {
      lastRequest,
      originalEnds,
      targets: rows.map((row) =>
        toMoveOutTarget(row, getOriginalEnd(row, originalEnds), earlierSchedule, at),
      ),
    }
  }

  return {
    name: 'endCredentials',
    execute: () =>
      withLock(async (lastRequest, rows) => {
        const originalEnds = rows.map(({ acsCredentialId, endsAt }) => ({ acsCredentialId, endsAt }))
        return schedule(
          toScheduleState(lastRequest, rows, await moveOuts.saveOriginalEnds(commandId, originalEnds)),
        )
      }),
    // If a part is done already, the rest follows: ends must not stay changed without a schedule.
    findResult: () =>
      withLock(async (lastRequest, rows) => {
        const originalEnds = await moveOuts.findOriginalEnds(commandId)
        if (originalEnds === null) return null
        const state = toScheduleState(lastRequest, rows, originalEnds)
        const { targets } = state
        const isMoved = ({ row, end }: MoveOutTarget): boolean => isSameTime(row.endsAt, end)
        const isStarted = targets.some(
          (target) => isMoved(target) && !isSameTime(getOriginalEnd(target.row, originalEnds), target.end),
        )
        return isStarted || targets.every(isMoved) ? schedule(state) : null
      }),
  }
}

/** Returns the end of a credential when the step started; its current end if the credential is newer. */
function getOriginalEnd(row: AcsCredential, originalEnds: readonly CredentialEndTime[]): string | null {
  const original = originalEnds.find(({ acsCredentialId }) => acsCredentialId === row.acsCredentialId)
  return original === undefined ? row.endsAt : original.endsAt
}

/** Returns the target for a credential. `before` is never an end that an earlier schedule has set. */
function toMoveOutTarget(
  row: AcsCredential,
  originalEnd: string | null,
  earlierSchedule: ScheduledMoveOut | null,
  at: string,
): MoveOutTarget {
  const endedCredential = earlierSchedule?.credentials.find(
    ({ acsCredentialId, end }) =>
      acsCredentialId === row.acsCredentialId &&
      (isSameTime(end, row.endsAt) || isSameTime(end, originalEnd)),
  )
  const before = endedCredential === undefined ? originalEnd : endedCredential.before
  return { row, before, end: before === null || isBefore(at, before) ? at : before }
}
