import type { AcsCredential, AcsEntrance, AcsUser } from '../../model/entities.ts'
import type { AcsEntranceId, UserIdentityId } from '../../model/ids.ts'
import { futureStart, type ScheduleInput, scheduleErrors } from '../../model/rules/access-schedule.ts'
import { isBeingDeleted, managementErrors } from '../../model/rules/acs-user-details.ts'
import { entranceErrors, type IssuableMethod } from '../../model/rules/entrance-methods.ts'
import { isSameTime } from '../../model/time.ts'
import { createRefusal, throwIfRefused } from '../../model/user-error.ts'
import type { SeamReads } from '../../seam/objects/seam-reads.ts'
import type { Command, CommandContext } from '../command.ts'
import type { IdempotentInput } from '../idempotency/idempotency-slot.ts'
import { type CommandFacts, type Facts, requireFact } from '../saga.ts'
import type { AcsUserRef } from '../steps/acs-user-steps.ts'
import {
  type CredentialRef,
  issueCredentialStep,
  type PlannedCredential,
  replaceCredentialSteps,
  revokeCredentialStep,
  updateCredentialEndStep,
} from '../steps/credential-steps.ts'
import { createUserIdentityStep, linkUserIdentityStep } from '../steps/user-identity-steps.ts'
import {
  findCredential,
  findEntrance,
  findManagedAcsUser,
  findUserIdentity,
  requireManagerAccess,
} from './id-resolution.ts'
import { type IdentityInput, type PlannedIdentity, resolveUserIdentity } from './user-identity-resolution.ts'

type IssuePlan = Facts & AcsUserRef & { readonly credential: PlannedCredential }

/** Entrance ids in an input, each with its field path for user errors. */
export type EntranceInputs = readonly { readonly text: string; readonly field: readonly string[] }[]

/** Returns the ids of a list field, each with its field path. */
export function toEntranceInputs(field: string, idTexts: readonly string[]): EntranceInputs {
  return idTexts.map((text, index) => ({ text, field: [field, String(index)] }))
}

/** Resolves the entrances that a credential with this access method is to unlock, without duplicates. Rejects with `MutationRefused`. */
export async function resolveEntrances(
  inputs: EntranceInputs,
  acsSystemId: AcsUser['acsSystemId'],
  method: IssuableMethod,
  context: CommandContext,
): Promise<AcsEntranceId[]> {
  const entrances = await Promise.all(
    inputs.map(async ({ text, field }) => ({ entrance: await findEntrance(text, context, field), field })),
  )
  throwIfRefused(entranceErrors(entrances, acsSystemId, method))
  return [...new Set(entrances.map(({ entrance }) => entrance.acsEntranceId))]
}

function planCredential(
  accessMethod: IssuableMethod,
  acsEntranceIds: readonly AcsEntranceId[],
  { startsAt, endsAt }: ScheduleInput,
): PlannedCredential {
  return { accessMethod, acsEntranceIds, startsAt: startsAt ?? null, endsAt: endsAt ?? null }
}

export type IssueCodeInput = IdempotentInput &
  ScheduleInput & { readonly acsUserId: string; readonly acsEntranceId: string }

/** `issueCode`: issues an access code for one entrance. Latch generates the PIN, possibly after a delay. */
export const issueCode: Command<IssueCodeInput, IssuePlan> = {
  name: 'issueCode',
  auditTarget: 'ACS_CREDENTIAL',
  async prepare(input, context) {
    const { acsUserId, acsSystemId } = await findManagedAcsUser(input.acsUserId, context)
    const inputs = [{ text: input.acsEntranceId, field: ['acsEntranceId'] }]
    const entranceIds = await resolveEntrances(inputs, acsSystemId, 'code', context)
    throwIfRefused(scheduleErrors(input, context.now))
    return { acsUserId, acsSystemId, credential: planCredential('code', entranceIds, input) }
  },
  createSteps: ({ credential, ...acsUser }, tools) => [
    issueCredentialStep(tools, credential, () => acsUser, 'code'),
  ],
}

export type IssueMobileKeyInput = IdempotentInput &
  IdentityInput &
  ScheduleInput & { readonly acsUserId: string; readonly acsEntranceIds: readonly string[] }

/** `identity` is `null` if the ACS user has a user identity already. */
type MobileKeyPlan = IssuePlan & { readonly identity: PlannedIdentity | null }

