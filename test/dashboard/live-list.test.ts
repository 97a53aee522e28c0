import { Client, fetchExchange, mapExchange, subscriptionExchange } from '@urql/core'
import { createClient as createSocketClient, type Sink } from 'graphql-ws'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createCacheExchange } from '../../dashboard/src/graph/cache.ts'
import {
  type ChangePartsFragment,
  EntranceCredentialRowsDocument,
  EntranceCredentialsDocument,
  LiveDocument,
  ResidentRowsDocument,
  ResidentsDocument,
} from '../../dashboard/src/graph/generated/graphql.ts'
import { type AllPages, createLiveList, type ListUpdates } from '../../dashboard/src/graph/live-list.ts'
import { createRowReader, findChangedUsers } from '../../dashboard/src/graph/row-reader.ts'
import { startWorld, type World } from '../support/world.ts'

/** Far beyond what anything takes: a busy machine is no failure. */
const timeout = 60_000
const residents = 650
const pages = 7

let world: World
beforeAll(async () => {
  // Outside of a production build, the cache warns about each fragment of another type.
  vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  world = await startWorld({ sandbox: { systems: 1, residents, doors: 12 } })
})
afterAll(() => world[Symbol.asyncDispose]())

/** A client with the dashboard's cache, which counts requests, and operations including those that the cache executes again. */
function createClient() {
  const sockets = createSocketClient({ url: world.wsUrl, webSocketImpl: WebSocket })
  let held = Promise.resolve()
  const counts = { requests: 0, operations: 0 }
  const client = new Client({
    url: `${world.url}/graphql`,
    preferGetMethod: false,
    fetch: async (input, init) => {
      counts.requests += 1
      const response = await fetch(input, init)
      await held
      return response
    },
    exchanges: [
      mapExchange({
        onOperation() {
          counts.operations += 1
        },
      }),
      createCacheExchange(),
      subscriptionExchange({
        forwardSubscription: ({ query = '', variables }) => ({
          subscribe: (sink) => ({
            unsubscribe: sockets.subscribe({ query, variables }, sink as unknown as Sink),
          }),
        }),
      }),
      fetchExchange,
    ],
  })
  /** Holds responses back, and returns how to release them. */
  function hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    held = promise
    return resolve
  }
  return { client, counts, hold }
}

type Row = { readonly id: string; readonly displayName: string }

/** A list whose states are counted. */
function openList<Published extends Row>(open: (publish: (list: AllPages<Published>) => void) => unknown) {
  const state = { published: 0, list: null as AllPages<Published> | null }
  const list = open((next) => {
    state.published += 1
    state.list = next
  }) as ReturnType<typeof createLiveList>
  const isComplete = () => expect.poll(() => state.list?.isComplete ?? false, { timeout }).toBe(true)
  return { ...list, state, isComplete }
}

const residentUpdates = (intervalMs: number): ListUpdates<Row> => ({
  findRows: findChangedUsers,
  readRows: createRowReader(
    ResidentRowsDocument,
    (node) => (node.__typename === 'AcsUser' ? node : null),
    'cache-first',
  ),
  intervalMs,
})

function openResidents(client: Client, intervalMs = 50) {
  return openList<Row>((publish) =>
    createLiveList(
      client,
      {
        document: ResidentsDocument,
        variables: {},
        select: (data) => data.acsUsers,
        updates: residentUpdates(intervalMs),
      },
      publish,
    ),
  )
}

/** Lets something happen in the building, and waits for the changes as the page does: by the subscription, which writes them to the cache. */
async function causeChanges(
  client: Client,
  count: number,
  act: () => void,
): Promise<readonly ChangePartsFragment[]> {
  const { cursor } = await world.ask<{ cursor: string }>('{ cursor }')
  const changes: ChangePartsFragment[] = []
  const { unsubscribe } = client
    .subscription(LiveDocument, { after: cursor })
    .subscribe(({ data }) => changes.push(...((data?.changes.changes ?? []) as ChangePartsFragment[])))
  act()
  await expect.poll(() => changes.length, { timeout }).toBeGreaterThanOrEqual(count)
  unsubscribe()
  return changes
}

