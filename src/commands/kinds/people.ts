import type { AccessSchedule } from '../../model/entities.ts'
import type { UserIdentityId } from '../../model/ids.ts'
import { addressErrors, managementErrors, type PersonInput, personErrors } from '../../model/rules/person.ts'
import { scheduleErrors } from '../../model/rules/schedule.ts'
import { refused, refuseIf } from '../../model/user-error.ts'
import type { Asker, Command, Keyed } from '../command.ts'
import { identityNamed, refuseNarrow, refuseResidents, systemNamed, userNamed } from '../named.ts'
import type { Facts } from '../saga.ts'
import { createIdentityStep } from '../steps/identity-steps.ts'
import {
  createUserStep,
  deleteUserStep,
  type Person,
  type PlannedUser,
  suspensionStep,
  updateUserStep,
} from '../steps/user-steps.ts'

type Given<T> = T | null | undefined

/** A schedule as a client writes it. */
type ScheduleWords = { readonly startsAt: string; readonly endsAt?: Given<string> }

export type CreateAcsUserInput = Keyed &
  PersonInput & {
    readonly acsSystemId: string
    readonly fullName: string
    readonly accessSchedule?: Given<ScheduleWords>
    readonly userIdentityId?: Given<string>
  }

type CreateUserPlan = PlannedUser & Facts & { readonly userIdentityId: UserIdentityId | null }

/** `createAcsUser`: a person in one building. */
export const createAcsUser: Command<CreateAcsUserInput, CreateUserPlan> = {
  name: 'createAcsUser',
  async prepare(input, asker) {
    refuseResidents(asker)
    const { acsSystemId } = await systemNamed(input.acsSystemId, asker)
    const identity = input.userIdentityId == null ? null : await identityNamed(input.userIdentityId, asker)
    const neighbours = await asker.view.users(acsSystemId)
    refuseIf([
      ...personErrors(input),
      ...scheduleErrors(input.accessSchedule ?? {}, asker.now, ['accessSchedule']),
      ...addressErrors(input.emailAddress, neighbours),
    ])
    if (identity !== null && neighbours.some((user) => user.userIdentityId === identity.userIdentityId))
      throw refused('userIdentityId', 'CONFLICT', 'This user identity has a person in this building already.')
    return {
      acsSystemId,
      fullName: input.fullName.trim(),
      emailAddress: input.emailAddress ?? null,
      phoneNumber: input.phoneNumber ?? null,
      accessSchedule: scheduleOf(input.accessSchedule),
      userIdentityId: identity?.userIdentityId ?? null,
    }
  },
  steps: ({ userIdentityId, ...user }, tools) => [createUserStep(tools, user, () => userIdentityId)],
}

function scheduleOf(words: Given<ScheduleWords>): AccessSchedule | null {
  return words == null ? null : { startsAt: words.startsAt, endsAt: words.endsAt ?? null }
}

/** A person that is to be changed, and may be. */
async function managed(acsUserId: string, asker: Asker): Promise<Person & Facts> {
  refuseResidents(asker)
  const user = await userNamed(acsUserId, asker)
  refuseIf(managementErrors(user, 'acsUserId'))
  return { acsUserId: user.acsUserId, acsSystemId: user.acsSystemId }
}

const aboutPerson = ({ acsUserId }: Person): Facts => ({ acsUserId })

export type UpdateAcsUserInput = Keyed &
  PersonInput & { readonly acsUserId: string; readonly accessSchedule?: Given<ScheduleWords> }

type UpdateUserPlan = Facts &
  Person & {
    readonly changes: {
      readonly fullName?: string
      readonly emailAddress?: string
      readonly phoneNumber?: string
      readonly accessSchedule?: { readonly startsAt: string; readonly endsAt: string } | null
    }
  }

