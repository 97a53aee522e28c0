import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildSchema } from '../../schema/schema.ts'
import { encodeNodeId, type NodeType } from '../../src/model/ids.ts'
import { type Subscriber, subscribe } from '../support/subscriber.ts'
import { argumentPaths, createDocument, createSelection, formatArgumentPath } from './graph-walk.ts'
import { findLeaks } from './leak-detection.ts'
import { type AccessFixture, startAccessFixture, type TestViewer } from './viewers.ts'

const schema = buildSchema()
const feeds = Object.values(schema.getSubscriptionType()?.getFields() ?? {})
const subscription = schema.getSubscriptionType()

type Batch = {
  readonly cursor: string
  readonly gap: { readonly reason: string; readonly missed: number | null } | null
  readonly changes: readonly { readonly __typename: string; readonly seamEventId: string }[]
}
type Told = Readonly<Record<string, Batch>>

/** What happens to one thing: the event that tells it, and the feeds that are about it. */
type Happening = { readonly id: string; readonly type: NodeType; readonly about: string }

const events: readonly (readonly [type: NodeType, about: string, event: string, idKey: string])[] = [
  ['AcsUser', 'UserChange', 'acs_user.created', 'acs_user_id'],
  ['AcsEntrance', 'EntranceChange', 'acs_entrance.added', 'acs_entrance_id'],
  ['AcsCredential', 'CredentialChange', 'acs_credential.issued', 'acs_credential_id'],
  ['AcsSystem', 'ConnectionChange', 'acs_system.connected', 'acs_system_id'],
  ['ConnectedAccount', 'ConnectionChange', 'connected_account.connected', 'connected_account_id'],
]

let stage: AccessFixture
let askers: readonly TestViewer[]
/** By Seam's event id, in the order in which they happened. */
const happened = new Map<string, Happening>()
const live = new Map<string, Subscriber<Told>>()
const start = new Map<TestViewer, string>()

beforeAll(async () => {
  stage = await startAccessFixture()
  askers = stage.askers.filter(({ scopes }) => scopes.includes('read') && scopes.includes('events'))
  for (const asker of askers) {
    const { cursor } = await stage.world.ask<{ cursor: string }>('{ cursor }', {}, asker.credential)
    start.set(asker, cursor)
    for (const { name } of feeds) live.set(`${asker.kind}/${name}`, await listen(asker, name))
  }
  everythingHappens()
  await stage.world.app.ingest.backfill()
}, 60_000)
afterAll(async () => {
  await Promise.all([...live.values()].map((each) => each.close()))
  await stage[Symbol.asyncDispose]()
})

/** A subscriber to one feed who has had its first batch. */
async function listen(asker: TestViewer, feed: string, after?: string): Promise<Subscriber<Told>> {
  const subscriber = follow(asker, feed, after)
  if (after === undefined) await subscriber.next()
  return subscriber
}

function follow(asker: TestViewer, feed: string, after?: string): Subscriber<Told> {
  const field = feeds.find(({ name }) => name === feed)
  const selection = field === undefined ? '' : createSelection(schema, field.type)
  const query = `subscription Watch($after: Cursor) { ${feed}(after: $after) ${selection} }`
  return subscribe<Told>(stage.world.wsUrl, query, { after }, asker.credential)
}

/** Something happens to everything there is, one's own among others'. */
function everythingHappens(): void {
  // That somebody came to be is told once.
  const known = new Set(
    stage.world.sandbox.events().map((event) => `${event.event_type} ${event.acs_user_id}`),
  )
  for (const [type, about, event_type, key] of events)
    for (const [id, row] of stage.truth.rows[type]) {
      if (known.has(`${event_type} ${id}`)) continue
      const owners = {
        acs_system_id: row.acs_system_id,
        connected_account_id: row.connected_account_id,
        // Seam names the person of a credential in some events and not in others.
        ...(id.charCodeAt(0) % 2 === 0 && { acs_user_id: row.acs_user_id }),
      }
      const { event_id } = stage.world.sandbox.emit({ event_type, ...owners, [key]: id } as never)
      happened.set(event_id, { id, type, about })
    }
}

/** The events that this asker may hear of on this feed. */
function expected({ sight, bounds }: TestViewer, feed: string): readonly string[] {
  const about = `${feed.charAt(0).toUpperCase()}${feed.slice(1, -1)}`
  return [...happened]
    .filter(([, each]) => about === 'Change' || each.about === about)
    .filter(([, { type, id }]) => sight[type].has(id))
    .filter(([, each]) => bounds.resident === null || each.about !== 'ConnectionChange')
    .map(([event]) => event)
}

const eventsIn = (batches: readonly Told[], feed: string): readonly string[] =>
  batches
    .flatMap((batch) => batch[feed]?.changes ?? [])
    .map((change) => change.seamEventId)
    .filter((event) => happened.has(event))

