import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AccessQuestion, type AccessReason, checkAccess } from '../../src/model/access-decision.ts'
import type { AcsCredential, AcsUser } from '../../src/model/entities.ts'
import type { AcsCredentialId } from '../../src/model/ids.ts'
import { aCredential, anAccount, anEntrance, aSystem, aUser, issueOf } from './examples.ts'

const now = '2025-06-01T12:00:00Z'
const past = '2025-05-01T00:00:00Z'
const future = '2025-07-01T00:00:00Z'

type Special = {
  readonly user?: Partial<AcsUser>
  readonly credentials?: readonly Partial<AcsCredential>[]
  readonly isConnected?: boolean | null
  readonly systemError?: string
  readonly accountError?: string
  readonly at?: string
}

function questionOf(special: Special): AccessQuestion {
  const {
    user,
    credentials = [{}],
    isConnected = null,
    systemError,
    accountError,
    at: atTime = now,
  } = special
  const errors = (code: string | undefined) => ({ errors: code === undefined ? [] : [issueOf(code)] })
  return {
    user: { ...aUser, ...user },
    entrance: {
      ...anEntrance,
      latch: { doorName: null, doorType: null, accessibilityType: null, isConnected },
    },
    credentials: credentials.map((each, index) => ({
      ...aCredential,
      acsCredentialId: `credential ${index}` as AcsCredentialId,
      ...each,
    })),
    system: { ...aSystem, ...errors(systemError) },
    account: { ...anAccount, ...errors(accountError) },
    atTime,
    now,
  }
}

const codesOf = (reasons: readonly AccessReason[]) => reasons.map(({ code }) => code).sort()