/** `issueMobileKey`: issues a mobile key for one or more entrances. It needs a user identity, which is found or created. */
export const issueMobileKey: Command<IssueMobileKeyInput, MobileKeyPlan> = {
  name: 'issueMobileKey',
  auditTarget: 'ACS_CREDENTIAL',
  async prepare(input, context, seam) {
    const user = await findManagedAcsUser(input.acsUserId, context)
    const { acsUserId, acsSystemId } = user
    if (input.acsEntranceIds.length === 0)
      throw createRefusal('acsEntranceIds', 'REQUIRED', 'Pass at least one entrance.')
    const inputs = toEntranceInputs('acsEntranceIds', input.acsEntranceIds)
    const entranceIds = await resolveEntrances(inputs, acsSystemId, 'mobile_key', context)
    throwIfRefused(scheduleErrors(input, context.now))
    const identity = await planIdentityOfAcsUser(user, input, context, seam)
    return { acsUserId, acsSystemId, credential: planCredential('mobile_key', entranceIds, input), identity }
  },
  createSteps: ({ credential, identity, ...acsUser }, tools) => [
    ...(identity !== null && identity.userIdentityId === null
      ? [createUserIdentityStep(tools, identity, 'acsUserId')]
      : []),
    ...(identity === null ? [] : [linkUserIdentityStep(tools, acsUser, createIdentityIdReader(identity))]),
    issueCredentialStep(tools, credential, () => acsUser, 'mobileKey'),
  ],
}

/** Plans the user identity that the ACS user is linked to; `null` if it has one. Rejects with `MutationRefused`. */
async function planIdentityOfAcsUser(
  user: AcsUser,
  input: IdentityInput,
  context: CommandContext,
  seam: SeamReads,
): Promise<PlannedIdentity | null> {
  const { acsSystemId, userIdentityId } = user
  if (userIdentityId === null)
    return resolveUserIdentity(
      { contactDetails: user, acsSystemId, input, field: 'acsUserId' },
      context,
      seam,
    )
  if (input.userIdentityId == null) return null
  const namedIdentity = await findUserIdentity(input.userIdentityId, context)
  if (namedIdentity.userIdentityId === userIdentityId) return null
  throw createRefusal(
    'userIdentityId',
    'CONFLICT',
    'The ACS user already has another user identity. Omit `userIdentityId`.',
  )
}

/** Returns a function that reads the planned user identity, or the one that an earlier step created. */
export function createIdentityIdReader(planned: PlannedIdentity): (facts: CommandFacts) => UserIdentityId {
  return (facts) => planned.userIdentityId ?? requireFact(facts, 'userIdentityId')
}

/** Resolves a credential that the viewer may change and the gateway may manage. Rejects with `MutationRefused`. */
async function findManagedCredential(
  acsCredentialId: string,
  context: CommandContext,
): Promise<AcsCredential> {
  requireManagerAccess(context)
  const credential = await findCredential(acsCredentialId, context)
  const user = credential.acsUserId === null ? null : await context.view.user(credential.acsUserId)
  if (user !== null) throwIfRefused(managementErrors(user, 'acsCredentialId'))
  if (isBeingDeleted(credential))
    throw createRefusal('acsCredentialId', 'CONFLICT', 'The credential is being deleted.')
  return credential
}

function toCredentialRef({
  acsCredentialId,
  acsSystemId,
  acsUserId,
  accessMethod,
}: AcsCredential): CredentialRef {
  return { acsCredentialId, acsSystemId, acsUserId, accessMethod }
}

export type RevokeCredentialInput = IdempotentInput & { readonly acsCredentialId: string }

/** `revokeCredential`: deletes a credential. */
export const revokeCredential: Command<RevokeCredentialInput, CredentialRef & Facts> = {
  name: 'revokeCredential',
  auditTarget: 'ACS_CREDENTIAL',
  prepare: async ({ acsCredentialId }, context) =>
    toCredentialRef(await findManagedCredential(acsCredentialId, context)),
  toInitialFacts: ({ acsCredentialId }) => ({ acsCredentialId }),
  createSteps: (held, tools) => [revokeCredentialStep(tools, held)],
}

export type UpdateCredentialInput = IdempotentInput & {
  readonly acsCredentialId: string
  readonly startsAt?: string | null | undefined
  readonly endsAt?: string | null | undefined
  readonly acsEntranceIds?: readonly string[] | null | undefined
}

/** `endsAt` is a new end in place, `replacement` a new credential; both are `null` if the credential has the requested values already. */
type UpdatePlan = Facts & {
  readonly held: CredentialRef
  readonly acsSystemId: AcsCredential['acsSystemId']
  readonly endsAt: string | null
  readonly replacement: (PlannedCredential & { readonly person: AcsUserRef }) | null
}

/**
 * `updateCredential`: changes the end of a credential in place, the only update that Seam supports. For other entrances, another start or no
 * end, issues a new credential and then deletes the old one.
 */