/** `updateAcsUser`: what is given is changed, the rest stays. */
export const updateAcsUser: Command<UpdateAcsUserInput, UpdateUserPlan> = {
  name: 'updateAcsUser',
  async prepare(input, asker) {
    const person = await managed(input.acsUserId, asker)
    const { accessSchedule } = input
    const neighbours = input.emailAddress == null ? [] : await asker.view.users(person.acsSystemId)
    refuseIf([
      ...personErrors(input),
      ...scheduleErrors(accessSchedule ?? {}, asker.now, ['accessSchedule']),
      ...addressErrors(
        input.emailAddress,
        neighbours.filter((user) => user.acsUserId !== person.acsUserId),
      ),
    ])
    const changes = {
      ...(input.fullName != null && { fullName: input.fullName.trim() }),
      ...(input.emailAddress != null && { emailAddress: input.emailAddress }),
      ...(input.phoneNumber != null && { phoneNumber: input.phoneNumber }),
      ...(accessSchedule !== undefined && { accessSchedule: closed(accessSchedule) }),
    }
    if (Object.keys(changes).length === 0) throw refused(null, 'REQUIRED', 'Give something to change.')
    return { ...person, changes }
  },
  about: aboutPerson,
  steps: ({ changes, ...person }, tools) => [updateUserStep(tools, person, changes)],
}

/** Seam changes a schedule only to one with both ends, or takes it away. */
function closed(schedule: ScheduleWords | null): { startsAt: string; endsAt: string } | null {
  if (schedule === null) return null
  const { startsAt, endsAt } = schedule
  if (endsAt != null) return { startsAt, endsAt }
  throw refused(
    ['accessSchedule', 'endsAt'],
    'SCHEDULE_INVALID',
    'Seam changes a schedule only to one with an end. Take it away with null to leave access open.',
  )
}

export type AcsUserInput = Keyed & { readonly acsUserId: string }

/** `suspendAcsUser`: whether Latch can isn't documented; Seam's answer decides. */
export const suspendAcsUser: Command<AcsUserInput, Person & Facts> = {
  name: 'suspendAcsUser',
  prepare: ({ acsUserId }, asker) => managed(acsUserId, asker),
  about: aboutPerson,
  steps: (person, tools) => [suspensionStep(tools, person, true)],
}

/** `unsuspendAcsUser`: as `suspendAcsUser`. */
export const unsuspendAcsUser: Command<AcsUserInput, Person & Facts> = {
  name: 'unsuspendAcsUser',
  prepare: ({ acsUserId }, asker) => managed(acsUserId, asker),
  about: aboutPerson,
  steps: (person, tools) => [suspensionStep(tools, person, false)],
}

/** `deleteAcsUser`: the person, with all their credentials. */
export const deleteAcsUser: Command<AcsUserInput, Person & Facts> = {
  name: 'deleteAcsUser',
  prepare: ({ acsUserId }, asker) => managed(acsUserId, asker),
  about: aboutPerson,
  steps: (person, tools) => [deleteUserStep(tools, person)],
}

export type CreateUserIdentityInput = Keyed & PersonInput & { readonly userIdentityKey?: Given<string> }

type IdentityPlan = Facts & {
  readonly key: string | null
  readonly fullName: string | null
  readonly emailAddress: string | null
  readonly phoneNumber: string | null
}

/** `createUserIdentity`: a person across buildings. */
export const createUserIdentity: Command<CreateUserIdentityInput, IdentityPlan> = {
  name: 'createUserIdentity',
  async prepare(input, asker) {
    refuseResidents(asker)
    refuseNarrow(asker)
    refuseIf(personErrors(input))
    const { userIdentityKey: key = null } = input
    if (key !== null && (key.trim() === '' || key.startsWith('latchkey-')))
      throw refused('userIdentityKey', 'INVALID', 'A key is not empty, and does not begin with latchkey-.')
    const { fullName = null, emailAddress = null, phoneNumber = null } = input
    if ([key, fullName, emailAddress, phoneNumber].every((each) => each === null))
      throw refused(null, 'REQUIRED', 'Give a key, a name, an e-mail address or a phone number.')
    return { key, fullName: fullName?.trim() ?? null, emailAddress, phoneNumber }
  },
  steps: (identity, tools) => [createIdentityStep(tools, identity)],
}
