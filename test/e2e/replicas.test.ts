import { execFile } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { describe, expect, it, vi } from 'vitest'
import { allEvents, ask, startDeployment } from '../support/deployment.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'
import { subscribeResuming } from '../support/resuming-subscriber.ts'
import { subscribe } from '../support/subscriber.ts'
import { sendWebhook, startWebhookStorm, type WebhookStorm } from '../support/webhook-storm.ts'

const timeout = 120_000
const run = promisify(execFile)

describe('several gateways on one Redis', () => {
  it('should tell everybody the same, wherever a webhook came in and a subscriber is', {
    timeout,
  }, async () => {
    await using redis = await startRedis()
    await using scene = await startDeployment({ replicas: 3, redisUrl: redis.url })
    const { key, secret, urls, wsUrls, sandbox } = scene
    const { cursor } = await ask<{ cursor: string }>(urls[0] ?? '', key, '{ cursor }')
    const followers = wsUrls.map((url) => subscribeResuming([url], cursor, key))
    const storm = startWebhookStorm({ urls, secret, workspaceId: sandbox.workspaceId, perSecond: 200 })
    await delay(3_000)
    await storm.finish()
    const journal = await allEvents(urls[0] ?? '', key)
    expect(new Set(journal)).toEqual(storm.acknowledged)
    for (const { told, stop } of followers) {
      await vi.waitFor(() => expect(told).toHaveLength(journal.length), { timeout: 10_000 })
      await stop()
      expect(told).toEqual(journal)
    }
  })

  it('should have a write that was told by one on another as soon as its cursor is named', {
    timeout,
  }, async () => {
    await using redis = await startRedis()
    await using scene = await startDeployment({ replicas: 2, redisUrl: redis.url })
    const { key, urls, wsUrls, sandbox } = scene
    const [here = '', there = ''] = urls
    const query = '{ cursor acsCredentials(first: 1) { totalCount } }'
    const count = async (url: string, after?: string) =>
      (
        await ask<{ acsCredentials: { totalCount: number } }>(
          url,
          key,
          query,
          {},
          after === undefined ? {} : { 'latchkey-after': after },
        )
      ).acsCredentials.totalCount
    const before = await count(there)
    const told = subscribe<{ changes: { cursor: string; changes: unknown[] } }>(
      wsUrls[0] ?? '',
      'subscription { changes { cursor changes { kind } } }',
      {},
      key,
    )
    await told.next()
    sandbox.act('revoke')
    const event = sandbox.events().at(-1)
    await sendWebhook(here, scene.secret, event?.event_id ?? '', JSON.stringify(event))
    const { changes } = await told.next()
    expect(changes.changes).toHaveLength(1)
    expect(await count(there, changes.cursor)).toBe(before - 1)
    await told.close()
  })

  it('should let one of them compare with Seam, and another one within seconds after that one was killed', {
    timeout,
  }, async () => {
    await using redis = await startRedis()
    await using scene = await startDeployment({
      replicas: 2,
      redisUrl: redis.url,
      env: { RECONCILE_SECONDS: '1' },
    })
    const holder = async () => {
      const text = String(
        await redis.command('HGET', `{latchkey:${scene.sandbox.workspaceId}}:leases`, 'ingest'),
      )
      return text.split(' ')[2] ?? ''
    }
    const first = await holder()
    const runs = await vi.waitFor(
      async () => {
        const counts = await Promise.all(scene.urls.map((url) => reconciledBy(url, scene.key)))
        expect(Math.max(...counts)).toBeGreaterThan(1)
        return counts
      },
      { timeout: 15_000, interval: 100 },
    )
    const index = runs.findIndex((count) => count > 0)
    expect(runs.filter((count) => count > 0)).toHaveLength(1)
    await scene.kill(index)
    scene.sandbox.act('renameUser')
    await vi.waitFor(async () => expect(await holder()).not.toBe(first), { timeout: 15_000, interval: 100 })
    const other = scene.urls[1 - index] ?? ''
    await vi.waitFor(
      async () => {
        const { changes } = await ask<{ changes: { nodes: { origin: string }[] } }>(
          other,
          scene.key,
          '{ changes(first: 100) { nodes { origin } } }',
        )
        expect(changes.nodes.map(({ origin }) => origin)).toContain('RECONCILIATION')
      },
      { timeout: 15_000, interval: 200 },
    )
  })

  it('should take keys that the command line made, and let nobody stay whose key it revoked', {
    timeout,
  }, async () => {
    await using redis = await startRedis()
    await using scene = await startDeployment({ replicas: 2, redisUrl: redis.url })
    const { sandbox, wsUrls, urls } = scene
    const env = { REDIS_URL: redis.url, SEAM_API_KEY: sandbox.apiKey, SEAM_ENDPOINT: sandbox.url }
    const latchkey = (...args: string[]) => run(process.execPath, ['src/cli.ts', ...args], { env })
    const { stdout } = await latchkey('keys', 'create', '--name', 'desk', '--scopes', 'read,events')
    const key = stdout.trim()
    const sockets = wsUrls.map((url) => subscribe(url, 'subscription { changes { cursor } }', {}, key))
    for (const socket of sockets) await socket.next()
    expect((await latchkey('keys', 'list')).stdout).toContain('desk')
    await latchkey('keys', 'revoke', 'desk')
    for (const socket of sockets) await expect(socket.next()).rejects.toMatchObject({ code: 4401 })
    for (const url of urls) await expect(ask(url, key, '{ cursor }')).rejects.toThrow('UNAUTHENTICATED')
    const { stdout: doctor } = await run(process.execPath, ['src/cli.ts', 'doctor'], { env })
    expect(doctor).toMatch(/ok +Keys +1 in Redis/)
    expect(doctor).toMatch(/ok +Redis +Redis 7\S* at redis:\S+, which does not lose acknowledged writes/)
  })
})

