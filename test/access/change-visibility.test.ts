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
type Payload = Readonly<Record<string, Batch>>

/** One event: the object that it concerns, and the type of change that reports it. */
type EmittedEvent = { readonly id: string; readonly type: NodeType; readonly about: string }

const events: readonly (readonly [type: NodeType, about: string, event: string, idKey: string])[] = [
  ['AcsUser', 'UserChange', 'acs_user.created', 'acs_user_id'],
  ['AcsEntrance', 'EntranceChange', 'acs_entrance.added', 'acs_entrance_id'],
  ['AcsCredential', 'CredentialChange', 'acs_credential.issued', 'acs_credential_id'],
  ['AcsSystem', 'ConnectionChange', 'acs_system.connected', 'acs_system_id'],
  ['ConnectedAccount', 'ConnectionChange', 'connected_account.connected', 'connected_account_id'],
]

let fixture: AccessFixture
let viewers: readonly TestViewer[]
/** The emitted events by Seam's event id, in order. */
const emitted = new Map<string, EmittedEvent>()
const live = new Map<string, Subscriber<Payload>>()
const start = new Map<TestViewer, string>()

beforeAll(async () => {
  fixture = await startAccessFixture()
  viewers = fixture.viewers.filter(({ scopes }) => scopes.includes('read') && scopes.includes('events'))
  for (const viewer of viewers) {
    const { cursor } = await fixture.world.ask<{ cursor: string }>('{ cursor }', {}, viewer.credential)
    start.set(viewer, cursor)
    for (const { name } of feeds) live.set(`${viewer.kind}/${name}`, await listen(viewer, name))
  }
  emitEventsForAllObjects()
  await fixture.world.app.ingest.backfill()
}, 60_000)
afterAll(async () => {
  await Promise.all([...live.values()].map((each) => each.close()))
  await fixture[Symbol.asyncDispose]()
})

/** Subscribes to one feed. Resolves after the first batch, unless it resumes after a cursor. */
async function listen(viewer: TestViewer, feed: string, after?: string): Promise<Subscriber<Payload>> {
  const subscriber = follow(viewer, feed, after)
  if (after === undefined) await subscriber.next()
  return subscriber
}

function follow(viewer: TestViewer, feed: string, after?: string): Subscriber<Payload> {
  const field = feeds.find(({ name }) => name === feed)
  const selection = field === undefined ? '' : createSelection(schema, field.type)
  const query = `subscription Watch($after: Cursor) { ${feed}(after: $after) ${selection} }`
  return subscribe<Payload>(fixture.world.wsUrl, query, { after }, viewer.credential)
}

/** Emits an event for every object, in and outside of each access scope. */
function emitEventsForAllObjects(): void {
  // The journal keeps only one creation of an ACS user.
  const known = new Set(
    fixture.world.sandbox.events().map((event) => `${event.event_type} ${event.acs_user_id}`),
  )
  for (const [type, about, event_type, key] of events)
    for (const [id, row] of fixture.truth.rows[type]) {
      if (known.has(`${event_type} ${id}`)) continue
      const owners = {
        acs_system_id: row.acs_system_id,
        connected_account_id: row.connected_account_id,
        // Seam's events of credentials contain the ACS user in some cases only.
        ...(id.charCodeAt(0) % 2 === 0 && { acs_user_id: row.acs_user_id }),
      }
      const { event_id } = fixture.world.sandbox.emit({ event_type, ...owners, [key]: id } as never)
      emitted.set(event_id, { id, type, about })
    }
}

/** Returns the events that this viewer may receive on this feed. */
function expected({ visibleIds, bounds }: TestViewer, feed: string): readonly string[] {
  const about = `${feed.charAt(0).toUpperCase()}${feed.slice(1, -1)}`
  return [...emitted]
    .filter(([, each]) => about === 'Change' || each.about === about)
    .filter(([, { type, id }]) => visibleIds[type].has(id))
    .filter(([, each]) => bounds.resident === null || each.about !== 'ConnectionChange')
    .map(([event]) => event)
}

const eventsIn = (batches: readonly Payload[], feed: string): readonly string[] =>
  batches
    .flatMap((batch) => batch[feed]?.changes ?? [])
    .map((change) => change.seamEventId)
    .filter((event) => emitted.has(event))

