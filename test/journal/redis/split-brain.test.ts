import { randomUUID } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { openRedisApiKeyStore } from '../../../src/auth/api-keys/redis-api-key-store.ts'
import { demoViewer } from '../../../src/auth/authenticator.ts'
import { createCatalog } from '../../../src/catalog/catalog.ts'
import { createCursorWait } from '../../../src/feed/cursor-wait.ts'
import { createCursors } from '../../../src/feed/cursors.ts'
import type { Batch, RenderedBatch } from '../../../src/feed/subscription.ts'
import { createSubscriptionHub } from '../../../src/feed/subscription-hub.ts'
import { type Journal, JournalReplaced } from '../../../src/journal/journal.ts'
import { openRedisJournal } from '../../../src/journal/redis/redis-journal.ts'
import { allChanges } from '../../../src/model/change-filter.ts'
import { Secret } from '../../../src/model/secret.ts'
import { createLogger } from '../../../src/observability/logger.ts'
import { createMetrics } from '../../../src/observability/metrics.ts'
import { createSeamClient } from '../../../src/seam/client.ts'
import { type RedisServer, startRedis } from '../../support/redis-server.ts'
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts'
import { sampleEntry } from '../sample-changes.ts'

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

/** Two servers. `newMaster` is promoted while `oldMaster` still accepts writes, so that their histories differ. */
let oldMaster: RedisServer
let newMaster: RedisServer
beforeAll(async () => {
  oldMaster = await startRedis()
  newMaster = await startRedis()
})
afterAll(async () => {
  await oldMaster[Symbol.asyncDispose]()
  await newMaster[Symbol.asyncDispose]()
})

type Split = AsyncDisposable & {
  readonly workspaceId: string
  /** Leads to `oldMaster` until a test changes it. */
  readonly network: TcpProxy
  /** Opened through `network`, and directly on `newMaster`. */
  readonly old: Journal
  readonly promoted: Journal
}

/** Gives both servers two common changes, then each of them different ones. */
async function startSplit(onOld: number, onPromoted: number): Promise<Split> {
  const workspaceId = randomUUID()
  const network = await startTcpProxy(oldMaster.url)
  await oldMaster.replicate(null)
  const old = await openRedisJournal({ url: network.url, workspaceId })
  await old.append([sampleEntry('common 1'), sampleEntry('common 2')])
  await newMaster.replicate(oldMaster)
  await newMaster.replicate(null)
  const promoted = await openRedisJournal({ url: newMaster.url, workspaceId })
  for (const n of upTo(onOld)) await old.append([sampleEntry(`old ${n}`)])
  for (const n of upTo(onPromoted)) await promoted.append([sampleEntry(`promoted ${n}`)])
  return {
    workspaceId,
    network,
    old,
    promoted,
    async [Symbol.asyncDispose]() {
      await old.close()
      await promoted.close()
      await network[Symbol.asyncDispose]()
    },
  }
}

/** Returns the error with which a tail ends. */
async function readTailError(journal: Journal): Promise<unknown> {
  try {
    for await (const _ of journal.tail(0, new AbortController().signal));
    return null
  } catch (error) {
    return error
  }
}

