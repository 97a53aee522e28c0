import { isSameTime } from '../../model/time.ts'
import { createRefusal } from '../../model/user-error.ts'
import type { StepTools } from '../command.ts'
import { createAcsUserChange, createCredentialChange } from '../publishing/mutation-changes.ts'
import type { Step, StepResult } from '../saga.ts'
import { type EndedCredential, refuseIfReplaced } from '../scheduling/move-out-requests.ts'
import type { AcsUserRef } from './acs-user-steps.ts'
import { formatRefusals, updateCredentialEnds } from './credential-ends.ts'
import { listActiveCredentials, scheduledMoveOutField } from './move-out-steps.ts'

type Cancellation = {
  readonly acsUser: AcsUserRef
  readonly askedAt: string
  /** Id of the scheduled command. */
  readonly moveOutId: string
}

/** Cancels a scheduled move-out. Rejects with `MutationRefused` if another request has replaced it or its removal has started. */
export function cancelMoveOutStep(tools: StepTools, { acsUser, askedAt, moveOutId }: Cancellation): Step {
  const { commandId, moveOuts } = tools
  const { acsUserId } = acsUser
  const result: StepResult = { changes: [createAcsUserChange('UPDATED', acsUser, scheduledMoveOutField)] }
  return {
    name: 'cancelMoveOut',
    execute: () =>
      moveOuts.withLock(acsUserId, async () => {
        const lastRequest = await moveOuts.find(acsUserId)
        refuseIfReplaced(lastRequest, { id: commandId, askedAt })
        if (lastRequest?.id === commandId) return result
        if (lastRequest?.id !== moveOutId || lastRequest.scheduled === null)
          throw createRefusal(
            'acsUserId',
            'CONFLICT',
            'The scheduled move-out of this ACS user was changed by another request. Query `AcsUser.scheduledMoveOut` again.',
          )
        await moveOuts.refuseIfRemovalStarted(moveOutId)
        await moveOuts.save(acsUserId, { id: commandId, askedAt, scheduled: null })
        await moveOuts.closeReplacedCommand(moveOutId)
        return result
      }),
    async findResult() {
      return (await moveOuts.find(acsUserId))?.id === commandId ? result : null
    },
  }
}

/** Restores the ends that credentials had before a move-out was scheduled. Leaves a credential whose end was changed since then. */
export function restoreCredentialEndsStep(
  { seam }: StepTools,
  acsUser: AcsUserRef,
  ended: readonly (EndedCredential & { readonly before: string })[],
): Step {
  /** Returns the credentials that have the end that was set, or their original end again. */
  async function findTargets() {
    const rows = await listActiveCredentials(seam, acsUser)
    return rows.flatMap((row) => {
      const endedCredential = ended.find(({ acsCredentialId }) => acsCredentialId === row.acsCredentialId)
      const isRestorable =
        endedCredential !== undefined &&
        (isSameTime(row.endsAt, endedCredential.end) || isSameTime(row.endsAt, endedCredential.before))
      return isRestorable ? [{ row, end: endedCredential.before }] : []
    })
  }
  async function restore(): Promise<StepResult> {
    const targets = await findTargets()
    const refusals = await updateCredentialEnds(seam, targets)
    return {
      message: formatRefusals(refusals),
      changes: targets
        .filter(({ row }) => !refusals.has(row))
        .map(({ row }) => createCredentialChange('UPDATED', { ...row, acsEntranceIds: null }, ['endsAt'])),
    }
  }
  return {
    name: 'restoreCredentials',
    execute: restore,
    // If a part is done already, the rest follows.
    async findResult() {
      const targets = await findTargets()
      return targets.length === 0 || targets.some(({ row, end }) => isSameTime(row.endsAt, end))
        ? restore()
        : null
    },
  }
}
