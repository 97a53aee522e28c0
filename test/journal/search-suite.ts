import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { changeKinds, changeOrigins, changeSubjects, type NewChange } from '../../src/model/change.ts'
import { allChanges, type ChangeCriteria, meetsCriteria } from '../../src/model/change-filter.ts'
import type { AcsEntranceId, AcsSystemId, AcsUserId, ConnectedAccountId } from '../../src/model/ids.ts'
import type { Store } from './conformance-suite.ts'
import { sampleChange } from './sample-changes.ts'

const idsOf = <Id extends string>(kind: number) =>
  [1, 2, 3].map((n) => `00000000-0000-4000-8000-0000000000${kind}${n}` as Id)
const [systems, users] = [idsOf<AcsSystemId>(1), idsOf<AcsUserId>(2)]
const [entrances, accounts] = [idsOf<AcsEntranceId>(3), idsOf<ConnectedAccountId>(4)]
const oneOf = <T>(values: readonly T[]) => fc.constantFrom(...values)
const orNull = <T>(values: readonly T[]) => fc.option(oneOf(values), { nil: null })
const someOrNull = <T>(values: readonly T[]) =>
  fc.option(fc.subarray([...values]) as fc.Arbitrary<T[]>, { nil: null })

/** Actors that look like other fields of a record, which a search by text must not match. */
const actor = oneOf([
  null,
  'ada',
  `"acsUserId":"${users[0]}"`,
  `{"subject":"USER","acsSystemIds":["${systems[0]}"]`,
])

const credential = fc.record({
  subject: fc.constant('CREDENTIAL' as const),
  acsSystemId: orNull(systems),
  acsUserId: orNull(users),
  acsEntranceIds: someOrNull(entrances),
})
const user = fc.record({
  subject: fc.constant('USER' as const),
  acsSystemId: orNull(systems),
  acsUserId: orNull(users),
})
const entrance = fc.record({
  subject: fc.constant('ENTRANCE' as const),
  acsSystemId: orNull(systems),
  acsEntranceIds: oneOf(entrances).map((id) => [id]),
})
const connection = fc.oneof(
  fc.record({ subject: fc.constant('CONNECTION' as const), acsSystemId: oneOf(systems) }),
  fc.record({
    subject: fc.constant('CONNECTION' as const),
    acsSystemId: fc.constant(null),
    connectedAccountId: oneOf(accounts),
    acsSystemIds: fc.subarray(systems),
  }),
  fc.record({
    subject: fc.constant('CONNECTION' as const),
    acsSystemId: fc.constant(null),
    connectedAccountId: oneOf(accounts),
  }),
)
const changeArbitrary: fc.Arbitrary<NewChange> = fc
  .tuple(
    fc.oneof(credential, user, entrance, connection),
    fc.record({ kind: oneOf(changeKinds), origin: oneOf(changeOrigins), actor }),
  )
  .map(([about, how]) => sampleChange('e', { ...about, ...how }))

const criteriaArbitrary: fc.Arbitrary<ChangeCriteria> = fc.record({
  filter: fc.record({
    acsSystemId: orNull(systems),
    acsUserId: orNull(users),
    acsEntranceId: orNull(entrances),
    subjects: someOrNull(changeSubjects),
    kinds: someOrNull(changeKinds),
    origins: someOrNull(changeOrigins),
  }),
  visibility: fc.record({
    acsSystemIds: someOrNull(systems),
    acsUser: fc.option(fc.record({ acsUserId: oneOf(users), acsEntranceIds: fc.subarray(entrances) }), {
      nil: null,
    }),
    includesAccounts: fc.boolean(),
  }),
})
/** Criteria with a single condition. With all conditions at once there is rarely a match. */
const single: fc.Arbitrary<ChangeCriteria> = fc
  .tuple(criteriaArbitrary, fc.nat(8))
  .map(([{ filter, visibility }, which]) => {
    const filters = Object.entries(filter).slice(which, which + 1)
    const conditions = Object.entries(visibility).slice(which - 6, which - 5)
    const everything = { acsSystemIds: null, acsUser: null, includesAccounts: true }
    return {
      filter: { ...allChanges, ...Object.fromEntries(filters) },
      visibility: which < 6 ? everything : { ...everything, ...Object.fromEntries(conditions) },
    }
  })

/** Compares the search of a driver with `meetsCriteria`. */
export function describeSearch(driver: string, createStore: () => Promise<Store>): void {
  describe(`${driver}: search`, () => {
    it('should find and count exactly the changes that meet the criteria', async () => {
      const store = await createStore()
      const journal = await store.open(() => new Date('2026-07-20T12:00:00.000Z'))
      const changes = fc.sample(changeArbitrary, 300)
      await journal.append([{ dedupeKeys: [], changes }])
      const all = await journal.read(0, 1_000)
      expect(all).toHaveLength(300)
      let found = 0
      await fc.assert(
        fc.asyncProperty(
          fc.oneof(single, criteriaArbitrary),
          fc.nat(310),
          fc.nat(310),
          fc.integer({ min: 1, max: 20 }),
          async (criteria, low, high, limit) => {
            const upTo = Math.min(high, 300)
            const expected = all.filter(
              ({ offset, ...change }) => offset > low && offset <= upTo && meetsCriteria(criteria, change),
            )
            found += expected.length
            const range = { after: low, upTo }
            expect(await journal.count(criteria, range)).toBe(expected.length)
            const first = await journal.search(criteria, { ...range, limit })
            expect(first).toEqual({ changes: expected.slice(0, limit), isComplete: true })
            const last = await journal.search(criteria, { ...range, limit, isBackward: true })
            expect(last).toEqual({ changes: expected.slice(-limit), isComplete: true })
          },
        ),
        { numRuns: 300 },
      )
      expect(found).toBeGreaterThan(1_000)
      await journal.close()
      await store.remove()
    })

    it('should search over several steps in both directions, and report trimmed changes', async () => {
      const store = await createStore()
      const journal = await store.open(() => new Date('2026-07-20T12:00:00.000Z'))
      const [ada, bob] = users
      const size = 25_000
      for (let start = 0; start < size; start += 1_000)
        await journal.append([
          {
            dedupeKeys: [],
            changes: Array.from({ length: 1_000 }, (_, n) =>
              sampleChange(`${start + n}`, { acsUserId: ((start + n) % 9_999 === 0 ? ada : bob) ?? null }),
            ),
          },
        ])
      const of = (acsUserId: AcsUserId | undefined): ChangeCriteria => ({
        filter: { ...allChanges, acsUserId: acsUserId ?? null },
        visibility: { acsSystemIds: null, acsUser: null, includesAccounts: true },
      })
      const everything = { after: 0, upTo: size }
      const offsets = async (range: { limit: number; isBackward?: boolean }) =>
        (await journal.search(of(ada), { ...everything, ...range })).changes.map(({ offset }) => offset)
      expect(await offsets({ limit: 10 })).toEqual([1, 10_000, 19_999])
      expect(await offsets({ limit: 2 })).toEqual([1, 10_000])
      expect(await offsets({ limit: 2, isBackward: true })).toEqual([10_000, 19_999])
      expect(await journal.count(of(bob), everything)).toBe(size - 3)
      expect(await journal.count(of(undefined), everything)).toBe(size)
      await journal.trim(365 * 86_400_000, size - 5)
      expect(await journal.search(of(ada), { ...everything, limit: 10 })).toMatchObject({ isComplete: false })
      expect(await journal.search(of(ada), { after: 5, upTo: size, limit: 10 })).toMatchObject({
        isComplete: true,
      })
      await journal.close()
      await store.remove()
    })
  })
}
