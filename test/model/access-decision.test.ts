import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AccessQuestion, type AccessReason, checkAccess } from '../../src/model/access-decision.ts'
import type { AcsCredential, AcsUser } from '../../src/model/entities.ts'
import type { AcsCredentialId } from '../../src/model/ids.ts'
import { aCredential, anAccount, anEntrance, aSystem, aUser, issueOf } from './examples.ts'

const now = '2025-06-01T12:00:00Z'
const past = '2025-05-01T00:00:00Z'
const future = '2025-07-01T00:00:00Z'

type Overrides = {
  readonly user?: Partial<AcsUser>
  readonly credentials?: readonly Partial<AcsCredential>[]
  readonly isConnected?: boolean | null
  readonly systemError?: string
  readonly accountError?: string
  readonly at?: string
}

function questionOf(overrides: Overrides): AccessQuestion {
  const {
    user,
    credentials = [{}],
    isConnected = null,
    systemError,
    accountError,
    at: atTime = now,
  } = overrides
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

describe('an access decision', () => {
  it.each<[string, Overrides, boolean, string[]]>([
    ['with a valid credential', {}, true, []],
    ['without any credential', { credentials: [] }, false, ['NO_CREDENTIAL']],
    ['before the start of the credential', { credentials: [{ startsAt: future }] }, false, ['NOT_YET_VALID']],
    ['exactly at the start of the credential', { credentials: [{ startsAt: now }] }, true, []],
    ['exactly at the end of the credential', { credentials: [{ endsAt: now }] }, false, ['EXPIRED']],
    ['after the end of the credential', { credentials: [{ endsAt: past }] }, false, ['EXPIRED']],
    [
      'at an earlier time, before the end of the credential',
      { credentials: [{ endsAt: past }], at: '2025-04-01T00:00:00Z' },
      true,
      [],
    ],
    ['with a credential that was not issued', { credentials: [{ isIssued: false }] }, false, ['NOT_ISSUED']],
    ['with a credential whose isIssued is unknown', { credentials: [{ isIssued: null }] }, true, []],
    [
      'with a credential that has an error',
      { credentials: [{ errors: [issueOf('any')] }] },
      false,
      ['CREDENTIAL_ERROR'],
    ],
    ['with one valid and one expired credential', { credentials: [{ endsAt: past }, {}] }, true, []],
    [
      'with one expired and one unissued credential',
      { credentials: [{ endsAt: past }, { isIssued: false }] },
      false,
      ['EXPIRED', 'NOT_ISSUED'],
    ],
    [
      'with one credential that is invalid for two reasons',
      { credentials: [{ startsAt: future, isIssued: false }] },
      false,
      ['NOT_ISSUED', 'NOT_YET_VALID'],
    ],
    ['who is suspended', { user: { isSuspended: true } }, false, ['USER_SUSPENDED']],
    ['whose suspension is unknown', { user: { isSuspended: null } }, true, []],
    [
      'who is suspended and has no credential',
      { user: { isSuspended: true }, credentials: [] },
      false,
      ['NO_CREDENTIAL', 'USER_SUSPENDED'],
    ],
    [
      'before the start of the access schedule',
      { user: { accessSchedule: { startsAt: future, endsAt: null } } },
      false,
      ['NOT_YET_VALID'],
    ],
    [
      'exactly at the end of the access schedule',
      { user: { accessSchedule: { startsAt: past, endsAt: now } } },
      false,
      ['EXPIRED'],
    ],
    [
      'within the access schedule',
      { user: { accessSchedule: { startsAt: past, endsAt: future } } },
      true,
      [],
    ],
    [
      'with an error that does not prevent access',
      { user: { errors: [issueOf('failed_to_update_on_acs_system')] } },
      true,
      ['USER_ERROR'],
    ],
    ['at an entrance that is offline', { isConnected: false }, true, ['ENTRANCE_OFFLINE']],
    [
      'at an entrance that is offline, without any credential',
      { isConnected: false, credentials: [] },
      false,
      ['ENTRANCE_OFFLINE', 'NO_CREDENTIAL'],
    ],
    [
      'while the ACS system is disconnected',
      { systemError: 'acs_system_disconnected' },
      true,
      ['SYSTEM_DISCONNECTED'],
    ],
    [
      'while the connected account is disconnected',
      { accountError: 'account_disconnected' },
      true,
      ['SYSTEM_DISCONNECTED'],
    ],
  ])('should be correct for an ACS user %s', (_condition, overrides, allowed, reasons) => {
    const decision = checkAccess(questionOf(overrides))
    expect(decision.allowed).toBe(allowed)
    expect(codesOf(decision.reasons)).toEqual(reasons)
  })

  it('should name the credential of a reason, and none for a reason of the ACS user', () => {
    const expired = checkAccess(questionOf({ credentials: [{ endsAt: past }] }))
    expect(expired.reasons[0]?.credential?.acsCredentialId).toBe('credential 0')
    const afterSchedule = checkAccess(
      questionOf({ user: { accessSchedule: { startsAt: past, endsAt: past } } }),
    )
    expect(afterSchedule.reasons).toMatchObject([{ code: 'EXPIRED', blocking: true, credential: null }])
  })

  /** Few possible times for starts, ends and the decision, so that equal times are frequent. */
  const hour = fc.integer({ min: 0, max: 4 })
  const timeOf = (each: number) => `2025-06-01T0${each}:00:00Z`
  const endOf = (each: number | null) => (each === null ? null : timeOf(each))
  const optionalHour = fc.option(hour)
  const generatedCredential = fc.record({
    begins: optionalHour,
    ends: optionalHour,
    isIssued: fc.constantFrom(true, false, null),
    hasError: fc.boolean(),
    isWaitingForIssue: fc.boolean(),
  })
  const generated = fc.record({
    at: hour,
    isSuspended: fc.constantFrom(true, false, null),
    schedule: fc.option(fc.record({ begins: hour, ends: optionalHour })),
    credentials: fc.array(generatedCredential, { maxLength: 3 }),
    isConnected: fc.constantFrom(true, false, null),
    isDisconnected: fc.boolean(),
  })

  it('should agree with a simple model that compares whole hours', () => {
    fc.assert(
      fc.property(generated, (given) => {
        const decision = checkAccess(
          questionOf({
            at: timeOf(given.at),
            user: {
              isSuspended: given.isSuspended,
              accessSchedule: given.schedule && {
                startsAt: timeOf(given.schedule.begins),
                endsAt: endOf(given.schedule.ends),
              },
            },
            credentials: given.credentials.map((each) => ({
              startsAt: endOf(each.begins),
              endsAt: endOf(each.ends),
              isIssued: each.isIssued,
              errors: each.hasError ? [issueOf('any')] : [],
              warnings: each.isWaitingForIssue ? [issueOf('waiting_to_be_issued')] : [],
            })),
            isConnected: given.isConnected,
            ...(given.isDisconnected && { systemError: 'account_disconnected' }),
          }),
        )
        const isWithin = (begins: number | null, ends: number | null) =>
          given.at >= (begins ?? -1) && given.at < (ends ?? 9)
        const isUserAllowed =
          given.isSuspended !== true &&
          (given.schedule === null || isWithin(given.schedule.begins, given.schedule.ends))
        const validity = given.credentials.map(
          (each) =>
            each.isIssued !== false &&
            !each.isWaitingForIssue &&
            !each.hasError &&
            isWithin(each.begins, each.ends),
        )
        const expectedCredentials = validity.flatMap((isValid, index) =>
          isValid && isUserAllowed ? [`credential ${index}`] : [],
        )
        expect(decision.via.map((each) => each.acsCredentialId)).toEqual(expectedCredentials)
        expect(decision.allowed).toBe(expectedCredentials.length > 0)
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
