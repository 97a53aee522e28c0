import { describe, expect, it } from 'vitest'
import type { NewChange } from '../../src/model/change.ts'
import {
  allChanges,
  type ChangeCriteria,
  type ChangeFilter,
  type ChangeVisibility,
  isMetByEveryChange,
  meetsCriteria,
} from '../../src/model/change-filter.ts'
import { sampleChange } from '../journal/sample-changes.ts'

const idOf = (digit: number): string => `00000000-0000-4000-8000-00000000000${digit}`
const [north, south, ada, bob, front, back] = [1, 2, 3, 4, 5, 6].map(idOf)
const fullVisibility: ChangeVisibility = { acsSystemIds: null, acsUser: null, includesAccounts: true }

type Loose<T> = { readonly [K in keyof T]?: unknown }
const change = (about: Loose<NewChange>): NewChange =>
  sampleChange('e', { acsSystemId: north, ...about } as Partial<NewChange>)
const visibility = (narrow: Loose<ChangeVisibility>) => ({ ...fullVisibility, ...narrow }) as ChangeVisibility
const criteria = (narrow: Loose<ChangeVisibility>, filter: Loose<ChangeFilter> = {}): ChangeCriteria => ({
  filter: { ...allChanges, ...filter } as ChangeFilter,
  visibility: visibility(narrow),
})

const user = { subject: 'USER', acsUserId: ada }
const entrance = { subject: 'ENTRANCE', acsEntranceIds: [front] }
const system = { subject: 'CONNECTION' }
const account = { subject: 'CONNECTION', acsSystemId: null, connectedAccountId: idOf(7) }
const oneSystem = { acsSystemIds: [north] }
const resident = { acsUser: { acsUserId: ada, acsEntranceIds: [front] } }

describe('the visibility of a change', () => {
  it.each<[string, Loose<ChangeVisibility>, Loose<NewChange>, boolean]>([
    ['a full viewer, a change of an ACS system', {}, {}, true],
    ['a full viewer, a change of an unknown ACS system', {}, { acsSystemId: null }, true],
    ['a viewer of one ACS system, a change of that system', oneSystem, {}, true],
    ['a viewer of one ACS system, a change of another system', oneSystem, { acsSystemId: south }, false],
    ['a viewer of one ACS system, a change of an unknown system', oneSystem, { acsSystemId: null }, false],
    ['a viewer of no ACS system, a change of a system', { acsSystemIds: [] }, {}, false],
    ['a viewer of one ACS system, the connection of that system', oneSystem, system, true],
    [
      'a viewer of one ACS system, the connection of another system',
      oneSystem,
      { ...system, acsSystemId: south },
      false,
    ],
    [
      'a viewer of one ACS system, the connected account of that system',
      oneSystem,
      { ...account, acsSystemIds: [south, north] },
      true,
    ],
    [
      'a viewer of one ACS system, another connected account',
      oneSystem,
      { ...account, acsSystemIds: [south] },
      false,
    ],
    ['a viewer of one ACS system, a connected account of unknown systems', oneSystem, account, false],
    ['a full viewer, a connected account', {}, account, true],
    [
      'a partner, a connected account',
      { includesAccounts: false },
      { ...account, acsSystemIds: [north] },
      false,
    ],
    ['a partner, an ACS system', { includesAccounts: false }, system, true],
    [
      'a partner, an ACS user of an unknown ACS system',
      { includesAccounts: false },
      { ...user, acsSystemId: null },
      true,
    ],
    ['a resident, a credential of the resident', resident, { acsUserId: ada }, true],
    ['a resident, a credential of another ACS user', resident, { acsUserId: bob }, false],
    ['a resident, a credential of an unknown ACS user', resident, { acsUserId: null }, false],
    ['a resident, the ACS user of the resident', resident, user, true],
    ['a resident, another ACS user', resident, { ...user, acsUserId: bob }, false],
    ['a resident, an entrance that the resident can unlock', resident, entrance, true],
    ['a resident, another entrance', resident, { ...entrance, acsEntranceIds: [back] }, false],
    ['a resident, an entrance without an id', resident, { ...entrance, acsEntranceIds: null }, false],
    ['a resident, a connection', resident, { ...system, acsUserId: ada }, false],
    [
      'a resident with an access scope of another ACS system',
      { ...resident, acsSystemIds: [south] },
      { acsUserId: ada },
      false,
    ],
    [
      'a resident with an access scope of the ACS system',
      { ...resident, ...oneSystem },
      { acsUserId: ada },
      true,
    ],
  ])('should be correct for %s', (_case, narrow, about, isExpected) => {
    expect(meetsCriteria(criteria(narrow), change(about))).toBe(isExpected)
  })
})

describe('a filter by ACS system', () => {
  it('should match no change of an invisible ACS system, not even of its connected account', () => {
    const shared = change({ ...account, acsSystemIds: [south, north] })
    expect(meetsCriteria(criteria(oneSystem, { acsSystemId: north }), shared)).toBe(true)
    expect(meetsCriteria(criteria(oneSystem, { acsSystemId: south }), shared)).toBe(false)
    expect(meetsCriteria(criteria({}, { acsSystemId: south }), shared)).toBe(true)
  })
})

describe('isMetByEveryChange', () => {
  it.each<[string, Loose<ChangeVisibility>, Loose<ChangeFilter>, boolean]>([
    ['criteria without any restriction', {}, {}, true],
    ['a filter by kinds', {}, { kinds: ['DELETED'] }, false],
    ['a filter by ACS system', {}, { acsSystemId: north }, false],
    ['a viewer of one ACS system', oneSystem, {}, false],
    ['a resident', resident, {}, false],
    ['a partner', { includesAccounts: false }, {}, false],
  ])('should be correct for %s', (_case, narrow, filter, isExpected) => {
    expect(isMetByEveryChange(criteria(narrow, filter))).toBe(isExpected)
  })
})