describe('a Redis in trouble', () => {
  /** Webhooks and subscribers while something happens to Redis; afterwards nothing acknowledged may be missing. */
  async function surviveTrouble(trouble: (redis: RedisServer) => Promise<void>): Promise<WebhookStorm> {
    await using redis = await startRedis()
    await using scene = await startDeployment({ replicas: 2, redisUrl: redis.url })
    const { key, secret, urls, wsUrls, sandbox } = scene
    const { cursor } = await ask<{ cursor: string }>(urls[0] ?? '', key, '{ cursor }')
    const followers = wsUrls.map((url) => subscribeResuming([url], cursor, key))
    const storm = startWebhookStorm({ urls, secret, workspaceId: sandbox.workspaceId, perSecond: 100 })
    await delay(1_000)
    await trouble(redis)
    await vi.waitFor(
      async () => expect(await statusOf(`${urls[0]}/readyz`)).toMatchObject({ checks: { journal: 'ok' } }),
      { timeout: 20_000, interval: 100 },
    )
    await delay(1_000)
    await storm.finish()
    const journal = await allEvents(urls[0] ?? '', key)
    expect(journal).toHaveLength(new Set(journal).size)
    expect(new Set(journal)).toEqual(storm.acknowledged)
    expect(storm.acknowledged.size).toBe(storm.sent)
    for (const { told, gaps, stop } of followers) {
      await vi.waitFor(() => expect(told.length).toBeGreaterThanOrEqual(journal.length), { timeout: 20_000 })
      await stop()
      expect(told).toEqual(journal)
      expect(gaps).toEqual([])
    }
    return storm
  }

  it('should cost nothing that was acknowledged: killed, and started again', { timeout }, async () => {
    const storm = await surviveTrouble(async (redis) => {
      await redis.kill()
      await delay(3_000)
      await redis.start()
    })
    expect(storm.refusedWith).toContain(503)
  })

  it('should cost nothing that was acknowledged: frozen for ten seconds', { timeout }, async () => {
    const storm = await surviveTrouble(async (redis) => {
      redis.freeze()
      await delay(10_000)
      redis.thaw()
    })
    expect(storm.refusedWith).toContain(503)
  })

  it('should be told to subscribers when it was emptied, who then go on with what there is', {
    timeout,
  }, async () => {
    await using redis = await startRedis()
    await using scene = await startDeployment({ replicas: 2, redisUrl: redis.url })
    const { key, secret, urls, wsUrls, sandbox } = scene
    const { cursor } = await ask<{ cursor: string }>(urls[0] ?? '', key, '{ cursor }')
    const storm = startWebhookStorm({ urls, secret, workspaceId: sandbox.workspaceId, perSecond: 20 })
    await delay(500)
    // Everything but the keys: whoever comes back must still be let in.
    const names = (await redis.command('KEYS', '*')) as string[]
    await redis.command('DEL', ...names.filter((name) => !/:keys/.test(name)))
    const followers = wsUrls.map((url) => subscribeResuming([url], cursor, key))
    for (const { gaps } of followers)
      await vi.waitFor(() => expect(gaps).toContain('JOURNAL_REPLACED'), { timeout: 30_000 })
    await delay(500)
    await storm.finish()
    const [last = ''] = (await allEvents(urls[0] ?? '', key)).slice(-1)
    for (const { told, stop } of followers) {
      await vi.waitFor(() => expect(told).toContain(last), { timeout: 10_000 })
      await stop()
    }
  })
})

async function statusOf(url: string): Promise<unknown> {
  return (await fetch(url)).json()
}

async function reconciledBy(url: string, key: string): Promise<number> {
  const response = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${key}` } })
  const found = /latchkey_reconciliations_total (\d+)/.exec(await response.text())?.[1]
  return Number(found ?? 0)
}
