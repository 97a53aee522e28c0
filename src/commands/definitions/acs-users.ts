import type { AccessSchedule } from '../../model/entities.ts'
import type { UserIdentityId } from '../../model/ids.ts'
import { scheduleErrors } from '../../model/rules/access-schedule.ts'
import {
  type AcsUserDetails,
  acsUserDetailErrors,
  emailConflictErrors,
  normalizeAcsUserDetails,
} from '../../model/rules/acs-user-details.ts'
import { isInvisible } from '../../model/text-validation.ts'
import { createRefusal, throwIfRefused } from '../../model/user-error.ts'
import type { Command, CommandContext, StepTools } from '../command.ts'
import type { IdempotentInput } from '../idempotency/idempotency-slot.ts'
import type { CommandFacts, Facts } from '../saga.ts'
import {
  type AcsUserRef,
  createAcsUserStep,
  deleteAcsUserStep,
  type PlannedUser,
  setSuspensionStep,
  updateAcsUserStep,
} from '../steps/acs-user-steps.ts'
import { endClientSessionsStep } from '../steps/client-session-steps.ts'
import { createUserIdentityStep } from '../steps/user-identity-steps.ts'
import { findManagedAcsUser, findSystem, requireFullAccess, requireManagerAccess } from './id-resolution.ts'
import { type IdentityInput, resolveUserIdentity } from './user-identity-resolution.ts'

type Optional<T> = T | null | undefined

/** Access schedule in an input. */
type AccessScheduleInput = { readonly startsAt: string; readonly endsAt?: Optional<string> }

export type CreateAcsUserInput = IdempotentInput &
  IdentityInput &
  AcsUserDetails & {
    readonly acsSystemId: string
    readonly fullName: string
    readonly accessSchedule?: Optional<AccessScheduleInput>
  }

type CreateUserPlan = PlannedUser & Facts & { readonly userIdentityId: UserIdentityId | null }

/** `createAcsUser`: creates an ACS user in an ACS system. */
export const createAcsUser: Command<CreateAcsUserInput, CreateUserPlan> = {
  name: 'createAcsUser',
  auditTarget: 'ACS_USER',
  async prepare(input, context, seam) {
    requireManagerAccess(context)
    throwIfRefused([
      ...acsUserDetailErrors(input),
      ...scheduleErrors(input.accessSchedule ?? {}, context.now, ['accessSchedule']),
    ])
    const contactDetails = { ...normalizeAcsUserDetails(input), fullName: input.fullName.trim() }
    const { acsSystemId } = await findSystem(input.acsSystemId, context)
    throwIfRefused(emailConflictErrors(contactDetails.emailAddress, await context.view.users(acsSystemId)))
    // A user identity with the same e-mail address or phone number is linked only on request. One with other details is a conflict in any
    // case.
    const { userIdentityId } = await resolveUserIdentity(
      { contactDetails, acsSystemId, input },
      context,
      seam,
    )
    return {
      acsSystemId,
      ...contactDetails,
      accessSchedule: toAccessSchedule(input.accessSchedule),
      userIdentityId: input.userIdentityId != null || input.sameUser === true ? userIdentityId : null,
    }
  },
  createSteps: ({ userIdentityId, ...user }, tools) => [createAcsUserStep(tools, user, () => userIdentityId)],
}

function toAccessSchedule(schedule: Optional<AccessScheduleInput>): AccessSchedule | null {
  return schedule == null ? null : { startsAt: schedule.startsAt, endsAt: schedule.endsAt ?? null }
}

/** Plans a command that is about one ACS user. Rejects with `MutationRefused`. */
async function planForAcsUser(idText: string, context: CommandContext): Promise<AcsUserWithIdentity & Facts> {
  const { acsUserId, acsSystemId, userIdentityId } = await findManagedAcsUser(idText, context)
  return { acsUserId, acsSystemId, userIdentityId }
}

/** An ACS user, and the user identity whose client sessions end with its access. */
type AcsUserWithIdentity = AcsUserRef & { readonly userIdentityId: UserIdentityId | null }

const createEndSessionsStep = (tools: StepTools, { userIdentityId }: AcsUserWithIdentity) =>
  endClientSessionsStep(tools, { readIdentityId: () => userIdentityId })

const toAcsUserFacts = ({ acsUserId }: AcsUserRef): CommandFacts => ({ acsUserId })

export type UpdateAcsUserInput = IdempotentInput &
  AcsUserDetails & { readonly acsUserId: string; readonly accessSchedule?: Optional<AccessScheduleInput> }

type UpdateUserPlan = Facts &
  AcsUserRef & {
    readonly changes: {
      readonly fullName?: string
      readonly emailAddress?: string
      readonly phoneNumber?: string
      readonly accessSchedule?: { readonly startsAt: string; readonly endsAt: string } | null
    }
  }

