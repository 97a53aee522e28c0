import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { allEvents, ask, startDeployment } from '../support/deployment.ts'
import { type RedisGroup, startRedisPair, startSentinelGroup } from '../support/redis-topologies.ts'
import { subscribeResuming } from '../support/resuming-subscriber.ts'
import { sendWebhook, startWebhookStorm } from '../support/webhook-storm.ts'

/** `FAILOVERS=20 npx vitest run test/e2e/redis-failover.test.ts` for a long run. */
const rounds = Number(process.env.FAILOVERS ?? 3)
const timeout = 60_000 + rounds * 40_000
/** Prints a text beside the test's result. */
type Annotate = (text: string) => Promise<unknown>

describe('two gateways during repeated failovers of Redis', () => {
  /** Sends webhooks to both gateways, with a subscriber at each. Every acknowledged change must be delivered once and in order. */
  async function surviveFailovers(group: RedisGroup, annotate: Annotate): Promise<void> {
    await using deployment = await startDeployment({ replicas: 2, redisUrl: group.url })
    const { key, secret, urls, wsUrls, sandbox } = deployment
    const { workspaceId } = sandbox
    const probes = new Set<string>()

    /** Resolves once the gateway at this URL acknowledges a webhook. */
    async function untilAcknowledged(url: string): Promise<void> {
      const id = randomUUID()
      const at = new Date().toISOString()
      const ids = { event_id: id, workspace_id: workspaceId, acs_system_id: randomUUID() }
      const times = { created_at: at, occurred_at: at }
      const credential = { event_type: 'acs_credential.issued', acs_credential_id: randomUUID() }
      const body = JSON.stringify({ ...ids, ...times, ...credential })
      while ((await sendWebhook(url, secret, id, body).catch(() => null))?.ok !== true) await delay(50)
      probes.add(id)
    }

    const { cursor } = await ask<{ cursor: string }>(urls[0] ?? '', key, '{ cursor }')
    const followers = wsUrls.map((url) => subscribeResuming([url], cursor, key))
    const storm = startWebhookStorm({ urls, secret, workspaceId, perSecond: 100 })
    for (let round = 0; round < rounds; round++) {
      await delay(1_000)
      await group.ready()
      const begunAt = performance.now()
      await group.failOver(round)
      const overMs = Math.round(performance.now() - begunAt)
      await Promise.all(urls.map(untilAcknowledged))
      const backMs = Math.round(performance.now() - begunAt)
      await annotate(`failover ${round}: over after ${overMs} ms, both gateways back after ${backMs} ms`)
    }
    await storm.finish()
    const acknowledged = new Set([...storm.acknowledged, ...probes])
    const finishedAt = performance.now()
    const journal = await vi.waitFor(
      async () => {
        const received = await allEvents(urls[0] ?? '', key)
        expect(acknowledged.difference(new Set(received)).size).toBe(0)
        return received
      },
      { timeout: 30_000, interval: 200 },
    )
    await annotate(`all changes read ${Math.round(performance.now() - finishedAt)} ms after the last webhook`)
    await annotate(
      `${acknowledged.size} acknowledged, ${journal.length} in the journal, ${storm.refusedWith.length} answers refused`,
    )
    expect(journal).toHaveLength(new Set(journal).size)
    expect(new Set(journal)).toEqual(acknowledged)
    expect(storm.acknowledged.size).toBe(storm.sent)
    for (const { received, gaps, stop } of followers) {
      await vi.waitFor(() => expect(received.length).toBeGreaterThanOrEqual(journal.length), {
        timeout: 20_000,
      })
      await stop()
      expect(received).toEqual(journal)
      expect(gaps).toEqual([])
    }
  }

  it('should lose, repeat and reorder no change: a pair whose replica is promoted manually', {
    timeout,
  }, async ({ annotate }) => {
    await using pair = await startRedisPair()
    await surviveFailovers(pair, annotate)
  })

  it('should lose, repeat and reorder no change: a group that Sentinels monitor', { timeout }, async ({
    annotate,
  }) => {
    await using group = await startSentinelGroup()
    await surviveFailovers(group, annotate)
  })
})
