import { createClient } from 'graphql-ws'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { measureSize } from '../support/operation-size.ts'
import { startWorld, type World } from '../support/world.ts'

type Cost = { complexity: number; seamCalls: number; cacheHits: number }

const dashboard = /* GraphQL */ `
  query Dashboard {
    acsUsers(first: 100) { nodes { displayName credentials(first: 10) { nodes { status entrances(first: 10) { totalCount } } } } }
  }
`
const systems = '{ acsSystems { nodes { name } } }'

describe('the cost of an operation', () => {
  let world: World
  beforeEach(async () => {
    world = await startWorld()
    await world.sandbox.resetCalls()
  })
  afterEach(() => world[Symbol.asyncDispose]())

  async function costOf(query: string, variables: Record<string, unknown> = {}): Promise<Cost> {
    const { body } = await world.post({ query, variables })
    expect(body.errors).toBeUndefined()
    return body.extensions?.cost as Cost
  }
  const calls = async () => (await world.sandbox.calls()).total

  it('should be reported to viewers with admin, with the complexity that is limited', async () => {
    const cold = await costOf(dashboard)
    expect(cold.seamCalls).toBe(await calls())
    // Reconciliation has read the lists at the start; only access is missing.
    expect(cold.seamCalls).toBe(40)
    expect(cold.complexity).toBe(measureSize(dashboard).complexity)
    const warm = await costOf(dashboard)
    expect(warm).toMatchObject({ complexity: cold.complexity, seamCalls: 0 })
    expect(warm.cacheHits).toBeGreaterThan(400)
    expect(await costOf('query Two { acsUsers(first: 2) { totalCount } }')).toMatchObject({ complexity: 3 })
  })

  it('should add up to the number of calls to Seam if operations run concurrently', async () => {
    const costs = await Promise.all([
      ...Array.from({ length: 10 }, () => costOf(dashboard)),
      ...Array.from({ length: 5 }, () => costOf(systems)),
    ])
    expect(costs.reduce((sum, { seamCalls }) => sum + seamCalls, 0)).toBe(await calls())
    const idle = costs.filter(({ seamCalls }) => seamCalls === 0)
    expect(idle.length).toBeGreaterThan(0)
    for (const { cacheHits } of idle) expect(cacheHits).toBeGreaterThan(0)
  })

  it('should not include the calls of another operation', async () => {
    await costOf(systems)
    world.sandbox.addFault({ kind: 'latency', ms: 20 })
    const [loading, ...idle] = await Promise.all([
      costOf(dashboard),
      ...Array.from({ length: 20 }, () => costOf(systems)),
    ])
    expect(loading?.seamCalls).toBe(40)
    for (const { seamCalls, cacheHits } of idle) {
      expect(seamCalls).toBe(0)
      expect(cacheHits).toBe(1)
    }
  })

  it('should be reported over WebSocket too', async () => {
    const client = createClient({ url: world.wsUrl, webSocketImpl: WebSocket, retryAttempts: 0 })
    for await (const { extensions } of client.iterate({ query: systems }))
      expect(extensions).toMatchObject({
        cost: { seamCalls: expect.any(Number), cacheHits: expect.any(Number) },
      })
    await client.dispose()
  })

  it('should not be reported for a subscription, whose batches are shared', async () => {
    const client = createClient({ url: world.wsUrl, webSocketImpl: WebSocket, retryAttempts: 0 })
    const feed = client.iterate({ query: 'subscription { changes { cursor } }' })
    const { value } = await feed.next()
    expect(value.data).toBeDefined()
    expect(value.extensions).toBeUndefined()
    await feed.return?.()
    await client.dispose()
  })
})