describe('two servers that both accepted writes', () => {
  it.each([
    [1, 0],
    [1, 1],
    [2, 1],
    [2, 2],
    [2, 5],
  ])(
    'should be detected, with %i more changes on the old master and %i on the promoted one',
    async (onOld, onPromoted) => {
      await using servers = await startSplit(onOld, onPromoted)
      const tail = readTailError(servers.old)
      expect(await servers.old.readHead()).toBe(2 + onOld)
      servers.network.leadTo(newMaster.url)
      expect(await tail).toBeInstanceOf(JournalReplaced)
      await expect(servers.old.append([sampleEntry('late')])).rejects.toThrow(JournalReplaced)
      await expect(servers.old.read(0, 10)).rejects.toThrow(JournalReplaced)
      await expect(servers.promoted.append([sampleEntry('late')])).rejects.toThrow(JournalReplaced)
      const again = await openRedisJournal({ url: newMaster.url, workspaceId: servers.workspaceId })
      expect(again.epoch).not.toBe(servers.old.epoch)
      await again.close()
    },
  )

  it('should continue in the same epoch if the old master accepted nothing more', async () => {
    await using servers = await startSplit(0, 3)
    servers.network.leadTo(newMaster.url)
    await vi.waitFor(() => servers.old.append([sampleEntry('after')]), { timeout: 10_000 })
    expect(await servers.promoted.readHead()).toBe(6)
    expect(servers.old.epoch).toBe(servers.promoted.epoch)
  })

  it('should be detected when the old master is promoted again before the other one was written to', async () => {
    const workspaceId = randomUUID()
    await using network = await startTcpProxy(oldMaster.url)
    await oldMaster.replicate(null)
    const old = await openRedisJournal({ url: network.url, workspaceId })
    await old.append([sampleEntry('common')])
    await newMaster.replicate(oldMaster)
    await newMaster.replicate(null)
    await old.append([sampleEntry('lost')])
    network.leadTo('redis://127.0.0.1:1')
    await oldMaster.replicate(newMaster)
    await oldMaster.replicate(null)
    const again = await openRedisJournal({ url: oldMaster.url, workspaceId })
    await again.append([sampleEntry('in its place')])
    network.leadTo(oldMaster.url)
    await vi.waitFor(() => expect(old.append([sampleEntry('late')])).rejects.toThrow(JournalReplaced), {
      timeout: 10_000,
    })
    for (const journal of [old, again]) await journal.close()
  })

  it('should not be confused with a server that was only restarted', async () => {
    await using redis = await startRedis()
    const journal = await openRedisJournal({ url: redis.url, workspaceId: 'w' })
    const cursors = await createCursors(journal)
    const written: string[] = []
    for (const n of upTo(3)) {
      await vi.waitFor(() => journal.append([sampleEntry(`${n}`)]), { timeout: 10_000 })
      written.push(cursors.write(demoViewer, n))
      await redis.kill()
      await redis.start()
    }
    const other = await openRedisJournal({ url: redis.url, workspaceId: 'w' })
    const otherCursors = await createCursors(other)
    for (const [index, cursor] of written.entries()) {
      expect(otherCursors.read(demoViewer, cursor)).toEqual({ offset: index + 1 })
      expect(otherCursors.write(demoViewer, index + 1)).toBe(cursor)
    }
    for (const each of [cursors, otherCursors]) each.close()
    for (const each of [journal, other]) await each.close()
  })
})

describe('a cursor from a server that lost its changes', () => {
  it('should get JOURNAL_REPLACED, though no process that knew those changes is running', async () => {
    await using servers = await startSplit(2, 3)
    const cursors = await createCursors(servers.old)
    const common = cursors.write(demoViewer, 2)
    const lost = cursors.write(demoViewer, 4)
    cursors.close()
    const otherCursors = await createCursors(servers.promoted)
    expect(otherCursors.read(demoViewer, lost)).toEqual({ gap: 'JOURNAL_REPLACED' })
    expect(otherCursors.read(demoViewer, common)).toEqual({ offset: 2 })
    otherCursors.close()
  })

  it('should get JOURNAL_REPLACED once its offset is known on the other server', async () => {
    await using servers = await startSplit(3, 2)
    const cursors = await createCursors(servers.old)
    const lost = cursors.write(demoViewer, 5)
    cursors.close()
    const otherCursors = await createCursors(servers.promoted)
    expect(otherCursors.read(demoViewer, lost)).toEqual({ offset: 5 })
    const other = await openRedisJournal({ url: newMaster.url, workspaceId: servers.workspaceId })
    await other.append([sampleEntry('promoted 3')])
    await servers.promoted.readHead()
    expect(otherCursors.read(demoViewer, lost)).toEqual({ gap: 'JOURNAL_REPLACED' })
    otherCursors.close()
    await other.close()
  })
})

