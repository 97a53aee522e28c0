import type { AcsCredential, AcsEntrance, AcsUser } from '../../model/entities.ts'
import type { AcsEntranceId, UserIdentityId } from '../../model/ids.ts'
import { doorErrors, type IssuedMethod } from '../../model/rules/doors.ts'
import { isBeingDeleted, managementErrors } from '../../model/rules/person.ts'
import { type ScheduleInput, scheduleErrors, upcoming } from '../../model/rules/schedule.ts'
import { timeKey } from '../../model/time.ts'
import { refused, refuseIf } from '../../model/user-error.ts'
import type { Asker, Command, Keyed } from '../command.ts'
import { credentialNamed, doorNamed, refuseResidents, userNamed } from '../named.ts'
import type { Facts } from '../saga.ts'
import {
  type Held,
  issueStep,
  moveEndStep,
  type PlannedCredential,
  revokeStep,
} from '../steps/credential-steps.ts'
import { createIdentityStep, type IdentityFacts, linkIdentityStep } from '../steps/identity-steps.ts'
import type { Person } from '../steps/user-steps.ts'
import { identityFor, type PlannedIdentity } from './identity-for.ts'

type IssuePlan = Facts & Person & { readonly credential: PlannedCredential }

/** Doors that one credential is to open, as they're named in the input. */
export type DoorTexts = readonly { readonly text: string; readonly field: readonly string[] }[]

/** Texts of a list, each with its place in it. */
export function inList(field: string, texts: readonly string[]): DoorTexts {
  return texts.map((text, index) => ({ text, field: [field, String(index)] }))
}

/** The doors, if a person's credential of that kind can open them; each once. Rejects with `Refused`. */
export async function doorsFor(
  texts: DoorTexts,
  acsSystemId: AcsUser['acsSystemId'],
  method: IssuedMethod,
  asker: Asker,
): Promise<AcsEntranceId[]> {
  const doors = await Promise.all(
    texts.map(async ({ text, field }) => ({ door: await doorNamed(text, asker, field), field })),
  )
  refuseIf(doorErrors(doors, acsSystemId, method))
  return [...new Set(doors.map(({ door }) => door.acsEntranceId))]
}

/** Whose credentials may be issued and taken away here. */
async function holder(acsUserId: string, asker: Asker): Promise<AcsUser> {
  refuseResidents(asker)
  const user = await userNamed(acsUserId, asker)
  refuseIf(managementErrors(user, 'acsUserId'))
  return user
}

function planned(
  accessMethod: IssuedMethod,
  acsEntranceIds: readonly AcsEntranceId[],
  { startsAt, endsAt }: ScheduleInput,
): PlannedCredential {
  return { accessMethod, acsEntranceIds, startsAt: startsAt ?? null, endsAt: endsAt ?? null }
}

export type IssueCodeInput = Keyed &
  ScheduleInput & { readonly acsUserId: string; readonly acsEntranceId: string }

/** `issueCode`: a PIN for exactly one door. Latch makes it up, and may take its time. */
export const issueCode: Command<IssueCodeInput, IssuePlan> = {
  name: 'issueCode',
  async prepare(input, asker) {
    const { acsUserId, acsSystemId } = await holder(input.acsUserId, asker)
    const texts = [{ text: input.acsEntranceId, field: ['acsEntranceId'] }]
    const doors = await doorsFor(texts, acsSystemId, 'code', asker)
    refuseIf(scheduleErrors(input, asker.now))
    return { acsUserId, acsSystemId, credential: planned('code', doors, input) }
  },
  steps: ({ credential, ...person }, tools) => [
    issueStep(tools, credential, () => person, { name: 'issueCode', as: 'code' }),
  ],
}

export type IssueMobileKeyInput = Keyed &
  ScheduleInput & { readonly acsUserId: string; readonly acsEntranceIds: readonly string[] }

/** `null` where the person has an identity already. */
type MobileKeyPlan = IssuePlan & { readonly identity: PlannedIdentity | null }