export const updateCredential: Command<UpdateCredentialInput, UpdatePlan> = {
  name: 'updateCredential',
  auditTarget: 'ACS_CREDENTIAL',
  async prepare(input, context) {
    const credential = await findManagedCredential(input.acsCredentialId, context)
    const held = toCredentialRef(credential)
    const { startsAt, endsAt, acsEntranceIds } = input
    if (startsAt === undefined && endsAt === undefined && acsEntranceIds == null)
      throw createRefusal(
        null,
        'REQUIRED',
        'The input contains no change. Pass `startsAt`, `endsAt` or `acsEntranceIds`.',
      )
    const schedule = {
      startsAt: startsAt === undefined ? credential.startsAt : startsAt,
      endsAt: endsAt === undefined ? credential.endsAt : endsAt,
    }
    throwIfRefused(scheduleErrors(schedule, context.now))
    const entranceIds = await resolveChangedEntrances(credential, acsEntranceIds ?? null, context)
    const { acsSystemId } = credential
    const isReplaced =
      entranceIds !== null ||
      !isSameTime(schedule.startsAt, credential.startsAt) ||
      (schedule.endsAt === null && credential.endsAt !== null)
    const isEndChanged = !isReplaced && !isSameTime(schedule.endsAt, credential.endsAt)
    const replacement = isReplaced ? await planReplacement(credential, entranceIds, schedule, context) : null
    return { held, acsSystemId, endsAt: isEndChanged ? schedule.endsAt : null, replacement }
  },
  toInitialFacts: ({ held, replacement }) => ({
    acsCredentialId: replacement === null ? held.acsCredentialId : null,
    replaced: replacement === null ? null : held.acsCredentialId,
  }),
  createSteps({ held, endsAt, replacement }, tools) {
    if (replacement === null) return endsAt === null ? [] : [updateCredentialEndStep(tools, held, endsAt)]
    const { person, ...credential } = replacement
    return replaceCredentialSteps(tools, held, credential, person, 'replacement')
  },
}

/** Returns the entrances that the credential is to unlock; `null` if they do not change. Rejects with `MutationRefused`. */
async function resolveChangedEntrances(
  credential: AcsCredential,
  idTexts: readonly string[] | null,
  context: CommandContext,
): Promise<AcsEntranceId[] | null> {
  if (idTexts === null) return null
  const method = requireIssuableMethod(credential)
  if (idTexts.length === 0) throw createRefusal('acsEntranceIds', 'REQUIRED', 'Pass at least one entrance.')
  const entranceIds = await resolveEntrances(
    toEntranceInputs('acsEntranceIds', idTexts),
    credential.acsSystemId,
    method,
    context,
  )
  if (method === 'code' && entranceIds.length !== 1)
    throw createRefusal('acsEntranceIds', 'INVALID', 'A PIN unlocks exactly one entrance. Pass one entrance.')
  const currentIds = toEntranceIds(await context.view.entrancesOfCredential(credential))
  return entranceIds.length === currentIds.length && entranceIds.every((id) => currentIds.includes(id))
    ? null
    : entranceIds
}

async function planReplacement(
  credential: AcsCredential,
  changedEntranceIds: readonly AcsEntranceId[] | null,
  { startsAt, endsAt }: { readonly startsAt: string | null; readonly endsAt: string | null },
  context: CommandContext,
): Promise<NonNullable<UpdatePlan['replacement']>> {
  const { acsUserId, acsSystemId } = credential
  if (acsUserId === null)
    throw createRefusal(
      'acsCredentialId',
      'NOT_ALLOWED',
      'The credential is not assigned to an ACS user and cannot be replaced. Issue a new credential.',
    )
  const acsEntranceIds =
    changedEntranceIds ?? toEntranceIds(await context.view.entrancesOfCredential(credential))
  if (acsEntranceIds.length === 0)
    throw createRefusal(
      'acsEntranceIds',
      'REQUIRED',
      'The credential has no entrance. Pass `acsEntranceIds`.',
    )
  return {
    accessMethod: requireIssuableMethod(credential),
    acsEntranceIds,
    startsAt: futureStart(startsAt, context.now),
    endsAt,
    person: { acsUserId, acsSystemId },
  }
}

function requireIssuableMethod({ accessMethod }: AcsCredential): IssuableMethod {
  if (accessMethod === 'code' || accessMethod === 'mobile_key') return accessMethod
  throw createRefusal(
    'acsCredentialId',
    'NOT_SUPPORTED_BY_LATCH',
    'Latch issues only PINs and mobile keys. For other credentials, only `endsAt` can be changed.',
  )
}

function toEntranceIds(entrances: readonly AcsEntrance[]): AcsEntranceId[] {
  return entrances.map((entrance) => entrance.acsEntranceId)
}