describe('changes', () => {
  it('should be delivered exactly to the viewers whose access scope includes their object', async () => {
    for (const viewer of viewers)
      for (const { name } of feeds) {
        const subscriber = live.get(`${viewer.kind}/${name}`) as Subscriber<Payload>
        const mine = expected(viewer, name)
        while (eventsIn(subscriber.all, name).length < mine.length) await subscriber.next()
        const where = `${viewer.kind}, ${name}`
        expect(eventsIn(subscriber.all, name).toSorted(), where).toEqual(mine.toSorted())
        for (const batch of subscriber.all) expect(findLeaks(fixture.truth, viewer, batch), where).toEqual([])
      }
  }, 60_000)

  it('should be the same for a subscriber that resumes after a cursor', async () => {
    for (const viewer of viewers)
      for (const { name } of feeds) {
        const subscriber = await listen(viewer, name, start.get(viewer))
        const mine = expected(viewer, name)
        do await subscriber.next()
        while (eventsIn(subscriber.all, name).length < mine.length)
        const where = `${viewer.kind}, ${name}`
        expect(eventsIn(subscriber.all, name).toSorted(), where).toEqual(mine.toSorted())
        for (const batch of subscriber.all) {
          expect(batch[name]?.gap, where).toBeNull()
          expect(findLeaks(fixture.truth, viewer, batch), where).toEqual([])
        }
        await subscriber.close()
      }
  }, 60_000)

  it('should be the same in the list of changes and in its count', async () => {
    const field = schema.getQueryType()?.getFields().changes
    const query = `query($after: String) { changes(first: 100, after: $after) ${createSelection(schema, field?.type as never)} }`
    for (const viewer of viewers) {
      const seen: string[] = []
      for (let after: string | null = start.get(viewer) ?? null; after !== null; ) {
        const { changes } = await fixture.world.ask<{
          changes: {
            nodes: { seamEventId: string }[]
            totalCount: number
            pageInfo: { hasNextPage: boolean; endCursor: string }
          }
        }>(query, { after }, viewer.credential)
        seen.push(...changes.nodes.map((change) => change.seamEventId))
        expect(findLeaks(fixture.truth, viewer, changes), viewer.kind).toEqual([])
        after = changes.pageInfo.hasNextPage ? changes.pageInfo.endCursor : null
      }
      const mine = expected(viewer, 'changes')
      expect(seen.toSorted(), viewer.kind).toEqual(mine.toSorted())
      const all = await fixture.world.ask<{ changes: { totalCount: number; nodes: object[] } }>(
        '{ changes(first: 100) { totalCount nodes { id } } }',
        {},
        viewer.credential,
      )
      if (all.changes.totalCount <= 100) expect(all.changes.totalCount).toBe(all.changes.nodes.length)
      expect(all.changes.totalCount, viewer.kind).toBeGreaterThanOrEqual(mine.length)
    }
  })

  const filters = argumentPaths(schema).filter(
    ({ parent, rule }) => parent === subscription && typeof rule === 'object' && 'id' in rule,
  )

  it.each(filters.map((path) => [formatArgumentPath(path), path] as const))(
    'should be filtered by %s as if objects outside of the access scope did not exist',
    async (_name, path) => {
      const type = (path.rule as { id: NodeType }).id
      const frameOf = async (viewer: TestViewer, id: string) => {
        const args = { after: start.get(viewer), filter: { [path.steps[1] ?? '']: encodeNodeId(type, id) } }
        const { query, variables } = createDocument(schema, path, args)
        const subscriber = subscribe<Payload>(fixture.world.wsUrl, query, variables, viewer.credential)
        const frame = await subscriber.next()
        await subscriber.close()
        return JSON.stringify(frame).replaceAll(/"cursor":"[^"]*"|"lagMs":\d+/g, '')
      }
      for (const viewer of viewers) {
        const foreign = [...fixture.truth.rows[type].keys()].find((id) => !viewer.visibleIds[type].has(id))
        if (foreign === undefined) continue
        const unknown = await frameOf(viewer, '00000000-0000-4000-8000-000000000000')
        expect(await frameOf(viewer, foreign), viewer.kind).toBe(unknown)
      }
    },
    60_000,
  )
})

describe('a cursor', () => {
  const boundsOf = ({ bounds, scopes }: TestViewer) => JSON.stringify([bounds, scopes])

  it('should be accepted only from a viewer with the same access scope and scopes', async () => {
    for (const giver of viewers)
      for (const taker of viewers) {
        const after = start.get(giver)
        const { body } = await fixture.world.post(
          { query: 'query($after: String) { changes(after: $after) { totalCount } }', variables: { after } },
          { authorization: `Bearer ${taker.credential}` },
        )
        const isSame = boundsOf(giver) === boundsOf(taker)
        const codes = body.errors?.map((error) => error.extensions?.code)
        expect(codes, `${giver.kind} to ${taker.kind}`).toEqual(isSame ? undefined : ['SIGHT_CHANGED'])
      }
  })

  it('should report no count of missed changes to a viewer with another access scope', async () => {
    for (const giver of viewers)
      for (const taker of viewers) {
        if (boundsOf(giver) === boundsOf(taker)) continue
        const subscriber = follow(taker, 'changes', start.get(giver))
        expect((await subscriber.next()).changes, `${giver.kind} to ${taker.kind}`).toMatchObject({
          gap: { reason: 'SIGHT_CHANGED', missed: null },
          changes: [],
        })
        await subscriber.close()
      }
  }, 60_000)

  it('of a list should return no objects outside of the access scope', async () => {
    const [unlimited] = viewers
    const query =
      'query($after: String, $before: String) { acsUsers(first: 100, after: $after, before: $before) { __typename nodes { __typename id seamId } edges { cursor } totalCount } }'
    type Page = { acsUsers: { edges: { cursor: string }[]; nodes: object[]; totalCount: number } }
    const whole = await fixture.world.ask<Page>(query, {}, unlimited?.credential)
    for (const viewer of viewers)
      for (const { cursor } of whole.acsUsers.edges)
        for (const variables of [{ after: cursor }, { before: cursor }]) {
          const { acsUsers } = await fixture.world.ask<Page>(query, variables, viewer.credential)
          expect(findLeaks(fixture.truth, viewer, acsUsers.nodes), viewer.kind).toEqual([])
          expect(acsUsers.totalCount, viewer.kind).toBe(viewer.visibleIds.AcsUser.size)
        }
  })
})