describe('changes', () => {
  it('should be told to those who see what they are about, and to nobody else', async () => {
    for (const asker of askers)
      for (const { name } of feeds) {
        const subscriber = live.get(`${asker.kind}/${name}`) as Subscriber<Told>
        const mine = expected(asker, name)
        while (eventsIn(subscriber.all, name).length < mine.length) await subscriber.next()
        const where = `${asker.kind}, ${name}`
        expect(eventsIn(subscriber.all, name).toSorted(), where).toEqual(mine.toSorted())
        for (const batch of subscriber.all) expect(findLeaks(stage.truth, asker, batch), where).toEqual([])
      }
  }, 60_000)

  it('should be told alike to who comes back', async () => {
    for (const asker of askers)
      for (const { name } of feeds) {
        const subscriber = await listen(asker, name, start.get(asker))
        const mine = expected(asker, name)
        do await subscriber.next()
        while (eventsIn(subscriber.all, name).length < mine.length)
        const where = `${asker.kind}, ${name}`
        expect(eventsIn(subscriber.all, name).toSorted(), where).toEqual(mine.toSorted())
        for (const batch of subscriber.all) {
          expect(batch[name]?.gap, where).toBeNull()
          expect(findLeaks(stage.truth, asker, batch), where).toEqual([])
        }
        await subscriber.close()
      }
  }, 60_000)

  it('should be listed and counted alike', async () => {
    const field = schema.getQueryType()?.getFields().changes
    const query = `query($after: String) { changes(first: 100, after: $after) ${createSelection(schema, field?.type as never)} }`
    for (const asker of askers) {
      const seen: string[] = []
      for (let after: string | null = start.get(asker) ?? null; after !== null; ) {
        const { changes } = await stage.world.ask<{
          changes: {
            nodes: { seamEventId: string }[]
            totalCount: number
            pageInfo: { hasNextPage: boolean; endCursor: string }
          }
        }>(query, { after }, asker.credential)
        seen.push(...changes.nodes.map((change) => change.seamEventId))
        expect(findLeaks(stage.truth, asker, changes), asker.kind).toEqual([])
        after = changes.pageInfo.hasNextPage ? changes.pageInfo.endCursor : null
      }
      const mine = expected(asker, 'changes')
      expect(seen.toSorted(), asker.kind).toEqual(mine.toSorted())
      const all = await stage.world.ask<{ changes: { totalCount: number; nodes: object[] } }>(
        '{ changes(first: 100) { totalCount nodes { id } } }',
        {},
        asker.credential,
      )
      if (all.changes.totalCount <= 100) expect(all.changes.totalCount).toBe(all.changes.nodes.length)
      expect(all.changes.totalCount, asker.kind).toBeGreaterThanOrEqual(mine.length)
    }
  })

  const filters = argumentPaths(schema).filter(
    ({ parent, rule }) => parent === subscription && typeof rule === 'object' && 'id' in rule,
  )

  it.each(filters.map((path) => [formatArgumentPath(path), path] as const))(
    'should be filtered by %s as if what is out of reach did not exist',
    async (_name, path) => {
      const type = (path.rule as { id: NodeType }).id
      const frameOf = async (asker: TestViewer, id: string) => {
        const args = { after: start.get(asker), filter: { [path.steps[1] ?? '']: encodeNodeId(type, id) } }
        const { query, variables } = createDocument(schema, path, args)
        const subscriber = subscribe<Told>(stage.world.wsUrl, query, variables, asker.credential)
        const told = await subscriber.next()
        await subscriber.close()
        return JSON.stringify(told).replaceAll(/"cursor":"[^"]*"|"lagMs":\d+/g, '')
      }
      for (const asker of askers) {
        const foreign = [...stage.truth.rows[type].keys()].find((id) => !asker.sight[type].has(id))
        if (foreign === undefined) continue
        const nobodys = await frameOf(asker, '00000000-0000-4000-8000-000000000000')
        expect(await frameOf(asker, foreign), asker.kind).toBe(nobodys)
      }
    },
    60_000,
  )
})

describe('a cursor', () => {
  const boundsOf = ({ bounds, scopes }: TestViewer) => JSON.stringify([bounds, scopes])

  it('should be of use only to who sees the same', async () => {
    for (const giver of askers)
      for (const taker of askers) {
        const after = start.get(giver)
        const { body } = await stage.world.post(
          { query: 'query($after: String) { changes(after: $after) { totalCount } }', variables: { after } },
          { authorization: `Bearer ${taker.credential}` },
        )
        const isSame = boundsOf(giver) === boundsOf(taker)
        const codes = body.errors?.map((error) => error.extensions?.code)
        expect(codes, `${giver.kind} to ${taker.kind}`).toEqual(isSame ? undefined : ['SIGHT_CHANGED'])
      }
  })

  it('should count nothing where it is of no use', async () => {
    for (const giver of askers)
      for (const taker of askers) {
        if (boundsOf(giver) === boundsOf(taker)) continue
        const subscriber = follow(taker, 'changes', start.get(giver))
        expect((await subscriber.next()).changes, `${giver.kind} to ${taker.kind}`).toMatchObject({
          gap: { reason: 'SIGHT_CHANGED', missed: null },
          changes: [],
        })
        await subscriber.close()
      }
  }, 60_000)

  it('of a list should lead nobody out of their reach', async () => {
    const [everybody] = askers
    const query =
      'query($after: String, $before: String) { acsUsers(first: 100, after: $after, before: $before) { __typename nodes { __typename id seamId } edges { cursor } totalCount } }'
    type Page = { acsUsers: { edges: { cursor: string }[]; nodes: object[]; totalCount: number } }
    const whole = await stage.world.ask<Page>(query, {}, everybody?.credential)
    for (const asker of askers)
      for (const { cursor } of whole.acsUsers.edges)
        for (const variables of [{ after: cursor }, { before: cursor }]) {
          const { acsUsers } = await stage.world.ask<Page>(query, variables, asker.credential)
          expect(findLeaks(stage.truth, asker, acsUsers.nodes), asker.kind).toEqual([])
          expect(acsUsers.totalCount, asker.kind).toBe(asker.sight.AcsUser.size)
        }
  })
})
