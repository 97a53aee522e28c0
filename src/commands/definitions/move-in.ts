import type { AcsEntranceId, AcsSystemId } from '../../model/ids.ts'
import { scheduleErrors } from '../../model/rules/access-schedule.ts'
import {
  type AcsUserDetails,
  acsUserDetailErrors,
  emailConflictErrors,
  normalizeAcsUserDetails,
} from '../../model/rules/acs-user-details.ts'
import { createRefusal, throwIfRefused } from '../../model/user-error.ts'
import type { Command } from '../command.ts'
import type { IdempotentInput } from '../idempotency/idempotency-slot.ts'
import { type CommandFacts, type Facts, requireFact } from '../saga.ts'
import { createAcsUserStep, type PlannedUser } from '../steps/acs-user-steps.ts'
import { issueCredentialStep } from '../steps/credential-steps.ts'
import { createUserIdentityStep } from '../steps/user-identity-steps.ts'
import { createIdentityIdReader, resolveEntrances, toEntranceInputs } from './credentials.ts'
import { findSystem, requireManagerAccess } from './id-resolution.ts'
import { type IdentityInput, type PlannedIdentity, resolveUserIdentity } from './user-identity-resolution.ts'

export type MoveInInput = IdempotentInput &
  IdentityInput &
  AcsUserDetails & {
    readonly acsSystemId: string
    readonly fullName: string
    readonly startsAt: string
    readonly endsAt?: string | null | undefined
    readonly mobileKeyAcsEntranceIds?: readonly string[] | null | undefined
    readonly codeAcsEntranceIds?: readonly string[] | null | undefined
  }

type MoveInPlan = Facts & {
  readonly acsSystemId: AcsSystemId
  readonly user: PlannedUser
  readonly identity: PlannedIdentity
  readonly startsAt: string
  readonly endsAt: string | null
  readonly mobileKeyDoors: readonly AcsEntranceId[]
  readonly codeDoors: readonly AcsEntranceId[]
}

/** Each access code is for one entrance and takes one call to Seam; no apartment needs more. */
const maxCodes = 20

/** `moveIn`: creates an ACS user with a user identity and credentials. If a step fails, the others are undone. */
export const moveIn: Command<MoveInInput, MoveInPlan> = {
  name: 'moveIn',
  auditTarget: 'ACS_USER',
  async prepare(input, context, seam) {
    requireManagerAccess(context)
    throwIfRefused([...acsUserDetailErrors(input), ...scheduleErrors(input, context.now)])
    const { acsSystemId } = await findSystem(input.acsSystemId, context)
    const mobileKeyInputs = toEntranceInputs('mobileKeyAcsEntranceIds', input.mobileKeyAcsEntranceIds ?? [])
    const codeInputs = toEntranceInputs('codeAcsEntranceIds', input.codeAcsEntranceIds ?? [])
    if (mobileKeyInputs.length + codeInputs.length === 0)
      throw createRefusal(
        'mobileKeyAcsEntranceIds',
        'REQUIRED',
        'Pass at least one entrance in `mobileKeyAcsEntranceIds` or `codeAcsEntranceIds`.',
      )
    if (codeInputs.length > maxCodes)
      throw createRefusal(
        'codeAcsEntranceIds',
        'INVALID',
        `\`codeAcsEntranceIds\` can have at most ${maxCodes} items. Issue further PINs with issueCode.`,
      )
    const mobileKeyDoors = await resolveEntrances(mobileKeyInputs, acsSystemId, 'mobile_key', context)
    const codeDoors = await resolveEntrances(codeInputs, acsSystemId, 'code', context)
    const contactDetails = { ...normalizeAcsUserDetails(input), fullName: input.fullName.trim() }
    throwIfRefused(emailConflictErrors(contactDetails.emailAddress, await context.view.users(acsSystemId)))
    const { startsAt, endsAt = null } = input
    const identity = await resolveUserIdentity({ contactDetails, acsSystemId, input }, context, seam)
    const user = { ...contactDetails, acsSystemId, accessSchedule: null }
    return { acsSystemId, user, identity, startsAt, endsAt, mobileKeyDoors, codeDoors }
  },
  createSteps({ user, identity, startsAt, endsAt, mobileKeyDoors, codeDoors }, tools) {
    const readAcsUserRef = (facts: CommandFacts) => ({
      acsUserId: requireFact(facts, 'acsUserId'),
      acsSystemId: user.acsSystemId,
    })
    const mobileKey = {
      accessMethod: 'mobile_key',
      acsEntranceIds: mobileKeyDoors,
      startsAt,
      endsAt,
    } as const
    return [
      ...(identity.userIdentityId === null ? [createUserIdentityStep(tools, identity)] : []),
      createAcsUserStep(tools, user, createIdentityIdReader(identity)),
      ...(mobileKeyDoors.length === 0
        ? []
        : [issueCredentialStep(tools, mobileKey, readAcsUserRef, 'mobileKey')]),
      ...codeDoors.map((entranceId) => {
        const code = { accessMethod: 'code', acsEntranceIds: [entranceId], startsAt, endsAt } as const
        return issueCredentialStep(tools, code, readAcsUserRef, `code ${entranceId}`)
      }),
    ]
  },
}
