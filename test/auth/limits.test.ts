import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { demoViewer } from '../../src/auth/doorkeeper.ts'
import { createLimits, type LimitNumbers, LimitReached, type Limits } from '../../src/auth/limits.ts'
import type { Viewer } from '../../src/auth/viewer.ts'
import { type Redis, startRedis } from '../support/redis.ts'

const viewer = (keyId: string | null, name = 'ada'): Viewer => ({ ...demoViewer, isDemo: false, keyId, name })
const ada = viewer('k1')
const ben = viewer('k2')
const minute = 60_000

let clock = 100 * minute + 15_000
const numbers: LimitNumbers = { complexityPerMinute: 1_000, subscriptions: 3, connections: 2 }
const open = (more: Partial<LimitNumbers> = {}, redis: { url: string; workspaceId: string } | null = null) =>
  createLimits({
    numbers: { ...numbers, ...more },
    redisUrl: redis?.url ?? null,
    workspaceId: redis?.workspaceId ?? 'w1',
    now: () => clock,
  })

const refusalOf = (run: () => unknown): LimitReached => {
  try {
    run()
  } catch (error) {
    if (error instanceof LimitReached) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describe('the budget of a key', () => {
  it('should be told with every operation, and be whole again with the next minute', () => {
    const limits = open()
    expect(limits.spend(ada, 600)).toEqual({
      complexity: 600,
      limit: 1_000,
      remaining: 400,
      resetsInMs: 45_000,
    })
    expect(refusalOf(() => limits.spend(ada, 401))).toMatchObject({
      code: 'RATE_LIMITED',
      limit: 1_000,
      retryAfterMs: 45_000,
    })
    expect(limits.spend(ada, 400)?.remaining).toBe(0)
    clock += 45_000
    expect(limits.spend(ada, 1_000)?.remaining).toBe(0)
  })

  it('should be its own, and one for all tokens of a subject', () => {
    const limits = open()
    limits.spend(ada, 1_000)
    expect(limits.spend(ben, 1_000)?.remaining).toBe(0)
    limits.spend(viewer(null, 'jwt:eve'), 900)
    refusalOf(() => limits.spend(viewer(null, 'jwt:eve'), 200))
  })

  it('should not be there for the demo, or where the operator wants none', () => {
    expect(open().spend(demoViewer, 1e9)).toBeNull()
    expect(open({ complexityPerMinute: 0 }).spend(ada, 1e9)).toBeNull()
  })
})

describe('what is open at once', () => {
  it('should be counted by key, and given back once', () => {
    const limits = open()
    const closers = [limits.open('connections', ada), limits.open('connections', ada)]
    const refusal = refusalOf(() => limits.open('connections', ada))
    expect(refusal).toMatchObject({ code: 'TOO_MANY_CONNECTIONS', limit: 2 })
    expect(refusal.retryAfterMs).toBeGreaterThan(0)
    limits.open('connections', ben)
    limits.open('subscriptions', ada)
    closers[0]?.()
    closers[0]?.()
    limits.open('connections', ada)
    refusalOf(() => limits.open('connections', ada))
  })
})

describe('several processes', () => {
  let redis: Redis
  const closing: Limits[] = []
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(async () => {
    await Promise.all(closing.map((limits) => limits.close()))
    await redis[Symbol.asyncDispose]()
  })
  const pair = (workspaceId = randomUUID()) => {
    const both = [1, 2].map(() => open({}, { url: redis.url, workspaceId })) as [Limits, Limits]
    closing.push(...both)
    return both
  }

  it('should share what is spent and what is open', async () => {
    const [here, there] = pair()
    here.spend(ada, 900)
    here.open('connections', ada)
    const close = here.open('connections', ada)
    await vi.waitFor(() => refusalOf(() => there.open('connections', ada)()), { timeout: 10_000 })
    refusalOf(() => there.spend(ada, 200))
    expect(there.spend(ada, 50)?.remaining).toBe(50)
    expect(there.spend(ben, 1_000)?.remaining).toBe(0)
    close()
    await vi.waitFor(() => there.open('connections', ada)(), { timeout: 10_000 })
  })

  it('should not share between workspaces', async () => {
    const [here] = pair()
    const [, elsewhere] = pair()
    here.open('connections', ada)
    here.open('connections', ada)
    const [, there] = closing.slice(-4)
    await vi.waitFor(() => refusalOf(() => there?.open('connections', ada)()), { timeout: 10_000 })
    elsewhere.open('connections', ada)()
  })

  it('should forget one that has gone', async () => {
    const [here, there] = pair()
    here.open('connections', ada)
    here.open('connections', ada)
    await vi.waitFor(() => refusalOf(() => there.open('connections', ada)()), { timeout: 10_000 })
    await here.close()
    await vi.waitFor(() => there.open('connections', ada)(), { timeout: 10_000 })
  })

  it('should go on, each by its own count, while Redis is away', async () => {
    await using gone = await startRedis()
    const limits = open({}, { url: gone.url, workspaceId: randomUUID() })
    limits.spend(ada, 900)
    await gone[Symbol.asyncDispose]()
    expect(limits.spend(ada, 50)?.remaining).toBe(50)
    refusalOf(() => limits.spend(ada, 60))
    await limits.close()
  })
})
