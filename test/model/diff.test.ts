import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type AccessEdges,
  changedFieldNames,
  comparableAccountFields,
  comparableCredentialFields,
  comparableEntranceFields,
  comparableSystemFields,
  comparableUserFields,
  diffAccess,
} from '../../src/model/diff.ts'
import type {
  AcsCredential,
  AcsEntrance,
  AcsSystem,
  AcsUser,
  ConnectedAccount,
  Issue,
} from '../../src/model/entities.ts'
import type { AcsCredentialId, AcsEntranceId } from '../../src/model/ids.ts'
import { Secret } from '../../src/model/secret.ts'

const word = fc.constantFrom('', 'a', 'b', '"', 'null', 'a,b')
const nullable = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: null, freq: 3 })
const nullableBoolean = nullable(fc.boolean())
const issue: fc.Arbitrary<Issue> = fc.record({
  code: fc.constantFrom('account_disconnected', 'waiting_to_be_issued', 'x'),
  message: word,
  since: nullable(word),
})
const issues = { errors: fc.array(issue, { maxLength: 2 }), warnings: fc.array(issue, { maxLength: 2 }) }
const pin = nullable(fc.stringMatching(/^\d{7}$/))

/** Generates rows in the form in which they are read from Seam. Ids are arbitrary words. */
const rowOf = <T>(fields: Record<string, fc.Arbitrary<unknown>>) =>
  fc.record({ ...fields, ...issues }) as unknown as fc.Arbitrary<T>

const user = rowOf<AcsUser>({
  displayName: word,
  fullName: nullable(word),
  emailAddress: nullable(word),
  phoneNumber: nullable(word),
  isSuspended: nullableBoolean,
  userIdentityId: nullable(word),
  accessSchedule: nullable(fc.record({ startsAt: word, endsAt: nullable(word) })),
})
const entrance = rowOf<AcsEntrance>({
  displayName: word,
  canUnlockWithCode: nullableBoolean,
  canUnlockWithMobileKey: nullableBoolean,
  latch: nullable(
    fc.record({
      doorName: nullable(word),
      doorType: nullable(word),
      accessibilityType: nullable(word),
      isConnected: nullableBoolean,
    }),
  ),
})
const credential = rowOf<AcsCredential>({
  displayName: word,
  accessMethod: fc.constantFrom('code', 'mobile_key'),
  isMultiPhoneSync: fc.boolean(),
  code: pin,
  startsAt: nullable(word),
  endsAt: nullable(word),
  isIssued: nullableBoolean,
  issuedAt: nullable(word),
  acsUserId: nullable(word),
})
const system = rowOf<AcsSystem>({
  name: word,
  externalType: nullable(word),
  timeZone: nullable(word),
  connectedAccountId: word,
})
const account = rowOf<ConnectedAccount>({ displayName: word, accountType: nullable(word) })