/** `issueMobileKey`: a key on the person's phones, for one door or more. It needs a user identity, which is found or made. */
export const issueMobileKey: Command<IssueMobileKeyInput, MobileKeyPlan> = {
  name: 'issueMobileKey',
  async prepare(input, asker, seam) {
    const user = await holder(input.acsUserId, asker)
    const { acsUserId, acsSystemId } = user
    if (input.acsEntranceIds.length === 0)
      throw refused('acsEntranceIds', 'REQUIRED', 'Name at least one entrance.')
    const texts = inList('acsEntranceIds', input.acsEntranceIds)
    const doors = await doorsFor(texts, acsSystemId, 'mobile_key', asker)
    refuseIf(scheduleErrors(input, asker.now))
    const identity = user.userIdentityId === null ? await identityFor(user, acsSystemId, asker, seam) : null
    return { acsUserId, acsSystemId, credential: planned('mobile_key', doors, input), identity }
  },
  steps: ({ credential, identity, ...person }, tools) => [
    ...(identity !== null && identity.userIdentityId === null ? [createIdentityStep(tools, identity)] : []),
    ...(identity === null ? [] : [linkIdentityStep(tools, person, identityOf(identity))]),
    issueStep(tools, credential, () => person, { name: 'issueMobileKey', as: 'mobileKey' }),
  ],
}

/** The identity that was planned, or the one that an earlier step created. */
export function identityOf(planned: PlannedIdentity): (facts: Facts) => UserIdentityId {
  return (facts) => planned.userIdentityId ?? (facts as IdentityFacts).userIdentityId
}

/** A credential that may be changed or taken away here. */
async function manageable(acsCredentialId: string, asker: Asker): Promise<AcsCredential> {
  refuseResidents(asker)
  const credential = await credentialNamed(acsCredentialId, asker)
  const user = credential.acsUserId === null ? null : await asker.view.user(credential.acsUserId)
  if (user !== null) refuseIf(managementErrors(user, 'acsCredentialId'))
  if (isBeingDeleted(credential))
    throw refused('acsCredentialId', 'CONFLICT', 'This credential is being deleted.')
  return credential
}

function heldOf({ acsCredentialId, acsSystemId, acsUserId }: AcsCredential): Held {
  return { acsCredentialId, acsSystemId, acsUserId }
}

export type RevokeCredentialInput = Keyed & { readonly acsCredentialId: string }

/** `revokeCredential`: it opens nothing any more, and is gone. */
export const revokeCredential: Command<RevokeCredentialInput, Held & Facts> = {
  name: 'revokeCredential',
  prepare: async ({ acsCredentialId }, asker) => heldOf(await manageable(acsCredentialId, asker)),
  about: ({ acsCredentialId }) => ({ acsCredentialId }),
  steps: (held, tools) => [revokeStep(tools, held)],
}

export type UpdateCredentialInput = Keyed & {
  readonly acsCredentialId: string
  readonly startsAt?: string | null | undefined
  readonly endsAt?: string | null | undefined
  readonly acsEntranceIds?: readonly string[] | null | undefined
}

/** A new end in place, or a new credential instead of the old one, or neither where it is as wanted already. */
type UpdatePlan = Facts & {
  readonly held: Held
  readonly acsSystemId: AcsCredential['acsSystemId']
  readonly endsAt: string | null
  readonly replacement: (PlannedCredential & { readonly person: Person }) | null
}

/**
 * `updateCredential`: Seam moves an end in place, and nothing else. For other doors, another start or no end a new credential is
 * issued, and only then the old one taken away.
 */