/** `updateAcsUser`: changes the fields that are in the input. */
export const updateAcsUser: Command<UpdateAcsUserInput, UpdateUserPlan> = {
  name: 'updateAcsUser',
  auditTarget: 'ACS_USER',
  async prepare(input, context) {
    requireManagerAccess(context)
    const { accessSchedule } = input
    throwIfRefused([
      ...acsUserDetailErrors(input),
      ...scheduleErrors(accessSchedule ?? {}, context.now, ['accessSchedule']),
    ])
    const { fullName, emailAddress, phoneNumber } = normalizeAcsUserDetails(input)
    const acsUser = await planForAcsUser(input.acsUserId, context)
    const systemUsers = emailAddress === null ? [] : await context.view.users(acsUser.acsSystemId)
    throwIfRefused(
      emailConflictErrors(
        emailAddress,
        systemUsers.filter((user) => user.acsUserId !== acsUser.acsUserId),
      ),
    )
    const changes = {
      ...(fullName !== null && { fullName }),
      ...(emailAddress !== null && { emailAddress }),
      ...(phoneNumber !== null && { phoneNumber }),
      ...(accessSchedule !== undefined && { accessSchedule: requireScheduleEnd(accessSchedule) }),
    }
    if (Object.keys(changes).length === 0)
      throw createRefusal(
        null,
        'REQUIRED',
        'The input contains no change. Pass at least one field to change.',
      )
    return { ...acsUser, changes }
  },
  toInitialFacts: toAcsUserFacts,
  createSteps: ({ changes, ...acsUser }, tools) => [updateAcsUserStep(tools, acsUser, changes)],
}

/** Returns a schedule with both ends, the only kind that Seam accepts in an update; `null` removes it. Throws `MutationRefused`. */
function requireScheduleEnd(
  schedule: AccessScheduleInput | null,
): { startsAt: string; endsAt: string } | null {
  if (schedule === null) return null
  const { startsAt, endsAt } = schedule
  if (endsAt != null) return { startsAt, endsAt }
  throw createRefusal(
    ['accessSchedule', 'endsAt'],
    'SCHEDULE_INVALID',
    'Seam requires an end time when an access schedule is changed. Pass `endsAt`, or pass `null` as `accessSchedule` for access without a time limit.',
  )
}

export type AcsUserInput = IdempotentInput & { readonly acsUserId: string }

/**
 * `suspendAcsUser`: suspends an ACS user and ends its client sessions. Seam does not document whether Latch supports it; Seam's answer
 * decides.
 */
export const suspendAcsUser: Command<AcsUserInput, AcsUserWithIdentity & Facts> = {
  name: 'suspendAcsUser',
  auditTarget: 'ACS_USER',
  prepare: ({ acsUserId }, context) => planForAcsUser(acsUserId, context),
  toInitialFacts: toAcsUserFacts,
  createSteps: (acsUser, tools) => [
    setSuspensionStep(tools, acsUser, true),
    createEndSessionsStep(tools, acsUser),
  ],
}

/** `unsuspendAcsUser`: ends the suspension of an ACS user. */
export const unsuspendAcsUser: Command<AcsUserInput, AcsUserRef & Facts> = {
  name: 'unsuspendAcsUser',
  auditTarget: 'ACS_USER',
  prepare: ({ acsUserId }, context) => planForAcsUser(acsUserId, context),
  toInitialFacts: toAcsUserFacts,
  createSteps: (acsUser, tools) => [setSuspensionStep(tools, acsUser, false)],
}

/** `deleteAcsUser`: deletes an ACS user with all its credentials, and ends its client sessions. */
export const deleteAcsUser: Command<AcsUserInput, AcsUserWithIdentity & Facts> = {
  name: 'deleteAcsUser',
  auditTarget: 'ACS_USER',
  prepare: ({ acsUserId }, context) => planForAcsUser(acsUserId, context),
  toInitialFacts: toAcsUserFacts,
  createSteps: (acsUser, tools) => [deleteAcsUserStep(tools, acsUser), createEndSessionsStep(tools, acsUser)],
}

export type CreateUserIdentityInput = IdempotentInput &
  AcsUserDetails & { readonly userIdentityKey?: Optional<string> }

type IdentityPlan = Facts & {
  readonly key: string | null
  readonly fullName: string | null
  readonly emailAddress: string | null
  readonly phoneNumber: string | null
}

/** `createUserIdentity`: creates a user identity, which links ACS users of several ACS systems. */
export const createUserIdentity: Command<CreateUserIdentityInput, IdentityPlan> = {
  name: 'createUserIdentity',
  auditTarget: 'USER_IDENTITY',
  async prepare(input, context) {
    requireManagerAccess(context)
    requireFullAccess(context)
    throwIfRefused(acsUserDetailErrors(input))
    const { userIdentityKey: key = null } = input
    if (key !== null && (isInvisible(key) || key.startsWith('latchkey-')))
      throw createRefusal(
        'userIdentityKey',
        'INVALID',
        'A user identity key must not be empty and must not start with latchkey-.',
      )
    const contactDetails = normalizeAcsUserDetails(input)
    if ([key, ...Object.values(contactDetails)].every((each) => each === null))
      throw createRefusal(
        null,
        'REQUIRED',
        'Pass at least one of `fullName`, `emailAddress`, `phoneNumber` and `userIdentityKey`.',
      )
    return { key, ...contactDetails }
  },
  createSteps: (identity, tools) => [createUserIdentityStep(tools, identity)],
}
