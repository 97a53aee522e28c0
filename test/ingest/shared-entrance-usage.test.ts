import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { demoViewer } from '../../src/auth/authenticator.ts'
import type { AccessScope } from '../../src/auth/viewer.ts'
import { createCatalog } from '../../src/catalog/catalog.ts'
import { createCursors } from '../../src/feed/cursors.ts'
import { createSubscriptionHub } from '../../src/feed/subscription-hub.ts'
import { openRedisJournal } from '../../src/journal/redis/redis-journal.ts'
import { allChanges, type ChangeFilter } from '../../src/model/change-filter.ts'
import type { AcsEntranceId, AcsSystemId } from '../../src/model/ids.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { createMetrics } from '../../src/observability/metrics.ts'
import type { SeamClient } from '../../src/seam/client.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'
import { subscribe } from '../support/subscriber.ts'
import { startWorld, type World } from '../support/world.ts'
import { type IngestFixture, startIngestFixture } from './ingest-fixture.ts'

const route = 'acs/entrances/list_credentials_with_access'
const aboutEntrances: ChangeFilter = { ...allChanges, subjects: ['ENTRANCE'] }
const building = { activity: false, systems: 2, doors: 6, residents: 6 }

let redis: RedisServer
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis[Symbol.asyncDispose]())

/** Starts two replicas with one Redis, of which the first reconciles. Provides one entrance of each of two ACS systems. */
async function startReplicas(ground: IngestFixture, entranceUseTtlMs?: number) {
  const { seam, sandbox } = ground
  await redis.command('FLUSHALL')
  const entrances = await seam.listEntrances({})
  const entranceOf = (acsSystemId: AcsSystemId | undefined) =>
    entrances.find((each) => each.acsSystemId === acsSystemId)?.acsEntranceId as AcsEntranceId
  const asked = new Set<AcsEntranceId>()
  const recordingSeam: SeamClient = {
    ...seam,
    load: seam.load,
    clockAheadMs: seam.clockAheadMs,
    listCredentialsOfEntrance(id, options) {
      asked.add(id)
      return seam.listCredentialsOfEntrance(id, options)
    },
  }
  const open = async (client: SeamClient) => {
    const journal = await openRedisJournal({ url: redis.url, workspaceId: sandbox.workspaceId })
    const catalog = createCatalog({
      ...{ seam: client, maxAgeMs: 60_000 },
      ...(entranceUseTtlMs !== undefined && { entranceUseTtlMs }),
    })
    return { journal, catalog, ingest: await ground.startIngest({ journal, catalog, seam: client }) }
  }
  const holder = await open(recordingSeam)
  const other = await open(seam)
  const [first, second] = sandbox.ids().acsSystemIds as AcsSystemId[]
  return {
    ...{ other, first, second, entrances: { first: entranceOf(first), second: entranceOf(second) } },
    /** Returns the ACS systems, `first` or `second`, of which a reconciliation reads access. */
    async compared(): Promise<readonly string[]> {
      asked.clear()
      await holder.ingest.reconcile()
      const systems = entrances.filter((each) => asked.has(each.acsEntranceId))
      return [...new Set(systems.map((each) => (each.acsSystemId === first ? 'first' : 'second')))].sort()
    },
    async [Symbol.asyncDispose]() {
      for (const { journal, ingest } of [holder, other]) {
        await ingest.close()
        await journal.close()
      }
    },
  }
}
type Replicas = Awaited<ReturnType<typeof startReplicas>>

const viewerWith = (accessScope: Partial<AccessScope>) => ({
  ...demoViewer,
  accessScope: { ...demoViewer.accessScope, ...accessScope },
})

const uses: Readonly<
  Record<string, readonly [use: (all: Replicas, ground: IngestFixture) => unknown, string[]]>
