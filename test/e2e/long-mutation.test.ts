import { createClient } from 'graphql-ws'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import type { MutationProgress } from '../../schema/context.ts'
import { createGatewayClient } from '../../src/cli/import/gateway-client.ts'
import { readSandboxObjects } from '../support/graph-mutations.ts'
import { callSandbox } from '../support/sandbox-client.ts'
import { startWorld, type World } from '../support/world.ts'

const count = 8
const query = `mutation Many($input: MoveInManyInput!) {
  many: moveInMany(input: $input) { results { acsUserId userErrors { code } } userErrors { code } } }`
type Result = { acsUserId: string | null; userErrors: { code: string }[] } | null
type Many = { many: { results: Result[] } }

describe('a mutation that takes longer than the time limit of a response', () => {
  let world: World
  let variables: { input: { people: object[]; idempotencyKey: string } }
  let before: number
  beforeEach(async () => {
    world = await startWorld({
      sandbox: { systems: 1, doors: 4, residents: 2 },
      timing: { http: { responseTimeoutMs: 400, stalledTimeoutMs: 5_000, heartbeatIntervalMs: 1_500 } },
    })
    const acsSystemId = world.sandbox.ids().acsSystemIds[0] ?? ''
    const { acs_entrances } = await callSandbox<{ acs_entrances: { acs_entrance_id: string }[] }>(
      world,
      'acs/entrances/list',
    )
    const mobileKeyAcsEntranceIds = [acs_entrances[0]?.acs_entrance_id]
    const people = Array.from({ length: count }, (_, index) => ({
      acsSystemId,
      fullName: `Person ${index}`,
      emailAddress: index === 5 ? 'nowhere' : `p${index}@example.com`,
      startsAt: '2099-01-01T00:00:00Z',
      mobileKeyAcsEntranceIds,
    }))
    variables = { input: { people, idempotencyKey: 'the whole house' } }
    before = (await readSandboxObjects(world)).users.length
    world.sandbox.addFault({ kind: 'latency', ms: 700 })
  })
  afterEach(() => world[Symbol.asyncDispose]())

  const movedIn = async () => (await readSandboxObjects(world)).users.length - before
  const expectAll = (results: readonly Result[]) => {
    const isIn = results.map((result) => result?.acsUserId != null)
    expect(isIn).toEqual(Array.from({ length: count }, (_, index) => index !== 5))
    expect(results[5]?.userErrors).toMatchObject([{ code: 'INVALID' }])
  }

  it('should return IN_PROGRESS as JSON, continue, and return its result for the same idempotency key', {
    timeout: 60_000,
  }, async () => {
    const codes = new Set<unknown>()
    let answer = await world.post({ query, variables })
    while (answer.body.data == null) {
      expect(answer.body.errors?.[0]?.message).toContain('same idempotencyKey')
      codes.add(answer.body.errors?.[0]?.extensions?.code)
      answer = await world.post({ query, variables })
    }
    expect([...codes]).toEqual(['IN_PROGRESS'])
    expectAll((answer.body.data as Many).many.results)
    expect(await movedIn()).toBe(count - 1)
  })

  it('should return its result over an event stream, with the progress of each move-in', {
    timeout: 60_000,
  }, async () => {
    const progressReports: MutationProgress[] = []
    const gateway = createGatewayClient(world.url, undefined)
    const { data } = await gateway.execute<Many>(query, variables, (progress) =>
      progressReports.push(progress),
    )
    expectAll(data.many.results)
    expect(progressReports.map(({ done }) => done)).toEqual(
      Array.from({ length: count }, (_, index) => index + 1),
    )
    expect(new Set(progressReports.map(({ index }) => index)).size).toBe(count)
    for (const { index, status, field, total } of progressReports)
      expect({ status, field, total }).toEqual({
        status: index === 5 ? 'REFUSED' : 'DONE',
        field: 'many',
        total: count,
      })
    expect(await movedIn()).toBe(count - 1)
  })

  it('should return its result to a graphql-ws client, with the progress in pings', {
    timeout: 60_000,
  }, async () => {
    const progressReports: unknown[] = []
    const client = createClient({
      url: world.wsUrl,
      webSocketImpl: WebSocket,
      on: { ping: (received, payload) => received && progressReports.push(payload) },
    })
    const results: unknown[] = []
    for await (const result of client.iterate({ query, variables })) results.push(result)
    await client.dispose()
    expect(results).toHaveLength(1)
    expectAll((results[0] as { data: Many }).data.many.results)
    expect(progressReports).toHaveLength(count)
    expect(progressReports.at(-1)).toMatchObject({ progress: { field: 'many', done: count, total: count } })
    expect(await movedIn()).toBe(count - 1)
  })
})
