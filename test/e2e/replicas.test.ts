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
  it('should deliver the same changes to every subscriber, whichever replica receives a webhook', {
    timeout,
  }, async () => {
    await using redis = await startRedis()
    await using deployment = await startDeployment({ replicas: 3, redisUrl: redis.url })
    const { key, secret, urls, wsUrls, sandbox } = deployment
    const { cursor } = await ask<{ cursor: string }>(urls[0] ?? '', key, '{ cursor }')
    const followers = wsUrls.map((url) => subscribeResuming([url], cursor, key))
    const storm = startWebhookStorm({ urls, secret, workspaceId: sandbox.workspaceId, perSecond: 200 })
    await delay(3_000)
    await storm.finish()
    const journal = await allEvents(urls[0] ?? '', key)
    expect(new Set(journal)).toEqual(storm.acknowledged)
    for (const { received, stop } of followers) {
      await vi.waitFor(() => expect(received).toHaveLength(journal.length), { timeout: 10_000 })
      await stop()
      expect(received).toEqual(journal)
    }
  })

  it('should include a change that another replica delivered if the request names its cursor', {
    timeout,
  }, async () => {
    await using redis = await startRedis()
    await using deployment = await startDeployment({ replicas: 2, redisUrl: redis.url })
    const { key, urls, wsUrls, sandbox } = deployment
    const [first = '', second = ''] = urls
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
    const before = await count(second)
    const received = subscribe<{ changes: { cursor: string; changes: unknown[] } }>(
      wsUrls[0] ?? '',
      'subscription { changes { cursor changes { kind } } }',
      {},
      key,
    )
    await received.next()
    sandbox.act('revoke')
    const event = sandbox.events().at(-1)
    await sendWebhook(first, deployment.secret, event?.event_id ?? '', JSON.stringify(event))
    const { changes } = await received.next()
    expect(changes.changes).toHaveLength(1)
    expect(await count(second, changes.cursor)).toBe(before - 1)
    await received.close()
  })

  it('should run reconciliation on one replica, and on another within seconds after the first was killed', {
    timeout,
  }, async () => {
    await using redis = await startRedis()
    await using deployment = await startDeployment({
      replicas: 2,
      redisUrl: redis.url,
      env: { RECONCILE_SECONDS: '1' },
    })
    const holder = async () => {
      const text = String(
        await redis.command('HGET', `{latchkey:${deployment.sandbox.workspaceId}}:leases`, 'ingest'),
      )
      return text.split(' ')[2] ?? ''
    }
    const first = await holder()
    const runs = await vi.waitFor(
      async () => {
        const counts = await Promise.all(deployment.urls.map((url) => reconciledBy(url, deployment.key)))
        expect(Math.max(...counts)).toBeGreaterThan(1)
        return counts
      },
      { timeout: 15_000, interval: 100 },
    )
    const index = runs.findIndex((count) => count > 0)
    expect(runs.filter((count) => count > 0)).toHaveLength(1)
    await deployment.kill(index)
    deployment.sandbox.act('renameUser')
    await vi.waitFor(async () => expect(await holder()).not.toBe(first), { timeout: 15_000, interval: 100 })
    const other = deployment.urls[1 - index] ?? ''
    await vi.waitFor(
      async () => {
        const { changes } = await ask<{ changes: { nodes: { origin: string }[] } }>(
          other,
          deployment.key,
          '{ changes(first: 100) { nodes { origin } } }',
        )
        expect(changes.nodes.map(({ origin }) => origin)).toContain('RECONCILIATION')
      },
      { timeout: 15_000, interval: 200 },
    )
  })

  it('should accept API keys from the command line, and close the sockets of those that it revokes', {
    timeout,
  }, async () => {
    await using redis = await startRedis()
    await using deployment = await startDeployment({ replicas: 2, redisUrl: redis.url })
    const { sandbox, wsUrls, urls } = deployment
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

describe('a failure of Redis', () => {
  /** Sends webhooks, with subscribers, during a failure of Redis. Afterwards no acknowledged change may be missing. */
  async function surviveFailure(fail: (redis: RedisServer) => Promise<void>): Promise<WebhookStorm> {
    await using redis = await startRedis()
    await using deployment = await startDeployment({ replicas: 2, redisUrl: redis.url })
    const { key, secret, urls, wsUrls, sandbox } = deployment
    const { cursor } = await ask<{ cursor: string }>(urls[0] ?? '', key, '{ cursor }')
    const followers = wsUrls.map((url) => subscribeResuming([url], cursor, key))
    const storm = startWebhookStorm({ urls, secret, workspaceId: sandbox.workspaceId, perSecond: 100 })
    await delay(1_000)
    await fail(redis)
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
    for (const { received, gaps, stop } of followers) {
      await vi.waitFor(() => expect(received.length).toBeGreaterThanOrEqual(journal.length), {
        timeout: 20_000,
      })
      await stop()
      expect(received).toEqual(journal)
      expect(gaps).toEqual([])
    }
    return storm
  }

  it('should lose no acknowledged change: killed, and started again', { timeout }, async () => {
    const storm = await surviveFailure(async (redis) => {
      await redis.kill()
      await delay(3_000)
      await redis.start()
    })
    expect(storm.refusedWith).toContain(503)
  })

  it('should lose no acknowledged change: frozen for ten seconds', { timeout }, async () => {
    const storm = await surviveFailure(async (redis) => {
      redis.freeze()
      await delay(10_000)
      redis.thaw()
    })
    expect(storm.refusedWith).toContain(503)
  })

  it('should be reported to subscribers as a gap if Redis was emptied, and they continue afterwards', {
    timeout,
  }, async () => {
    await using redis = await startRedis()
    await using deployment = await startDeployment({ replicas: 2, redisUrl: redis.url })
    const { key, secret, urls, wsUrls, sandbox } = deployment
    const { cursor } = await ask<{ cursor: string }>(urls[0] ?? '', key, '{ cursor }')
    const storm = startWebhookStorm({ urls, secret, workspaceId: sandbox.workspaceId, perSecond: 20 })
    await delay(500)
    // Keeps the API keys, so that the subscribers can authenticate again.
    const names = (await redis.command('KEYS', '*')) as string[]
    await redis.command('DEL', ...names.filter((name) => !/:keys/.test(name)))
    const followers = wsUrls.map((url) => subscribeResuming([url], cursor, key))
    for (const { gaps } of followers)
      await vi.waitFor(() => expect(gaps).toContain('JOURNAL_REPLACED'), { timeout: 30_000 })
    await delay(500)
    await storm.finish()
    const [last = ''] = (await allEvents(urls[0] ?? '', key)).slice(-1)
    for (const { received, stop } of followers) {
      await vi.waitFor(() => expect(received).toContain(last), { timeout: 10_000 })
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