describe('whether a person can open a door', () => {
  it.each<[string, Special, boolean, string[]]>([
    ['with a key that works', {}, true, []],
    ['without any key', { credentials: [] }, false, ['NO_CREDENTIAL']],
    ['before the key begins', { credentials: [{ startsAt: future }] }, false, ['NOT_YET_VALID']],
    ['at the start of the key', { credentials: [{ startsAt: now }] }, true, []],
    ['at the end of the key exactly', { credentials: [{ endsAt: now }] }, false, ['EXPIRED']],
    ['after the key', { credentials: [{ endsAt: past }] }, false, ['EXPIRED']],
    [
      'at another time, when the key still worked',
      { credentials: [{ endsAt: past }], at: '2025-04-01T00:00:00Z' },
      true,
      [],
    ],
    ['with a key that was not issued', { credentials: [{ isIssued: false }] }, false, ['NOT_ISSUED']],
    [
      'with a key of which nobody says whether it was issued',
      { credentials: [{ isIssued: null }] },
      true,
      [],
    ],
    [
      'with a key that has an error',
      { credentials: [{ errors: [issueOf('any')] }] },
      false,
      ['CREDENTIAL_ERROR'],
    ],
    ['with one key that works and one that does not', { credentials: [{ endsAt: past }, {}] }, true, []],
    [
      'with two keys that do not',
      { credentials: [{ endsAt: past }, { isIssued: false }] },
      false,
      ['EXPIRED', 'NOT_ISSUED'],
    ],
    [
      'with one key that does not for two reasons',
      { credentials: [{ startsAt: future, isIssued: false }] },
      false,
      ['NOT_ISSUED', 'NOT_YET_VALID'],
    ],
    ['while suspended', { user: { isSuspended: true } }, false, ['USER_SUSPENDED']],
    ['while nobody says whether suspended', { user: { isSuspended: null } }, true, []],
    [
      'while suspended, without any key',
      { user: { isSuspended: true }, credentials: [] },
      false,
      ['NO_CREDENTIAL', 'USER_SUSPENDED'],
    ],
    [
      "before the person's own time",
      { user: { accessSchedule: { startsAt: future, endsAt: null } } },
      false,
      ['NOT_YET_VALID'],
    ],
    [
      "at the end of the person's own time",
      { user: { accessSchedule: { startsAt: past, endsAt: now } } },
      false,
      ['EXPIRED'],
    ],
    [
      "within the person's own time",
      { user: { accessSchedule: { startsAt: past, endsAt: future } } },
      true,
      [],
    ],
    [
      'while the record of the person has a problem',
      { user: { errors: [issueOf('failed_to_update_on_acs_system')] } },
      true,
      ['USER_ERROR'],
    ],
    ['at a door that is offline', { isConnected: false }, true, ['ENTRANCE_OFFLINE']],
    [
      'at a door that is offline, without any key',
      { isConnected: false, credentials: [] },
      false,
      ['ENTRANCE_OFFLINE', 'NO_CREDENTIAL'],
    ],
    [
      'while the system is disconnected',
      { systemError: 'acs_system_disconnected' },
      true,
      ['SYSTEM_DISCONNECTED'],
    ],
    [
      'while the account is disconnected',
      { accountError: 'account_disconnected' },
      true,
      ['SYSTEM_DISCONNECTED'],
    ],
  ])('%s', (_when, special, allowed, reasons) => {
    const decision = checkAccess(questionOf(special))
    expect(decision.allowed).toBe(allowed)
    expect(codesOf(decision.reasons)).toEqual(reasons)
  })

  it('should name the credential that a reason is about, and none where it is about the person', () => {
    const expired = checkAccess(questionOf({ credentials: [{ endsAt: past }] }))
    expect(expired.reasons[0]?.credential?.acsCredentialId).toBe('credential 0')
    const over = checkAccess(questionOf({ user: { accessSchedule: { startsAt: past, endsAt: past } } }))
    expect(over.reasons).toMatchObject([{ code: 'EXPIRED', blocking: true, credential: null }])
  })

  /** Instants around which everything begins and ends, so that equal ones are common. */
  const hour = fc.integer({ min: 0, max: 4 })
  const timeOf = (each: number) => `2025-06-01T0${each}:00:00Z`
  const endOf = (each: number | null) => (each === null ? null : timeOf(each))
  const maybe = fc.option(hour)
  const generatedCredential = fc.record({
    begins: maybe,
    ends: maybe,
    isIssued: fc.constantFrom(true, false, null),
    isFaulty: fc.boolean(),
    isWaiting: fc.boolean(),
  })
  const generated = fc.record({
    at: hour,
    isSuspended: fc.constantFrom(true, false, null),
    own: fc.option(fc.record({ begins: hour, ends: maybe })),
    credentials: fc.array(generatedCredential, { maxLength: 3 }),
    isConnected: fc.constantFrom(true, false, null),
    isDisconnected: fc.boolean(),
  })

  it('should agree with a count of hours on everything', () => {
    fc.assert(
      fc.property(generated, (given) => {
        const decision = checkAccess(
          questionOf({
            at: timeOf(given.at),
            user: {
              isSuspended: given.isSuspended,
              accessSchedule: given.own && {
                startsAt: timeOf(given.own.begins),
                endsAt: endOf(given.own.ends),
              },
            },
            credentials: given.credentials.map((each) => ({
              startsAt: endOf(each.begins),
              endsAt: endOf(each.ends),
              isIssued: each.isIssued,
              errors: each.isFaulty ? [issueOf('any')] : [],
              warnings: each.isWaiting ? [issueOf('waiting_to_be_issued')] : [],
            })),
            isConnected: given.isConnected,
            ...(given.isDisconnected && { systemError: 'account_disconnected' }),
          }),
        )
        const isWithin = (begins: number | null, ends: number | null) =>
          given.at >= (begins ?? -1) && given.at < (ends ?? 9)
        const mayBeThere =
          given.isSuspended !== true && (given.own === null || isWithin(given.own.begins, given.own.ends))
        const works = given.credentials.map(
          (each) =>
            each.isIssued !== false && !each.isWaiting && !each.isFaulty && isWithin(each.begins, each.ends),
        )
        const opening = works.flatMap((isWorking, index) =>
          isWorking && mayBeThere ? [`credential ${index}`] : [],
        )
        expect(decision.via.map((each) => each.acsCredentialId)).toEqual(opening)
        expect(decision.allowed).toBe(opening.length > 0)
        expect(decision.reasons.some((reason) => reason.blocking)).toBe(!decision.allowed)
        const has = (code: string) => codesOf(decision.reasons).includes(code as AccessReason['code'])
        expect(has('NO_CREDENTIAL')).toBe(given.credentials.length === 0)
        expect(has('USER_SUSPENDED')).toBe(given.isSuspended === true)
        expect(has('ENTRANCE_OFFLINE')).toBe(given.isConnected === false)
        expect(has('SYSTEM_DISCONNECTED')).toBe(given.isDisconnected)
      }),
      { numRuns: 1000 },
    )
  })
})
