import type { AcsEntranceId, AcsSystemId } from '../../model/ids.ts'
import { addressErrors, type PersonInput, personErrors } from '../../model/rules/person.ts'
import { scheduleErrors } from '../../model/rules/schedule.ts'
import { refused, refuseIf } from '../../model/user-error.ts'
import type { Command, Keyed } from '../command.ts'
import { refuseResidents, systemNamed } from '../named.ts'
import type { Facts } from '../saga.ts'
import { issueStep } from '../steps/credential-steps.ts'
import { createIdentityStep } from '../steps/identity-steps.ts'
import { createUserStep, type PlannedUser, type UserFacts } from '../steps/user-steps.ts'
import { doorsFor, identityOf, inList } from './credentials.ts'
import { identityFor, type PlannedIdentity } from './identity-for.ts'

export type MoveInInput = Keyed &
  PersonInput & {
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

/** Latch's PINs are for one door each, and each is a call: more than this is no flat. */
const codesAtMost = 20

/** `moveIn`: a person with everything they open doors with, or nothing at all. */
export const moveIn: Command<MoveInInput, MoveInPlan> = {
  name: 'moveIn',
  async prepare(input, asker, seam) {
    refuseResidents(asker)
    const { acsSystemId } = await systemNamed(input.acsSystemId, asker)
    const keyTexts = inList('mobileKeyAcsEntranceIds', input.mobileKeyAcsEntranceIds ?? [])
    const codeTexts = inList('codeAcsEntranceIds', input.codeAcsEntranceIds ?? [])
    if (keyTexts.length + codeTexts.length === 0)
      throw refused(
        'mobileKeyAcsEntranceIds',
        'REQUIRED',
        'Name an entrance for the mobile key, or for a PIN.',
      )
    if (codeTexts.length > codesAtMost)
      throw refused('codeAcsEntranceIds', 'INVALID', `At most ${codesAtMost} entrances get a PIN at once.`)
    const mobileKeyDoors = await doorsFor(keyTexts, acsSystemId, 'mobile_key', asker)
    const codeDoors = await doorsFor(codeTexts, acsSystemId, 'code', asker)
    refuseIf([
      ...personErrors(input),
      ...scheduleErrors(input, asker.now),
      ...addressErrors(input.emailAddress, await asker.view.users(acsSystemId)),
    ])
    const { emailAddress = null, phoneNumber = null, startsAt, endsAt = null } = input
    const words = { fullName: input.fullName.trim(), emailAddress, phoneNumber }
    const identity = await identityFor(words, acsSystemId, asker, seam)
    const user = { ...words, acsSystemId, accessSchedule: null }
    return { acsSystemId, user, identity, startsAt, endsAt, mobileKeyDoors, codeDoors }
  },
  steps({ user, identity, startsAt, endsAt, mobileKeyDoors, codeDoors }, tools) {
    const personOf = (facts: Facts) => ({
      acsUserId: (facts as UserFacts).acsUserId,
      acsSystemId: user.acsSystemId,
    })
    const mobileKey = {
      accessMethod: 'mobile_key',
      acsEntranceIds: mobileKeyDoors,
      startsAt,
      endsAt,
    } as const
    return [
      ...(identity.userIdentityId === null ? [createIdentityStep(tools, identity)] : []),
      createUserStep(tools, user, identityOf(identity)),
      ...(mobileKeyDoors.length === 0
        ? []
        : [issueStep(tools, mobileKey, personOf, { name: 'issueMobileKey', as: 'mobileKey' })]),
      ...codeDoors.map((door) => {
        const code = { accessMethod: 'code', acsEntranceIds: [door], startsAt, endsAt } as const
        return issueStep(tools, code, personOf, { name: 'issueCode', as: `code ${door}` })
      }),
    ]
  },
}