describe('the changed fields of two versions of a row', () => {
  const kinds = [
    ['a user', user, comparableUserFields],
    ['an entrance', entrance, comparableEntranceFields],
    ['a credential', credential, comparableCredentialFields],
    ['a system', system, comparableSystemFields],
    ['an account', account, comparableAccountFields],
  ] as const

  it.each(kinds)(
    'should be empty for %s and itself, regardless of the order of errors and warnings',
    (_type, rows, comparableFields) => {
      fc.assert(
        fc.property(rows as fc.Arbitrary<AcsUser>, (row) => {
          const reversed = { ...row, errors: row.errors.toReversed(), warnings: row.warnings.toReversed() }
          const fieldsOf = comparableFields as (row: AcsUser) => Record<string, string>
          expect(changedFieldNames(fieldsOf(row), fieldsOf(reversed))).toEqual([])
        }),
      )
    },
  )

  it('should be exactly the fields whose value differs', () => {
    const fields = ['displayName', 'fullName', 'emailAddress', 'phoneNumber', 'isSuspended'] as const
    fc.assert(
      fc.property(user, user, fc.subarray([...fields]), (row, other, changed) => {
        const after = { ...row, ...Object.fromEntries(changed.map((name) => [name, other[name]])) }
        const expected = fields.filter((name) => row[name] !== after[name])
        expect(changedFieldNames(comparableUserFields(row), comparableUserFields(after))).toEqual(expected)
      }),
    )
  })

  it('should be the same in both directions', () => {
    fc.assert(
      fc.property(credential, credential, (before, after) => {
        const [left, right] = [comparableCredentialFields(before), comparableCredentialFields(after)]
        expect(changedFieldNames(left, right)).toEqual(changedFieldNames(right, left))
      }),
    )
  })

  it('should contain no PIN and not depend on the PIN', () => {
    fc.assert(
      fc.property(
        credential,
        fc.stringMatching(/^\d{7}$/),
        fc.stringMatching(/^\d{7}$/),
        (row, pinBefore, pinAfter) => {
          const fields = comparableCredentialFields({ ...row, code: new Secret(pinBefore) })
          expect(JSON.stringify(fields)).not.toContain(pinBefore)
          expect(fields).toEqual(comparableCredentialFields({ ...row, code: new Secret(pinAfter) }))
        },
      ),
    )
  })

  it('should not include a field that only one version has', () => {
    expect(changedFieldNames({ a: '1' }, { a: '1', b: '2' })).toEqual([])
    expect(changedFieldNames({ a: '1', b: '2' }, { a: '3' })).toEqual(['a'])
  })

  it('should be latch for an entrance that went offline', () => {
    const row: AcsEntrance = {
      acsEntranceId: 'e' as AcsEntranceId,
      acsSystemId: 's' as AcsEntrance['acsSystemId'],
      displayName: 'Gym',
      canUnlockWithCode: true,
      canUnlockWithMobileKey: true,
      latch: { doorName: 'Gym', doorType: null, accessibilityType: null, isConnected: true },
      createdAt: '',
      errors: [],
      warnings: [],
    }
    const offline = { ...row, latch: row.latch && { ...row.latch, isConnected: false } }
    expect(changedFieldNames(comparableEntranceFields(row), comparableEntranceFields(offline))).toEqual([
      'latch',
    ])
  })
})

describe('diffAccess', () => {
  const credentialId = fc.constantFrom('c1', 'c2', 'c3') as fc.Arbitrary<AcsCredentialId>
  const entranceIds = fc.uniqueArray(fc.constantFrom('e1', 'e2', 'e3')) as unknown as fc.Arbitrary<
    AcsEntranceId[]
  >
  const edges: fc.Arbitrary<AccessEdges> = fc
    .array(
      fc.tuple(
        credentialId,
        fc.record({ acsUserId: nullable(fc.constantFrom('u1', 'u2')), acsEntranceIds: entranceIds }),
      ),
    )
    .map((pairs) => new Map(pairs))

  const canUnlock = (accessEdges: AccessEdges, id: AcsCredentialId, entrance: AcsEntranceId) =>
    accessEdges.get(id)?.acsEntranceIds.includes(entrance) ?? false

  it('should agree with a simple model that compares each pair of credential and entrance', () => {
    fc.assert(
      fc.property(edges, edges, (before, after) => {
        const steps = diffAccess(before, after)
        let step = steps.next()
        while (step.done !== true) step = steps.next()
        const differences = step.value
        const commonIds = [...before.keys()].filter((id) => after.has(id))
        const entrances = ['e1', 'e2', 'e3'] as AcsEntranceId[]
        const isChanged = (id: AcsCredentialId, entrance: AcsEntranceId) =>
          canUnlock(before, id, entrance) !== canUnlock(after, id, entrance)
        expect([...differences.credentials.keys()].sort()).toEqual(
          commonIds.filter((id) => entrances.some((entrance) => isChanged(id, entrance))).sort(),
        )
        const users = (accessEdges: AccessEdges, entrance: AcsEntranceId) =>
          new Set(
            commonIds
              .flatMap((id) => (canUnlock(accessEdges, id, entrance) ? [accessEdges.get(id)?.acsUserId] : []))
              .filter((id) => id !== null),
          )
        for (const entrance of entrances) {
          const fields = differences.entrances.get(entrance) ?? []
          expect(fields.includes('credentials')).toBe(commonIds.some((id) => isChanged(id, entrance)))
          expect(fields.includes('users')).toBe(
            users(before, entrance).symmetricDifference(users(after, entrance)).size > 0,
          )
        }
      }),
    )
  })
})
