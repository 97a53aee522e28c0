import type { UserIdentityId } from '../../model/ids.ts'
import { isBefore } from '../../model/time.ts'
import type { Command } from '../command.ts'
import type { IdempotentInput } from '../idempotency/idempotency-slot.ts'
import type { Facts } from '../saga.ts'
import { nextRequestTime } from '../scheduling/move-out-requests.ts'
import type { AcsUserRef } from '../steps/acs-user-steps.ts'
import { endClientSessionsStep } from '../steps/client-session-steps.ts'
import { removeAcsUserStep, revokeAllCredentialsStep } from '../steps/move-out-steps.ts'
import { scheduleMoveOutStep } from '../steps/schedule-move-out-step.ts'
import { findManagedAcsUser } from './id-resolution.ts'

export type MoveOutInput = IdempotentInput & {
  readonly acsUserId: string
  readonly at?: string | null | undefined
  readonly keepUser?: boolean | null | undefined
}

type MoveOutPlan = Facts &
  AcsUserRef & {
    readonly at: string | null
    readonly keepUser: boolean
    readonly askedAt: string
    /** The user identity at the time of the request; absent in records of versions that did not end client sessions. */
    readonly userIdentityId?: UserIdentityId | null
  }

/**
 * `moveOut`: deletes an ACS user with its credentials, or only the credentials, and ends its client sessions. With a time in the future, the
 * ends of the credentials are set at once, and the rest is done when it is due. Of several requests about an ACS user, the one that was made
 * last wins, whichever ends last.
 */
export const moveOut: Command<MoveOutInput, MoveOutPlan> = {
  name: 'moveOut',
  auditTarget: 'ACS_USER',
  async prepare({ acsUserId: idText, at, keepUser }, context, _seam, moveOuts) {
    const { acsUserId, acsSystemId, userIdentityId } = await findManagedAcsUser(idText, context)
    const askedAt = nextRequestTime(context.now, await moveOuts.find(acsUserId))
    const isScheduled = at != null && isBefore(context.now, at)
    return {
      ...{ acsUserId, acsSystemId, userIdentityId, askedAt },
      at: isScheduled ? at : null,
      keepUser: keepUser ?? false,
    }
  },
  toInitialFacts: ({ acsUserId, at }) => ({ acsUserId, at }),
  createSteps({ at, keepUser, askedAt, userIdentityId, acsUserId, acsSystemId }, tools) {
    const acsUser = { acsUserId, acsSystemId }
    const removal = { acsUser, askedAt, notBefore: at === null ? 0 : Date.parse(at) }
    return [
      ...(at === null ? [] : [scheduleMoveOutStep(tools, { acsUser, askedAt, at, keepUser })]),
      keepUser ? revokeAllCredentialsStep(tools, removal) : removeAcsUserStep(tools, removal),
      endClientSessionsStep(tools, {
        readIdentityId: (facts) => facts.userIdentityId ?? userIdentityId ?? null,
        notBefore: removal.notBefore,
      }),
    ]
  },
}