describe('a long list', () => {
  it('should send one request per page, and the same number when it is read again', async () => {
    const { client, counts } = createClient()
    const { state, isComplete, readAgain, close } = openResidents(client)
    await isComplete()
    expect(state.list?.nodes).toHaveLength(residents)
    expect(counts.requests).toBe(pages)
    const first = counts.operations
    readAgain(false)
    await expect.poll(() => counts.requests, { timeout }).toBe(2 * pages)
    await expect.poll(() => counts.operations, { timeout }).toBe(2 * first)
    // No page makes the cache read another one again.
    expect(first).toBe(pages)
    close()
    expect(state.list?.nodes).toHaveLength(residents)
  })

  it('should follow many changes with few updates, and without requests', async () => {
    const { client, counts } = createClient()
    const { state, isComplete, receive, close } = openResidents(client, 300)
    await isComplete()
    const changes = await causeChanges(client, 42, () => {
      for (let n = 0; n < 40; n++) world.sandbox.act('guestCode')
      world.sandbox.act('moveIn')
    })
    const before = { ...counts, published: state.published, nodes: state.list?.nodes ?? [] }
    // As the subscription may deliver them: one by one, in one burst.
    for (const change of changes) receive([change])
    await expect.poll(() => state.list?.nodes.length, { timeout }).toBe(residents + 1)
    expect(state.published - before.published).toBeLessThanOrEqual(2)
    expect(counts.requests - before.requests).toBe(0)
    expect(counts.operations - before.operations).toBeLessThanOrEqual(4)
    // Rows that did not change are the same objects, so that they are not rendered again.
    const known = new Set<object>(before.nodes)
    const isNew = (state.list?.nodes ?? []).filter((row) => !known.has(row))
    expect(isNew.length).toBeLessThanOrEqual(changes.length)
    expect(isNew.length).toBeGreaterThan(10)
    close()
  })

  it('should not show a row again that was deleted while a response was in flight', async () => {
    const { client, counts, hold } = createClient()
    const { state, isComplete, receive, readAgain, close } = openResidents(client)
    await isComplete()
    const count = state.list?.nodes.length ?? 0
    const { acsUsers } = await world.ask<{ acsUsers: { nodes: { id: string; seamId: string }[] } }>(
      '{ acsUsers(first: 1, orderBy: NAME_ASC) { nodes { id seamId } } }',
    )
    const [first] = acsUsers.nodes
    const release = hold()
    const before = counts.requests
    readAgain(false)
    await expect.poll(() => counts.requests, { timeout }).toBe(before + 1)
    const changes = await causeChanges(client, 1, () =>
      world.sandbox.act('moveOut', { acs_user_id: first?.seamId ?? '' }),
    )
    receive(changes)
    release()
    await expect.poll(() => state.list?.nodes.length, { timeout }).toBe(count - 1)
    expect(counts.requests - before).toBe(pages)
    close()
  })
})

describe('a list whose rows are not in the changes', () => {
  it('should read only the changed rows, and leave those that do not belong to it', async () => {
    const { client, counts } = createClient()
    const { acsEntrances } = await world.ask<{ acsEntrances: { nodes: { id: string; seamId: string }[] } }>(
      '{ acsEntrances(first: 1) { nodes { id seamId } } }',
    )
    const [entrance] = acsEntrances.nodes
    const id = entrance?.id ?? ''
    const { state, isComplete, receive, close } = openList<Row>((publish) =>
      createLiveList(
        client,
        {
          ...{ document: EntranceCredentialsDocument, variables: { id } },
          select: (data) => data.acsEntrance?.credentials ?? null,
          updates: {
            findRows: ({ __typename, subjectId }) => (__typename === 'CredentialChange' ? [subjectId] : []),
            readRows: createRowReader(
              EntranceCredentialRowsDocument,
              (node) =>
                node.__typename === 'AcsCredential' && node.entrances?.nodes.some((one) => one.id === id)
                  ? node
                  : null,
              'network-only',
            ),
            intervalMs: 50,
          },
        },
        publish,
      ),
    )
    await isComplete()
    expect(counts.requests).toBeGreaterThan(1)
    const listed = state.list?.nodes.length ?? 0
    const changes = await causeChanges(client, 2, () => {
      for (const acs_entrance_id of [entrance?.seamId ?? '', ...world.sandbox.ids().acsEntranceIds.slice(-1)])
        world.sandbox.act('guestCode', { acs_entrance_id })
    })
    const before = counts.requests
    receive(changes)
    await expect.poll(() => state.list?.nodes.length, { timeout }).toBe(listed + 1)
    expect(counts.requests - before).toBe(1)
    close()
  })
})