describe('subscribers and readers with a cursor from a server that lost its changes', () => {
  it('should get JOURNAL_REPLACED, also for an offset that the other gateway reaches later', async () => {
    await using servers = await startSplit(3, 2)
    const onOld = await createCursors(servers.old)
    const [known, ahead] = [4, 5].map((offset) => onOld.write(demoViewer, offset))
    const journal = servers.promoted
    const seam = createSeamClient({ apiKey: new Secret('seam_unused'), endpoint: 'http://127.0.0.1:9' })
    const catalog = createCatalog({ seam, maxAgeMs: 1_000 })
    const cursors = await createCursors(journal)
    const log = createLogger('silent')
    const hub = await createSubscriptionHub({ journal, catalog, cursors, log, metrics: createMetrics() })
    const gaps: string[] = []
    const operation = {
      key: 'gaps',
      filter: allChanges,
      render: async ({ gap }: Batch) => gap?.reason ?? '',
    }
    const sink = {
      deliver: ({ body }: RenderedBatch) => void gaps.push(body),
      isReady: () => true,
      end: () => {},
    }
    await hub.subscribe(operation, demoViewer, [known ?? ''], sink)
    await vi.waitFor(() => expect(gaps).toEqual(['JOURNAL_REPLACED']))
    const waitForCursor = createCursorWait({ cursors, hub, timeoutMs: 60_000 })
    const replaced = { code: 'JOURNAL_REPLACED' }
    await expect(waitForCursor(demoViewer, known ?? '')).rejects.toMatchObject(replaced)
    const waiting = expect(waitForCursor(demoViewer, ahead ?? '')).rejects.toMatchObject(replaced)
    await journal.append([sampleEntry('promoted 3')])
    await waiting
    await hub.close()
    for (const each of [onOld, cursors]) each.close()
  })
})

describe('a saved catalog', () => {
  it('should not be restored if it includes changes that the promoted server never had', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'latchkey-split-'))
    await using servers = await startSplit(2, 3)
    const seam = createSeamClient({ apiKey: new Secret('seam_unused'), endpoint: 'http://127.0.0.1:9' })
    const createPersistence = (journal: Journal) =>
      createCatalog({ seam, maxAgeMs: 1_000 }).persistIn(folder, journal, createLogger('silent'))
    async function restoreSavedAt(offset: number): Promise<string[]> {
      const persistence = createPersistence(servers.old)
      persistence.start(() => offset)
      await persistence.close()
      await createPersistence(servers.promoted).restore()
      return readdir(folder)
    }
    expect(await restoreSavedAt(2)).toEqual(['workspace.json'])
    expect(await restoreSavedAt(4)).toEqual([])
    await rm(folder, { recursive: true })
  })
})

describe('API keys on two servers that both accepted writes', () => {
  it('should be those of the promoted server, also after equally many writes to both', async () => {
    const workspaceId = randomUUID()
    await using network = await startTcpProxy(oldMaster.url)
    await oldMaster.replicate(null)
    const old = await openRedisApiKeyStore({ url: network.url, workspaceId, pollMs: 50 })
    await newMaster.replicate(oldMaster)
    await newMaster.replicate(null)
    const promoted = await openRedisApiKeyStore({ url: newMaster.url, workspaceId })
    const lost = await old.create({ name: 'lost', scopes: ['read'] })
    const kept = await promoted.create({ name: 'kept', scopes: ['read'] })
    network.leadTo(newMaster.url)
    await vi.waitFor(async () => expect((await old.list()).map(({ name }) => name)).toEqual(['kept']), {
      timeout: 10_000,
    })
    expect(await old.findByKey(lost.key)).toBeNull()
    expect(await old.findByKey(kept.key)).toMatchObject({ name: 'kept' })
    for (const store of [old, promoted]) await store.close()
  })
})
