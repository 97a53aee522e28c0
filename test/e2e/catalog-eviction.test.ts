import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { callSandbox, type listSandboxCredentials } from '../support/sandbox-client.ts'
import { subscribe } from '../support/subscriber.ts'
import { startWorld, type World } from '../support/world.ts'

/** Six ACS systems with 210 ACS users, entrances and credentials each; two of them fit into the bound. */
const size = { systems: 6, residents: 300, doors: 60 }
const atMost = 500

const system = /* GraphQL */ `
  query System($id: ID!) {
    acsSystem(id: $id) {
      users(first: 100) { totalCount nodes { seamId } }
      credentials(first: 5) { totalCount nodes { entrances { totalCount } } }
      entrances { totalCount }
    }
  }
`
type System = {
  acsSystem: {
    users: { totalCount: number; nodes: { seamId: string }[] }
    credentials: { totalCount: number; nodes: { entrances: { totalCount: number } }[] }
    entrances: { totalCount: number }
  }
}

async function countEntities(world: World): Promise<number> {
  const text = await (await fetch(`${world.url}/metrics`)).text()
  return Number(/^latchkey_catalog_entities (\d+)$/m.exec(text)?.[1])
}

async function untilCount(world: World, fits: (count: number) => boolean): Promise<number> {
  for (;;) {
    const count = await countEntities(world)
    if (fits(count)) return count
  }
}

describe('a catalog with a bound', () => {
  let world: World
  let systemIds: readonly string[]
  beforeAll(async () => {
    world = await startWorld({ sandbox: size, config: { catalogEntities: atMost } })
    systemIds = world.sandbox.ids().acsSystemIds
  })
  afterAll(() => world[Symbol.asyncDispose]())

  const readSystem = (id: string | undefined) => world.ask<System>(system, { id })
  const whole = {
    acsSystem: { users: { totalCount: 50 }, credentials: { totalCount: 150 }, entrances: { totalCount: 10 } },
  }

  it('should evict the least recently used ACS systems', async () => {
    for (const id of systemIds) {
      expect(await readSystem(id)).toMatchObject(whole)
      expect(await untilCount(world, (count) => count <= atMost)).toBeGreaterThanOrEqual(210)
    }
    await world.sandbox.resetCalls()
    expect(await readSystem(systemIds.at(-1))).toMatchObject(whole)
    expect((await world.sandbox.calls()).total).toBe(0)
    expect(await readSystem(systemIds[0])).toMatchObject(whole)
    expect((await world.sandbox.calls()).total).toBeGreaterThan(0)
  })

  it('should complete an answer that needs more than the bound, and evict afterwards', async () => {
    const all = '{ acsUsers { totalCount } acsCredentials { totalCount } acsEntrances { totalCount } }'
    expect(await world.ask(all)).toEqual({
      acsUsers: { totalCount: 300 },
      acsCredentials: { totalCount: 900 },
      acsEntrances: { totalCount: 60 },
    })
    await untilCount(world, (count) => count <= atMost)
  })

  it('should evict nothing during an answer', async () => {
    world.sandbox.addFault({ kind: 'latency', ms: [0, 40] })
    const answers = await Promise.all(
      Array.from({ length: 36 }, (_, index) => readSystem(systemIds[index % systemIds.length])),
    )
    world.sandbox.clearFaults()
    for (const answer of answers) {
      expect(answer).toMatchObject(whole)
      expect(answer.acsSystem.users.nodes).toHaveLength(50)
    }
    await untilCount(world, (count) => count <= atMost)
  })

  it('should know the ACS user and access method of a credential after its ACS system was evicted', async () => {
    const [id = ''] = systemIds
    await readSystem(id)
    const { acs_credentials: own } = await callSandbox<{
      acs_credentials: Awaited<ReturnType<typeof listSandboxCredentials>>
    }>(world, 'acs/credentials/list', { acs_system_id: id })
    const mine = own.find((row) => row.acs_user_id !== undefined)
    const neighbour = own.find(
      (row) => row.acs_user_id !== undefined && row.acs_user_id !== mine?.acs_user_id,
    )
    for (const other of systemIds.slice(1)) await readSystem(other)
    await untilCount(world, (count) => count <= atMost)

    const feed = subscribe<{ credentialChanges: { changes: object[] } }>(
      world.wsUrl,
      'subscription Mine($user: ID) { credentialChanges(filter: { acsUserId: $user }) { changes { kind credentialId recordedAccessMethod } } }',
      { user: mine?.acs_user_id },
    )
    await feed.next()
    for (const row of [neighbour, mine])
      await callSandbox(world, 'acs/credentials/delete', { acs_credential_id: row?.acs_credential_id })
    await feed.until(({ credentialChanges }) => credentialChanges.changes.length > 0)
    const received = feed.all.flatMap(({ credentialChanges }) => credentialChanges.changes)
    expect(received).toEqual([
      {
        kind: 'DELETED',
        credentialId: mine?.acs_credential_id,
        recordedAccessMethod: mine?.access_method.toUpperCase(),
      },
    ])
    await feed.close()
  })
})
