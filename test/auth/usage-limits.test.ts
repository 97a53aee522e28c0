import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { demoViewer } from '../../src/auth/authenticator.ts'
import {
  ComplexityAboveBudget,
  createUsageLimits,
  UsageLimitReached,
  type UsageLimits,
  type UsageLimitValues,
} from '../../src/auth/usage-limits.ts'
import type { Viewer } from '../../src/auth/viewer.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'

const viewer = (apiKeyId: string | null, name = 'ada'): Viewer => ({
  ...demoViewer,
  isDemo: false,
  apiKeyId,
  name,
})
const ada = viewer('k1')
const ben = viewer('k2')
const minute = 60_000

let clock = 100 * minute + 15_000
const numbers: UsageLimitValues = { complexityPerMinute: 1_000, subscriptions: 3, connections: 2 }
const open = (
  more: Partial<UsageLimitValues> = {},
  redis: { url: string; workspaceId: string } | null = null,
) =>
  createUsageLimits({
    limitValues: { ...numbers, ...more },
    redisUrl: redis?.url ?? null,
    workspaceId: redis?.workspaceId ?? 'w1',
    now: () => clock,
  })

const refusalOf = (run: () => unknown): UsageLimitReached => {
  try {
    run()
  } catch (error) {
    if (error instanceof UsageLimitReached) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describe('the complexity budget of an API key', () => {
  it('should be reported with every operation, and be reset each minute', () => {
    const limits = open()
    expect(limits.spendComplexity(ada, 600)?.budget).toEqual({
      complexity: 600,
      limit: 1_000,
      remaining: 400,
      resetsInMs: 45_000,
    })
    expect(refusalOf(() => limits.spendComplexity(ada, 401))).toMatchObject({
      code: 'RATE_LIMITED',
      limit: 1_000,
      retryAfterMs: 45_000,
    })
    expect(limits.spendComplexity(ada, 400)?.budget.remaining).toBe(0)
    clock += 45_000
    expect(limits.spendComplexity(ada, 1_000)?.budget.remaining).toBe(0)
  })

  it('should be refunded for a refused operation, but only within the same minute', () => {
    const limits = open()
    const first = limits.spendComplexity(ada, 600)
    limits.spendComplexity(ada, 300)
    first?.refund()
    expect(limits.spendComplexity(ada, 100)?.budget.remaining).toBe(600)
    const late = limits.spendComplexity(ada, 600)
    clock += minute
    limits.spendComplexity(ada, 600)
    late?.refund()
    expect(limits.spendComplexity(ada, 300)?.budget.remaining).toBe(100)
  })

  it('should refuse an operation above the whole budget with its own error, and charge nothing', () => {
    const limits = open()
    expect(() => limits.spendComplexity(ada, 1_001)).toThrow(ComplexityAboveBudget)
    expect(limits.spendComplexity(ada, 1_000)?.budget.remaining).toBe(0)
  })

  it('should be separate for each API key, and shared by all tokens of a subject', () => {
    const limits = open()
    limits.spendComplexity(ada, 1_000)
    expect(limits.spendComplexity(ben, 1_000)?.budget.remaining).toBe(0)
    limits.spendComplexity(viewer(null, 'jwt:eve'), 900)
    refusalOf(() => limits.spendComplexity(viewer(null, 'jwt:eve'), 200))
  })

  it('should not exist for the demo, or if the setting is 0', () => {
    expect(open().spendComplexity(demoViewer, 1e9)).toBeNull()
    expect(open({ complexityPerMinute: 0 }).spendComplexity(ada, 1e9)).toBeNull()
  })
})

describe('open connections and subscriptions', () => {
  it('should be counted by API key, and each slot be released once', () => {
    const limits = open()
    const closers = [limits.acquireSlot('connections', ada), limits.acquireSlot('connections', ada)]
    const refusal = refusalOf(() => limits.acquireSlot('connections', ada))
    expect(refusal).toMatchObject({ code: 'TOO_MANY_CONNECTIONS', limit: 2 })
    expect(refusal.retryAfterMs).toBeGreaterThan(0)
    limits.acquireSlot('connections', ben)
    limits.acquireSlot('subscriptions', ada)
    closers[0]?.()
    closers[0]?.()
    limits.acquireSlot('connections', ada)
    refusalOf(() => limits.acquireSlot('connections', ada))
  })
})

describe('several processes', () => {
  let redis: RedisServer
  const closing: UsageLimits[] = []
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(async () => {
    await Promise.all(closing.map((limits) => limits.close()))
    await redis[Symbol.asyncDispose]()
  })
  const pair = (workspaceId = randomUUID()) => {
    const both = [1, 2].map(() => open({}, { url: redis.url, workspaceId })) as [UsageLimits, UsageLimits]
    closing.push(...both)
    return both
  }

  it('should share spent complexity and open connections', async () => {
    const [here, there] = pair()
    here.spendComplexity(ada, 900)
    here.acquireSlot('connections', ada)
    const close = here.acquireSlot('connections', ada)
    await vi.waitFor(() => refusalOf(() => there.acquireSlot('connections', ada)()), { timeout: 10_000 })
    refusalOf(() => there.spendComplexity(ada, 200))
    expect(there.spendComplexity(ada, 50)?.budget.remaining).toBe(50)
    expect(there.spendComplexity(ben, 1_000)?.budget.remaining).toBe(0)
    close()
    await vi.waitFor(() => there.acquireSlot('connections', ada)(), { timeout: 10_000 })
  })

  it('should not share them between workspaces', async () => {
    const [here] = pair()
    const [, elsewhere] = pair()
    here.acquireSlot('connections', ada)
    here.acquireSlot('connections', ada)
    const [, there] = closing.slice(-4)
    await vi.waitFor(() => refusalOf(() => there?.acquireSlot('connections', ada)()), { timeout: 10_000 })
    elsewhere.acquireSlot('connections', ada)()
  })

  it('should release the slots of a process that has stopped', async () => {
    const [here, there] = pair()
    here.acquireSlot('connections', ada)
    here.acquireSlot('connections', ada)
    await vi.waitFor(() => refusalOf(() => there.acquireSlot('connections', ada)()), { timeout: 10_000 })
    await here.close()
    await vi.waitFor(() => there.acquireSlot('connections', ada)(), { timeout: 10_000 })
  })

  it('should each continue with its own counts while Redis is unavailable', async () => {
    await using gone = await startRedis()
    const limits = open({}, { url: gone.url, workspaceId: randomUUID() })
    limits.spendComplexity(ada, 900)
    await gone[Symbol.asyncDispose]()
    expect(limits.spendComplexity(ada, 50)?.budget.remaining).toBe(50)
    refusalOf(() => limits.spendComplexity(ada, 60))
    await limits.close()
  })
})