> = {
  'no access to entrances is used': [() => undefined, []],
  'a client reads the credentials of an entrance': [
    async ({ other, entrances }) => {
      const view = other.catalog.viewFor(demoViewer)
      const entrance = await view.entrance(entrances.first)
      if (entrance !== null) await view.credentialsOfEntrance(entrance)
    },
    ['first'],
  ],
  'a client reads the entrances of an ACS user': [
    async ({ other, second }) => {
      const view = other.catalog.viewFor(demoViewer)
      const [user] = await view.users(second ?? null)
      if (user !== undefined) await view.entrancesOfUser(user)
    },
    ['second'],
  ],
  'a client requests changes of one entrance': [
    ({ other, entrances }) =>
      other.catalog.recordFilterUsage(demoViewer, { ...allChanges, acsEntranceId: entrances.second }),
    ['second'],
  ],
  'a client requests changes of all entrances': [
    ({ other }) => other.catalog.recordFilterUsage(demoViewer, aboutEntrances),
    ['first', 'second'],
  ],
  'a client requests changes of the entrances of one ACS system': [
    ({ other, first }) =>
      other.catalog.recordFilterUsage(demoViewer, { ...aboutEntrances, acsSystemId: first ?? null }),
    ['first'],
  ],
  'a client with the access scope of one ACS system requests changes of entrances': [
    ({ other, second }) =>
      other.catalog.recordFilterUsage(
        viewerWith({ acsSystemIds: new Set([second as AcsSystemId]) }),
        aboutEntrances,
      ),
    ['second'],
  ],
  'a client with the access scope of an ACS user requests changes of entrances': [
    async ({ other, first }, { seam }) => {
      const [user] = await seam.listUsers({ acsSystemId: first as AcsSystemId })
      other.catalog.recordFilterUsage(viewerWith({ acsUserId: user?.acsUserId ?? null }), aboutEntrances)
    },
    ['first'],
  ],
}

describe('access to entrances', () => {
  it.each(Object.entries(uses))('should be compared where it is used: %s', async (_what, [use, expected]) => {
    await using ground = await startIngestFixture(building)
    await using replicas = await startReplicas(ground)
    await use(replicas, ground)
    // The other replica stores a new use immediately, but nothing waits for the write.
    await vi.waitFor(async () => expect(await replicas.compared()).toEqual(expected))
  })

  it('should not be compared for a client without access to the entrance, nor for other changes', async () => {
    await using ground = await startIngestFixture(building)
    await using replicas = await startReplicas(ground)
    const { other, entrances, first, second } = replicas
    const { recordFilterUsage } = other.catalog
    const onlyFirst = viewerWith({ acsSystemIds: new Set([first as AcsSystemId]) })
    recordFilterUsage(onlyFirst, { ...allChanges, acsEntranceId: entrances.second })
    recordFilterUsage(onlyFirst, { ...aboutEntrances, acsSystemId: second ?? null })
    recordFilterUsage(demoViewer, {
      ...allChanges,
      acsEntranceId: 'ffffffff-0000-4000-8000-000000000000' as never,
    })
    recordFilterUsage(demoViewer, { ...allChanges, acsSystemId: second ?? null })
    recordFilterUsage(demoViewer, { ...allChanges, subjects: ['ENTRANCE', 'USER'] })
    // The newest use is stored last.
    recordFilterUsage(onlyFirst, { ...allChanges, acsEntranceId: entrances.first })
    await vi.waitFor(async () => expect(await replicas.compared()).toEqual(['first']))
  })

  it('should be compared while a subscription lasts, and not after the last use has expired', async () => {
    await using ground = await startIngestFixture(building)
    await using replicas = await startReplicas(ground, 2_000)
    const { other, entrances } = replicas
    const { journal, catalog } = other
    const cursors = await createCursors(journal)
    const hub = await createSubscriptionHub({
      ...{ journal, catalog, cursors, heartbeatMs: 200 },
      ...{ log: createLogger('silent'), metrics: createMetrics() },
    })
    const filter = { ...allChanges, acsEntranceId: entrances.second }
    const sink = { deliver() {}, isReady: () => true, end() {} }
    const leave = await hub.subscribe({ key: 'one', filter, render: async () => '' }, demoViewer, [], sink)
    catalog.recordFilterUsage(demoViewer, { ...allChanges, acsEntranceId: entrances.first })
    await vi.waitFor(async () => expect(await replicas.compared()).toEqual(['first', 'second']))
    await vi.waitFor(async () => expect(await replicas.compared()).toEqual(['second']))
    leave()
    await vi.waitFor(async () => expect(await replicas.compared()).toEqual([]))
    await hub.close()
    await cursors.close()
  })

  const asks: Readonly<Record<string, (world: World, id: string) => Promise<unknown>>> = {
    subscription: (world, id) =>
      subscribe(world.wsUrl, 'subscription($f: ChangeFilter) { changes(filter: $f) { cursor } }', {
        f: { acsEntranceId: id },
      }).next(),
    page: (world, id) =>
      world.ask('query($f: ChangeFilter) { changes(filter: $f) { nodes { id } } }', {
        f: { acsEntranceId: id },
      }),
    count: (world, id) =>
      world.ask('query($f: ChangeFilter) { changes(filter: $f) { totalCount } }', {
        f: { acsEntranceId: id },
      }),
  }

  it.each(Object.entries(asks))('should be compared for a %s by entrance', async (_what, ask) => {
    await using world = await startWorld({ sandbox: building })
    const [id = ''] = world.sandbox.ids().acsEntranceIds
    await world.app.ingest.reconcile()
    expect(world.sandbox.calls().byRoute[route]).toBeUndefined()
    await ask(world, id)
    await vi.waitFor(async () => {
      await world.app.ingest.reconcile()
      expect(world.sandbox.calls().byRoute[route]).toBeGreaterThan(0)
    })
  })
})

