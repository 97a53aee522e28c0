import { execute, type GraphQLError } from 'graphql'
import { describe, expect, it } from 'vitest'
import type { GraphContext } from '../../../schema/context.ts'
import { buildSchema } from '../../../schema/schema.ts'
import type { Scope } from '../../../src/auth/viewer.ts'
import type { Batch } from '../../../src/feed/subscription.ts'
import type { Change } from '../../../src/model/change.ts'
import { type ChangeFilter, passesFilter } from '../../../src/model/change-filter.ts'
import { encodeNodeId } from '../../../src/model/ids.ts'
import { WatchCredentialsDocument } from '../../generated/graphql.ts'

type FilterOf = (args: { filter?: Record<string, unknown> }) => ChangeFilter

const schema = buildSchema()
const fields = schema.getSubscriptionType()?.getFields() ?? {}
const filterOf = (field: string) => fields[field]?.extensions.filterOf as FilterOf

const idOf = (digit: number) => `00000000-0000-4000-8000-00000000000${digit}`
const [north, south, ada, bob, front, back] = [1, 2, 3, 4, 5, 6].map(idOf)

const change = (special: Partial<Record<keyof Change, unknown>>): Change =>
  ({
    subject: 'CREDENTIAL',
    kind: 'ISSUED',
    origin: 'WEBHOOK',
    acsSystemId: north,
    acsUserId: null,
    acsEntranceIds: null,
    ...special,
  }) as Change

const subjects = ['CREDENTIAL', 'USER', 'ENTRANCE', 'CONNECTION']

describe('what a subscription is told', () => {
  it.each([
    ['changes', subjects],
    ['credentialChanges', ['CREDENTIAL']],
    ['userChanges', ['USER']],
    ['entranceChanges', ['ENTRANCE']],
    ['connectionChanges', ['CONNECTION']],
  ])('%s is about %j', (field, about) => {
    const filter = filterOf(field)({})
    expect(subjects.filter((subject) => passesFilter(filter, change({ subject })))).toEqual(about)
  })

  it('should say of each subscription what it is about', () => {
    expect(Object.values(fields).every((field) => typeof field.extensions.filterOf === 'function')).toBe(true)
  })

  it.each<[string, Record<string, unknown>, Parameters<typeof change>[0], boolean]>([
    ['the system', { acsSystemId: north }, {}, true],
    ['the system, by its node id', { acsSystemId: encodeNodeId('AcsSystem', north ?? '') }, {}, true],
    ['another system', { acsSystemId: south }, {}, false],
    ['an unknown system', { acsSystemId: south }, { acsSystemId: null }, true],
    [
      'a system, when an account has it',
      { acsSystemId: north },
      { subject: 'CONNECTION', acsSystemId: null, acsSystemIds: [south, north] },
      true,
    ],
    [
      'a system, when an account has others',
      { acsSystemId: north },
      { subject: 'CONNECTION', acsSystemId: null, acsSystemIds: [south] },
      false,
    ],
    ['the person', { acsUserId: ada }, { acsUserId: ada }, true],
    ['another person', { acsUserId: ada }, { acsUserId: bob }, false],
    ['an unknown person', { acsUserId: ada }, {}, true],
    ['the person themselves', { acsUserId: ada }, { subject: 'USER', acsUserId: ada }, true],
    [
      'a door, when asked for a person',
      { acsUserId: ada },
      { subject: 'ENTRANCE', acsEntranceIds: [front] },
      false,
    ],
    ['a connection, when asked for a person', { acsUserId: ada }, { subject: 'CONNECTION' }, false],
    ['one of the doors', { acsEntranceId: front }, { acsEntranceIds: [back, front] }, true],
    ['other doors', { acsEntranceId: front }, { acsEntranceIds: [back] }, false],
    ['no doors', { acsEntranceId: front }, { acsEntranceIds: [] }, false],
    ['unknown doors', { acsEntranceId: front }, {}, true],
    ['the door itself', { acsEntranceId: front }, { subject: 'ENTRANCE', acsEntranceIds: [front] }, true],
    ['a person, when asked for a door', { acsEntranceId: front }, { subject: 'USER', acsUserId: ada }, false],
    ['a person, another one', { acsUserId: ada }, { subject: 'USER', acsUserId: bob }, false],
    [
      'an entrance, another one',
      { acsEntranceId: front },
      { subject: 'ENTRANCE', acsEntranceIds: [back] },
      false,
    ],
    ['the kind', { kinds: ['ISSUED', 'DELETED'] }, {}, true],
    ['another kind', { kinds: ['DELETED'] }, {}, false],
    ['another origin', { origins: ['MUTATION'] }, {}, false],
    ['the kind but another person', { kinds: ['ISSUED'], acsUserId: ada }, { acsUserId: bob }, false],
    ['a filter with nothing in it', { acsUserId: null, kinds: null }, {}, true],
  ])('filters by %s', (_what, filter, special, isWanted) => {
    expect(passesFilter(filterOf('changes')({ filter }), change(special))).toBe(isWanted)
  })

  it('should refuse an id that is none, and name it', () => {
    expect(() => filterOf('changes')({ filter: { acsUserId: '' } })).toThrow(
      expect.objectContaining({ extensions: { code: 'BAD_USER_INPUT', argument: 'filter.acsUserId' } }),
    )
  })
})

describe('who may watch', () => {
  const batch: Batch = { cursor: 'here', gap: null, changes: [] }

  async function watch(scopes: readonly Scope[]) {
    const viewer = { name: 'ada', scopes: new Set(scopes) }
    return execute({
      schema,
      document: WatchCredentialsDocument,
      rootValue: batch,
      contextValue: { viewer } as unknown as GraphContext,
    })
  }

  it('should execute a batch for a viewer with read and events', async () => {
    expect(await watch(['read', 'events'])).toEqual({
      data: { credentialChanges: { cursor: 'here', gap: null, changes: [] } },
    })
  })

  it.each<[string, Scope[]]>([
    ['events', ['read']],
    ['read', ['events']],
    ['both', []],
  ])('should refuse a batch to a viewer without %s', async (_missing, scopes) => {
    const { errors } = (await watch(scopes)) as { errors: GraphQLError[] }
    expect(errors).toMatchObject([
      { message: expect.stringContaining('read and events'), extensions: { code: 'FORBIDDEN' } },
    ])
  })
})