export const updateCredential: Command<UpdateCredentialInput, UpdatePlan> = {
  name: 'updateCredential',
  async prepare(input, asker) {
    const credential = await manageable(input.acsCredentialId, asker)
    const held = heldOf(credential)
    const { startsAt, endsAt, acsEntranceIds } = input
    if (startsAt === undefined && endsAt === undefined && acsEntranceIds == null)
      throw refused(null, 'REQUIRED', 'Give an end, a start or entrances.')
    const wanted = {
      startsAt: startsAt === undefined ? credential.startsAt : startsAt,
      endsAt: endsAt === undefined ? credential.endsAt : endsAt,
    }
    refuseIf(scheduleErrors(wanted, asker.now))
    const doors = await doorsWanted(credential, acsEntranceIds ?? null, asker)
    const { acsSystemId } = credential
    const isReplaced =
      doors !== null ||
      !isSameTime(wanted.startsAt, credential.startsAt) ||
      (wanted.endsAt === null && credential.endsAt !== null)
    const isMoved = !isReplaced && !isSameTime(wanted.endsAt, credential.endsAt)
    const replacement = isReplaced ? await replacementOf(credential, doors, wanted, asker) : null
    return { held, acsSystemId, endsAt: isMoved ? wanted.endsAt : null, replacement }
  },
  about: ({ held, replacement }) => ({
    acsCredentialId: replacement === null ? held.acsCredentialId : null,
    replaced: replacement === null ? null : held.acsCredentialId,
  }),
  steps({ held, endsAt, replacement }, tools) {
    if (replacement === null) return endsAt === null ? [] : [moveEndStep(tools, held, endsAt)]
    const { person, ...credential } = replacement
    const name = credential.accessMethod === 'code' ? 'issueCode' : 'issueMobileKey'
    return [
      issueStep(tools, credential, () => person, { name, as: 'replacement' }),
      revokeStep(tools, held, 'revokeReplaced'),
    ]
  },
}

/** The doors it is to open, where they aren't those that it opens; `null` where they stay. */
async function doorsWanted(
  credential: AcsCredential,
  texts: readonly string[] | null,
  asker: Asker,
): Promise<AcsEntranceId[] | null> {
  if (texts === null) return null
  const method = methodOf(credential)
  if (texts.length === 0) throw refused('acsEntranceIds', 'REQUIRED', 'Name at least one entrance.')
  const doors = await doorsFor(inList('acsEntranceIds', texts), credential.acsSystemId, method, asker)
  if (method === 'code' && doors.length !== 1)
    throw refused('acsEntranceIds', 'INVALID', 'A PIN opens exactly one entrance.')
  const now = idsOf(await asker.view.entrancesOfCredential(credential))
  return doors.length === now.length && doors.every((id) => now.includes(id)) ? null : doors
}

async function replacementOf(
  credential: AcsCredential,
  doors: readonly AcsEntranceId[] | null,
  { startsAt, endsAt }: { readonly startsAt: string | null; readonly endsAt: string | null },
  asker: Asker,
): Promise<NonNullable<UpdatePlan['replacement']>> {
  const { acsUserId, acsSystemId } = credential
  if (acsUserId === null)
    throw refused('acsCredentialId', 'NOT_ALLOWED', "This credential is nobody's: issue a new one instead.")
  const acsEntranceIds = doors ?? idsOf(await asker.view.entrancesOfCredential(credential))
  if (acsEntranceIds.length === 0)
    throw refused(
      'acsEntranceIds',
      'REQUIRED',
      'This credential opens no entrance: name those it is to open.',
    )
  return {
    accessMethod: methodOf(credential),
    acsEntranceIds,
    startsAt: upcoming(startsAt, asker.now),
    endsAt,
    person: { acsUserId, acsSystemId },
  }
}

function methodOf({ accessMethod }: AcsCredential): IssuedMethod {
  if (accessMethod === 'code' || accessMethod === 'mobile_key') return accessMethod
  throw refused(
    'acsCredentialId',
    'NOT_SUPPORTED_BY_LATCH',
    'Latch issues PINs and mobile keys; of anything else only the end can be changed.',
  )
}

function idsOf(doors: readonly AcsEntrance[]): AcsEntranceId[] {
  return doors.map((door) => door.acsEntranceId)
}

function isSameTime(a: string | null, b: string | null): boolean {
  return a === null || b === null ? a === b : timeKey(a) === timeKey(b)
}
