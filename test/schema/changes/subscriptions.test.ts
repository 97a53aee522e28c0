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

describe('the filter of a subscription', () => {
  it.each([
    ['changes', subjects],
    ['credentialChanges', ['CREDENTIAL']],
    ['userChanges', ['USER']],
    ['entranceChanges', ['ENTRANCE']],
    ['connectionChanges', ['CONNECTION']],
  ])('should let %s receive changes about %j', (field, about) => {
    const filter = filterOf(field)({})
    expect(subjects.filter((subject) => passesFilter(filter, change({ subject })))).toEqual(about)
  })

  it('should be defined for each subscription', () => {
    expect(Object.values(fields).every((field) => typeof field.extensions.filterOf === 'function')).toBe(true)
  })

  it.each<[string, Record<string, unknown>, Parameters<typeof change>[0], boolean]>([
    ['its system', { acsSystemId: north }, {}, true],
    ['its system, given by node id', { acsSystemId: encodeNodeId('AcsSystem', north ?? '') }, {}, true],
    ['another system', { acsSystemId: south }, {}, false],
    ['an unknown system', { acsSystemId: south }, { acsSystemId: null }, true],
    [
      'a connection change whose account has the system',
      { acsSystemId: north },
      { subject: 'CONNECTION', acsSystemId: null, acsSystemIds: [south, north] },
      true,
    ],
    [
      'a connection change whose account has other systems',
      { acsSystemId: north },
      { subject: 'CONNECTION', acsSystemId: null, acsSystemIds: [south] },
      false,
    ],
    ['its ACS user', { acsUserId: ada }, { acsUserId: ada }, true],
    ['another ACS user', { acsUserId: ada }, { acsUserId: bob }, false],
    ['an unknown ACS user', { acsUserId: ada }, {}, true],
    ['its ACS user as subject', { acsUserId: ada }, { subject: 'USER', acsUserId: ada }, true],
    [
      'an entrance change, by a filter for an ACS user',
      { acsUserId: ada },
      { subject: 'ENTRANCE', acsEntranceIds: [front] },
      false,
    ],
    [
      'a connection change, by a filter for an ACS user',
      { acsUserId: ada },
      { subject: 'CONNECTION' },
      false,
    ],
    [
      'several entrances including its own',
      { acsEntranceId: front },
      { acsEntranceIds: [back, front] },
      true,
    ],
    ['other entrances', { acsEntranceId: front }, { acsEntranceIds: [back] }, false],
    ['no entrances', { acsEntranceId: front }, { acsEntranceIds: [] }, false],
    ['unknown entrances', { acsEntranceId: front }, {}, true],
    [
      'its entrance as subject',
      { acsEntranceId: front },
      { subject: 'ENTRANCE', acsEntranceIds: [front] },
      true,
    ],
    [
      'an ACS user change, by a filter for an entrance',
      { acsEntranceId: front },
      { subject: 'USER', acsUserId: ada },
      false,
    ],
    ['another ACS user as subject', { acsUserId: ada }, { subject: 'USER', acsUserId: bob }, false],
    [
      'another entrance as subject',
      { acsEntranceId: front },
      { subject: 'ENTRANCE', acsEntranceIds: [back] },
      false,
    ],
    ['one of its kinds', { kinds: ['ISSUED', 'DELETED'] }, {}, true],
    ['another kind', { kinds: ['DELETED'] }, {}, false],
    ['another origin', { origins: ['MUTATION'] }, {}, false],
    ['its kind but another ACS user', { kinds: ['ISSUED'], acsUserId: ada }, { acsUserId: bob }, false],
    ['any change, by an empty filter', { acsUserId: null, kinds: null }, {}, true],
  ])('should be applied to changes: %s', (_what, filter, special, isWanted) => {
    expect(passesFilter(filterOf('changes')({ filter }), change(special))).toBe(isWanted)
  })

  it('should refuse an invalid id, and name its argument', () => {
    expect(() => filterOf('changes')({ filter: { acsUserId: '' } })).toThrow(
      expect.objectContaining({ extensions: { code: 'BAD_USER_INPUT', argument: 'filter.acsUserId' } }),
    )
  })
})

describe('the scopes for a subscription', () => {
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

  it('should be read and events', async () => {
    expect(await watch(['read', 'events'])).toEqual({
      data: { credentialChanges: { cursor: 'here', gap: null, changes: [] } },
    })
  })

  it.each<[string, Scope[]]>([
    ['events', ['read']],
    ['read', ['events']],
    ['both', []],
  ])('should be required: a batch for a viewer without %s is refused', async (_missing, scopes) => {
    const { errors } = (await watch(scopes)) as { errors: GraphQLError[] }
    expect(errors).toMatchObject([
      { message: expect.stringContaining('read and events'), extensions: { code: 'FORBIDDEN' } },
    ])
  })
})
