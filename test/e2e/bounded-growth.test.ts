import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { openRedisJournal } from '../../src/journal/redis/redis-journal.ts'
import { trimJournal } from '../../src/journal/retention.ts'
import { openSqliteJournal } from '../../src/journal/sqlite/sqlite-journal.ts'
import { type Deployment, startDeployment } from '../support/deployment.ts'
import { type Collection, type Heap, type HeapContents, openHeap } from '../support/heap.ts'
import {
  absentAtMost,
  bearer,
  createIdentities,
  operations,
  times,
  tombstonesAtMost,
  urlOf,
} from '../support/operations.ts'
import { askMany } from '../support/pipeline.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'
import { type Counts, countMembers, countRows } from '../support/store-counts.ts'
import { audience, type Issuer, issuerName, startIssuer } from '../support/token-issuer.ts'

/** A collection with room for more entries could contain one per operation. Caches of documents keep 2,000 entries, with room for 4,096. */
const roomAtMost = 4_096
/** The larger bound of some collections, by variable. V8 allocates room for up to four times as many if old entries are removed. */
const boundedOtherwise: Readonly<Record<string, number>> = {
  absentIds: absentAtMost,
  tombstones: tombstonesAtMost,
  invalidatedOwners: tombstonesAtMost,
}
/** The number of objects of a class that `times` of each operation may add. */
const addedAtMost = times / 2
/** The number of mutations that call Seam: `times` would be too slow. Their leftovers are found by the names of the collections. */
const mutations = 100
const heldByCommands = ['sharedOutcomes', 'executions', 'heldLeases', 'writes', 'lastByName']

/** The operations that access the journal's store. */
const usingStore = [
  'webhooks',
  'webhooks with a wrong signature',
  'repeated mutations',
  'unknown API keys',
  'sockets',
]

const isUnbounded = ({ room, heldAs }: Collection): boolean =>
  !heldAs.some((name) => room <= 4 * (boundedOtherwise[name] ?? 0))

const dayMs = 86_400_000
const yearMs = 366 * dayMs
const yearLater = (): Date => new Date(Date.now() + yearMs)
const keptChanges = 100
const retention = {
  keptMs: 30 * dayMs,
  keepAtMost: keptChanges,
  audit: { keptMs: 365 * dayMs, keepAtMost: keptChanges },
  getClockLeadMs: () => 0,
}

function expectSmall(counts: Counts): void {
  for (const [what, count] of Object.entries(counts)) expect(count, what).toBeLessThanOrEqual(keptChanges)
}

describe(`${times} operations of every kind`, { timeout: 600_000 }, () => {
  let issuer: Issuer
  let deployment: Deployment
  let heap: Heap
  let before: HeapContents
  let after: HeapContents

  beforeAll(async () => {
    issuer = await startIssuer()
    deployment = await startDeployment({
      scopes: ['write'],
      env: {
        NODE_OPTIONS: '--inspect=127.0.0.1:0',
        LOG_LEVEL: 'fatal',
        LIMIT_COMPLEXITY: '0',
        AUTH_JWKS_URL: issuer.url,
        AUTH_ISSUER: issuerName,
        AUTH_AUDIENCE: audience,
      },
    })
    heap = await openHeap(deployment.gateways[0]?.output() ?? '')
    for (const { run, full } of operations) await run(deployment, full, 0)
    before = await heap.read()
  }, 600_000)
  afterAll(async () => {
    heap[Symbol.dispose]()
    await deployment[Symbol.asyncDispose]()
    await issuer[Symbol.asyncDispose]()
  })

  for (const { what, run, expected } of operations)
    it(`should all be answered: ${what}`, async () => {
      expect(await run(deployment, times, times)).toMatchObject(expected)
    })

  it(`should all be answered: ${mutations} mutations`, async () => {
    expect(await createIdentities.run(deployment, mutations, 0)).toMatchObject({ complete: mutations })
  })

  // With `admin`, answers contain the cost of the operation, and are not reused.
  it('should all be answered: different variables of a viewer without admin', async () => {
    const token = await issuer.sign({ scope: 'read' }, { expiresIn: 3_600 })
    const query = 'query Q($id: ID!) { acsUser(id: $id) { id } }'
    const found = await askMany(deployment.wsUrls[0] ?? '', token, times, (n) => ({
      query,
      variables: { id: `not an id ${n}` },
    }))
    expect(found).toMatchObject({ complete: times })
  })

  it('should leave no collection in memory with an entry for each operation', async () => {
    await vi.waitFor(async () => {
      const metrics = await fetch(`${urlOf(deployment)}/metrics`, { headers: bearer(deployment.key) })
      expect(await metrics.text()).toMatch(/^latchkey_subscribers 0$/m)
    })
    after = await heap.read()
    expect(after.collectionsAbove(roomAtMost).filter(isUnbounded)).toEqual([])
  })

  it('should leave no object in memory for each operation', () => {
    const added = [...after.counts].map(
      ([name, count]) => [name, count - (before.counts.get(name) ?? 0)] as const,
    )
    expect(added.filter(([, count]) => count > addedAtMost)).toEqual([])
  })

  it('should leave no state of document validation in memory beside the cached errors', () => {
    for (const visitor of ['enter', 'leave'])
      expect(after.counts.get(`closure ${visitor}`), visitor).toBeLessThan(times / 10)
  })

  it('should leave no finished commands in memory', () => {
    const names = after.collectionsAbove(mutations / 4).flatMap(({ heldAs }) => heldAs)
    expect(names.filter((name) => heldByCommands.includes(name))).toEqual([])
  })

  it('should leave nothing in SQLite that does not expire', async () => {
    await deployment.kill(0)
    const [dataDir = ''] = deployment.dataDirs
    const file = join(dataDir, `journal-${deployment.sandbox.workspaceId}.db`)
    expect(countRows(file).changes).toBeGreaterThan(times / 2)
    // The journal's clock advances only while the file is open.
    let elapsedMs = 0
    const journal = await openSqliteJournal({ file, now: yearLater, elapsedMs: () => elapsedMs })
    elapsedMs = yearMs
    await trimJournal(journal, retention)
    await journal.close()
    expectSmall(countRows(file))
    expectSmall(countRows(join(dataDir, 'keys.db')))
  })
})

describe(`${times} operations of every kind that accesses Redis`, { timeout: 600_000 }, () => {
  const ofStore = operations.filter(({ what }) => usingStore.includes(what))
  let redis: RedisServer
  let deployment: Deployment

  beforeAll(async () => {
    redis = await startRedis(['--appendfsync', 'no'])
    deployment = await startDeployment({
      redisUrl: redis.url,
      scopes: ['write'],
      env: { LOG_LEVEL: 'fatal' },
    })
  })
  afterAll(async () => {
    await deployment[Symbol.asyncDispose]()
    await redis[Symbol.asyncDispose]()
  })

  for (const { what, run, expected } of ofStore)
    it(`should all be answered: ${what}`, async () => {
      expect(await run(deployment, times, 0)).toMatchObject(expected)
    })

  it('should leave nothing in Redis that does not expire', async () => {
    await createIdentities.run(deployment, mutations, 0)
    await deployment.kill(0)
    expect(Math.max(...Object.values(await countMembers(redis)))).toBeGreaterThan(times / 2)
    const { workspaceId } = deployment.sandbox
    const journal = await openRedisJournal({ url: redis.url, workspaceId, now: yearLater })
    await trimJournal(journal, retention)
    await journal.close()
    expectSmall(await countMembers(redis))
  })
})