describe('a truncated list of credentials', () => {
  /** Creates a function that starts an ingest which reads access, and a switch that truncates those lists. */
  async function startTruncating(ground: IngestFixture) {
    const { seam } = ground
    const truncation = { keeps: null as ((id: string) => boolean) | null }
    const truncatingSeam: SeamClient = {
      ...seam,
      load: seam.load,
      clockAheadMs: seam.clockAheadMs,
      listEvents: async () => [],
      async listCredentialsOfEntrance(id, options) {
        const rows = await seam.listCredentialsOfEntrance(id, options)
        const { keeps } = truncation
        if (keeps === null) return rows
        options?.onTruncated?.('truncated by the test')
        return rows.filter((row) => keeps(row.acsCredentialId))
      },
    }
    const start = async () => {
      const catalog = createCatalog({ seam: truncatingSeam, maxAgeMs: 60_000 })
      catalog.recordFilterUsage(demoViewer, aboutEntrances)
      return ground.startIngest({ seam: truncatingSeam, catalog })
    }
    return { truncation, start }
  }

  const few = { activity: false, systems: 1, doors: 2, residents: 8 }
  const many = { activity: false, systems: 1, doors: 2, residents: 1_100 }

  it.each([
    ['the missing credentials are requested one by one', few],
    ['too many credentials are missing to request them', many],
  ] as const)(
    'should not be compared with the baseline, neither in the first reconciliation nor later, if %s',
    async (_what, size) => {
      await using ground = await startIngestFixture(size)
      const { truncation, start } = await startTruncating(ground)
      const [first] = ground.sandbox.ids().acsCredentialIds
      truncation.keeps = (id) => id === first
      const ingest = await start()
      for (const keeps of [truncation.keeps, null, truncation.keeps, () => false, null]) {
        truncation.keeps = keeps
        expect((await ingest.reconcile())?.changes).toBe(0)
      }
      expect(await ground.appendedChanges()).toEqual([])
      // Differences are published when the list is complete again.
      const { acsUserIds } = ground.sandbox.ids()
      const users = await ground.seam.listUsers({})
      const user = users.find((each) => each.acsUserId === acsUserIds[0])
      const [entrance] = user === undefined ? [] : await ground.seam.listEntrancesOfUser(user.acsUserId)
      if (user === undefined || entrance === undefined) throw new Error('There is no such user.')
      const { acsEntranceId } = entrance
      const { acsCredentialId: id } = await ground.seam.createCredential({
        acsUserId: user.acsUserId,
        accessMethod: 'code',
        acsEntranceIds: [acsEntranceId],
      })
      truncation.keeps = (each) => each === id
      await ingest.reconcile()
      const created = (await ground.appendedChanges()).find((change) => change.acsCredentialId === id)
      expect(created?.kind).toBe('CREATED')
      expect(created?.acsEntranceIds).toEqual([acsEntranceId])
      truncation.keeps = null
      expect((await ingest.reconcile())?.changes).toBe(0)
    },
  )
})
