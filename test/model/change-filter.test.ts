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
const everything: ChangeVisibility = { acsSystemIds: null, acsUser: null, includesAccounts: true }

type Loose<T> = { readonly [K in keyof T]?: unknown }
const change = (about: Loose<NewChange>): NewChange =>
  sampleChange('e', { acsSystemId: north, ...about } as Partial<NewChange>)
const visibility = (narrow: Loose<ChangeVisibility>) => ({ ...everything, ...narrow }) as ChangeVisibility
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

describe('who sees a change', () => {
  it.each<[string, Loose<ChangeVisibility>, Loose<NewChange>, boolean]>([
    ['everybody, one of a system', {}, {}, true],
    ['everybody, one of nobody knows what', {}, { acsSystemId: null }, true],
    ['a key of the system', oneSystem, {}, true],
    ['a key of another system', oneSystem, { acsSystemId: south }, false],
    ['a key of a system, one of nobody knows which', oneSystem, { acsSystemId: null }, false],
    ['a key of no system', { acsSystemIds: [] }, {}, false],
    ['a key of a system, its connection', oneSystem, system, true],
    ['a key of a system, another one’s connection', oneSystem, { ...system, acsSystemId: south }, false],
    ['a key of a system, its account', oneSystem, { ...account, acsSystemIds: [south, north] }, true],
    ['a key of a system, another account', oneSystem, { ...account, acsSystemIds: [south] }, false],
    ['a key of a system, an account of unknown systems', oneSystem, account, false],
    ['everybody, an account', {}, account, true],
    ['a partner, an account', { includesAccounts: false }, { ...account, acsSystemIds: [north] }, false],
    ['a partner, a system', { includesAccounts: false }, system, true],
    [
      'a partner, a user of an unknown system',
      { includesAccounts: false },
      { ...user, acsSystemId: null },
      true,
    ],
    ['the resident, their credential', resident, { acsUserId: ada }, true],
    ['the resident, another credential', resident, { acsUserId: bob }, false],
    ['the resident, a credential of nobody knows whom', resident, { acsUserId: null }, false],
    ['the resident, themselves', resident, user, true],
    ['the resident, somebody else', resident, { ...user, acsUserId: bob }, false],
    ['the resident, their entrance', resident, entrance, true],
    ['the resident, another entrance', resident, { ...entrance, acsEntranceIds: [back] }, false],
    ['the resident, an entrance without an id', resident, { ...entrance, acsEntranceIds: null }, false],
    ['the resident, a connection', resident, { ...system, acsUserId: ada }, false],
    ['a resident’s key of another system', { ...resident, acsSystemIds: [south] }, { acsUserId: ada }, false],
    ['a resident’s key of the system', { ...resident, ...oneSystem }, { acsUserId: ada }, true],
  ])('%s: %#', (_what, narrow, about, isSeen) => {
    expect(meetsCriteria(criteria(narrow), change(about))).toBe(isSeen)
  })
})

describe('a filter by system', () => {
  it('should find nothing of a system out of sight, not even an account that has it', () => {
    const shared = change({ ...account, acsSystemIds: [south, north] })
    expect(meetsCriteria(criteria(oneSystem, { acsSystemId: north }), shared)).toBe(true)
    expect(meetsCriteria(criteria(oneSystem, { acsSystemId: south }), shared)).toBe(false)
    expect(meetsCriteria(criteria({}, { acsSystemId: south }), shared)).toBe(true)
  })
})

describe('criteria that every change meets', () => {
  it.each<[string, Loose<ChangeVisibility>, Loose<ChangeFilter>, boolean]>([
    ['nothing asked for', {}, {}, true],
    ['kinds', {}, { kinds: ['DELETED'] }, false],
    ['a system', {}, { acsSystemId: north }, false],
    ['some systems in sight', oneSystem, {}, false],
    ['a resident', resident, {}, false],
    ['a partner', { includesAccounts: false }, {}, false],
  ])('%s', (_what, narrow, filter, isAll) => {
    expect(isMetByEveryChange(criteria(narrow, filter))).toBe(isAll)
  })
})
