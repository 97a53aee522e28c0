import type { AcsCredential } from '../../model/entities.ts'
import { futureStart } from '../../model/rules/access-schedule.ts'
import { isBefore, isSameTime } from '../../model/time.ts'
import { createRefusal } from '../../model/user-error.ts'
import type { Command, CommandContext } from '../command.ts'
import type { IdempotentInput } from '../idempotency/idempotency-slot.ts'
import type { Facts } from '../saga.ts'
import { type EndedCredential, nextRequestTime } from '../scheduling/move-out-requests.ts'
import type { AcsUserRef } from '../steps/acs-user-steps.ts'
import { cancelMoveOutStep, restoreCredentialEndsStep } from '../steps/cancel-move-out-steps.ts'
import {
  type CredentialRef,
  type PlannedCredential,
  replaceCredentialSteps,
} from '../steps/credential-steps.ts'
import { findManagedAcsUser } from './id-resolution.ts'

export type CancelMoveOutInput = IdempotentInput & { readonly acsUserId: string }

/** Replacement of a credential by one without end: Seam cannot remove an end from a credential. */
type Replacement = { readonly held: CredentialRef; readonly credential: PlannedCredential }

type CancelMoveOutPlan = Facts &
  AcsUserRef & {
    readonly askedAt: string
    readonly moveOutId: string
    readonly ended: readonly (EndedCredential & { readonly before: string })[]
    readonly replacements: readonly Replacement[]
  }

/** `cancelMoveOut`: cancels a scheduled move-out and restores the ends of the credentials. */
export const cancelMoveOut: Command<CancelMoveOutInput, CancelMoveOutPlan> = {
  name: 'cancelMoveOut',
  auditTarget: 'ACS_USER',
  async prepare({ acsUserId: idText }, context, seam, moveOuts) {
    const { acsUserId, acsSystemId } = await findManagedAcsUser(idText, context)
    const lastRequest = await moveOuts.find(acsUserId)
    if (lastRequest === null || lastRequest.scheduled === null)
      throw createRefusal('acsUserId', 'NOT_FOUND', 'No move-out is scheduled for this ACS user.')
    await moveOuts.refuseIfRemovalStarted(lastRequest.id)
    const ended = new Map(lastRequest.scheduled.credentials.map((each) => [each.acsCredentialId, each]))
    const rows = await seam.listCredentials({ acsUserId })
    const restorable = rows.flatMap((row) => {
      const endedCredential = ended.get(row.acsCredentialId)
      return endedCredential !== undefined && isSameTime(row.endsAt, endedCredential.end)
        ? [{ row, endedCredential }]
        : []
    })
    const replacements = restorable
      .filter(({ endedCredential }) => endedCredential.before === null)
      .map(({ row }) => planReplacement(row, context))
    return {
      acsUserId,
      acsSystemId,
      askedAt: nextRequestTime(context.now, lastRequest),
      moveOutId: lastRequest.id,
      ended: restorable.flatMap(({ endedCredential }) =>
        endedCredential.before !== null && isBefore(context.now, endedCredential.before)
          ? [{ ...endedCredential, before: endedCredential.before }]
          : [],
      ),
      replacements: (await Promise.all(replacements)).filter((each) => each !== null),
    }
  },
  toInitialFacts: ({ acsUserId }) => ({ acsUserId }),
  createSteps({ askedAt, moveOutId, ended, replacements, ...acsUser }, tools) {
    return [
      cancelMoveOutStep(tools, { acsUser, askedAt, moveOutId }),
      ...(ended.length === 0 ? [] : [restoreCredentialEndsStep(tools, acsUser, ended)]),
      ...replacements.flatMap(({ held, credential }) =>
        replaceCredentialSteps(tools, held, credential, acsUser, `replacement ${held.acsCredentialId}`),
      ),
    ]
  },
}

/** Plans the same credential without end; `null` if Latch does not issue its access method or it unlocks no entrance. */
async function planReplacement(row: AcsCredential, context: CommandContext): Promise<Replacement | null> {
  const { acsCredentialId, acsSystemId, acsUserId, accessMethod } = row
  if (accessMethod !== 'code' && accessMethod !== 'mobile_key') return null
  const entrances = await context.view.entrancesOfCredential(row)
  if (entrances.length === 0) return null
  return {
    held: { acsCredentialId, acsSystemId, acsUserId, accessMethod },
    credential: {
      accessMethod,
      acsEntranceIds: entrances.map(({ acsEntranceId }) => acsEntranceId),
      startsAt: row.startsAt === null ? null : futureStart(row.startsAt, context.now),
      endsAt: null,
    },
  }
}
