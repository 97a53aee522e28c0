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
const maybe = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: null, freq: 3 })
const tri = maybe(fc.boolean())
const issue: fc.Arbitrary<Issue> = fc.record({
  code: fc.constantFrom('account_disconnected', 'waiting_to_be_issued', 'x'),
  message: word,
  since: maybe(word),
})
const issues = { errors: fc.array(issue, { maxLength: 2 }), warnings: fc.array(issue, { maxLength: 2 }) }
const pin = maybe(fc.stringMatching(/^\d{7}$/))

/** Rows are taken as Seam's reads make them; ids are no more than words here. */
const rowOf = <T>(fields: Record<string, fc.Arbitrary<unknown>>) =>
  fc.record({ ...fields, ...issues }) as unknown as fc.Arbitrary<T>

const user = rowOf<AcsUser>({
  displayName: word,
  fullName: maybe(word),
  emailAddress: maybe(word),
  phoneNumber: maybe(word),
  isSuspended: tri,
  userIdentityId: maybe(word),
  accessSchedule: maybe(fc.record({ startsAt: word, endsAt: maybe(word) })),
})
const entrance = rowOf<AcsEntrance>({
  displayName: word,
  canUnlockWithCode: tri,
  canUnlockWithMobileKey: tri,
  latch: maybe(
    fc.record({
      doorName: maybe(word),
      doorType: maybe(word),
      accessibilityType: maybe(word),
      isConnected: tri,
    }),
  ),
})
const credential = rowOf<AcsCredential>({
  displayName: word,
  accessMethod: fc.constantFrom('code', 'mobile_key'),
  isMultiPhoneSync: fc.boolean(),
  code: pin,
  startsAt: maybe(word),
  endsAt: maybe(word),
  isIssued: tri,
  issuedAt: maybe(word),
  acsUserId: maybe(word),
})
const system = rowOf<AcsSystem>({
  name: word,
  externalType: maybe(word),
  timeZone: maybe(word),
  connectedAccountId: word,
})
const account = rowOf<ConnectedAccount>({ displayName: word, accountType: maybe(word) })

describe('the difference of two versions', () => {
  const kinds = [
    ['a user', user, comparableUserFields],
    ['an entrance', entrance, comparableEntranceFields],
    ['a credential', credential, comparableCredentialFields],
    ['a system', system, comparableSystemFields],
    ['an account', account, comparableAccountFields],
  ] as const

  it.each(kinds)(
    'should be nothing between %s and itself, whatever order its issues are in',
    (_, rows, facets) => {
      fc.assert(
        fc.property(rows as fc.Arbitrary<AcsUser>, (row) => {
          const turned = { ...row, errors: row.errors.toReversed(), warnings: row.warnings.toReversed() }
          const read = facets as (row: AcsUser) => Record<string, string>
          expect(changedFieldNames(read(row), read(turned))).toEqual([])
        }),
      )
    },
  )

  it('should name exactly the fields that were given another value', () => {
    const fields = ['displayName', 'fullName', 'emailAddress', 'phoneNumber', 'isSuspended'] as const
    fc.assert(
      fc.property(user, user, fc.subarray([...fields]), (row, other, changed) => {
        const after = { ...row, ...Object.fromEntries(changed.map((name) => [name, other[name]])) }
        const expected = fields.filter((name) => row[name] !== after[name])
        expect(changedFieldNames(comparableUserFields(row), comparableUserFields(after))).toEqual(expected)
      }),
    )
  })

  it('should be the same from both sides', () => {
    fc.assert(
      fc.property(credential, credential, (one, other) => {
        const [left, right] = [comparableCredentialFields(one), comparableCredentialFields(other)]
        expect(changedFieldNames(left, right)).toEqual(changedFieldNames(right, left))
      }),
    )
  })

  it('should hold no PIN, and not tell one from another', () => {
    fc.assert(
      fc.property(
        credential,
        fc.stringMatching(/^\d{7}$/),
        fc.stringMatching(/^\d{7}$/),
        (row, one, other) => {
          const facets = comparableCredentialFields({ ...row, code: new Secret(one) })
          expect(JSON.stringify(facets)).not.toContain(one)
          expect(facets).toEqual(comparableCredentialFields({ ...row, code: new Secret(other) }))
        },
      ),
    )
  })

  it('should say nothing of a field that only one version has', () => {
    expect(changedFieldNames({ a: '1' }, { a: '1', b: '2' })).toEqual([])
    expect(changedFieldNames({ a: '1', b: '2' }, { a: '3' })).toEqual(['a'])
  })

  it('should name a door that went offline by the field it stands in', () => {
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

describe('the difference of who opens what', () => {
  const credentialId = fc.constantFrom('c1', 'c2', 'c3') as fc.Arbitrary<AcsCredentialId>
  const entranceIds = fc.uniqueArray(fc.constantFrom('e1', 'e2', 'e3')) as unknown as fc.Arbitrary<
    AcsEntranceId[]
  >
  const edges: fc.Arbitrary<AccessEdges> = fc
    .array(
      fc.tuple(
        credentialId,
        fc.record({ acsUserId: maybe(fc.constantFrom('u1', 'u2')), acsEntranceIds: entranceIds }),
      ),
    )
    .map((pairs) => new Map(pairs))

  const isOpen = (all: AccessEdges, id: AcsCredentialId, door: AcsEntranceId) =>
    all.get(id)?.acsEntranceIds.includes(door) ?? false

  it('should name the credentials, entrances and users that a plain look at each pair finds', () => {
    fc.assert(
      fc.property(edges, edges, (before, after) => {
        const steps = diffAccess(before, after)
        let step = steps.next()
        while (step.done !== true) step = steps.next()
        const found = step.value
        const stayed = [...before.keys()].filter((id) => after.has(id))
        const doors = ['e1', 'e2', 'e3'] as AcsEntranceId[]
        const moved = (id: AcsCredentialId, door: AcsEntranceId) =>
          isOpen(before, id, door) !== isOpen(after, id, door)
        expect([...found.credentials.keys()].sort()).toEqual(
          stayed.filter((id) => doors.some((door) => moved(id, door))).sort(),
        )
        const users = (all: AccessEdges, door: AcsEntranceId) =>
          new Set(
            stayed
              .flatMap((id) => (isOpen(all, id, door) ? [all.get(id)?.acsUserId] : []))
              .filter((id) => id !== null),
          )
        for (const door of doors) {
          const fields = found.entrances.get(door) ?? []
          expect(fields.includes('credentials')).toBe(stayed.some((id) => moved(id, door)))
          expect(fields.includes('users')).toBe(
            users(before, door).symmetricDifference(users(after, door)).size > 0,
          )
        }
      }),
    )
  })
})
