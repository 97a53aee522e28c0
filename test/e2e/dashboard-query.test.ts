import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { callSandbox, listSandboxCredentials } from '../support/sandbox-client.ts'
import { subscribe } from '../support/subscriber.ts'
import { startWorld, type World } from '../support/world.ts'

type Connection<T> = { totalCount: number; nodes: T[] }
type Dashboard = {
  acsUsers: Connection<{
    id: string
    displayName: string
    credentials: Connection<{
      id: string
      status: string
      entrances: Connection<{ id: string; displayName: string }>
    }>
  }>
}

const dashboard = /* GraphQL */ `
  query Dashboard {
    acsUsers(first: 100) {
      totalCount
      nodes {
        id
        displayName
        credentials(first: 10) {
          totalCount
          nodes { id status entrances(first: 10) { totalCount nodes { id displayName } } }
        }
      }
    }
  }
`

describe('the dashboard query over a whole sandbox', () => {
  let world: World
  beforeAll(async () => {
    world = await startWorld()
  })
  afterAll(() => world[Symbol.asyncDispose]())

  it('should cost at most 48 calls to Seam with an empty catalog, and none if nothing has changed', async () => {
    await world.sandbox.resetCalls()
    const cold = await world.ask<Dashboard>(dashboard)
    const coldCalls = (await world.sandbox.calls()).total
    expect(cold.acsUsers.totalCount).toBe(100)
    expect(cold.acsUsers.nodes).toHaveLength(100)
    expect(coldCalls).toBeGreaterThan(0)
    expect(coldCalls).toBeLessThanOrEqual(48)

    await world.sandbox.resetCalls()
    const warm = await world.ask<Dashboard>(dashboard)
    expect(warm).toEqual(cold)
    expect((await world.sandbox.calls()).total).toBe(0)
  })

  it('should return exactly the objects of the sandbox', async () => {
    const { acsUsers } = await world.ask<Dashboard>(dashboard)
    const counts = acsUsers.nodes.flatMap((user) =>
      user.credentials.nodes.map((credential) => credential.entrances.totalCount),
    )
    const owned = (await listSandboxCredentials(world)).filter((row) => row.acs_user_id !== undefined)
    expect(counts).toHaveLength(owned.length)
    const [first] = owned
    const { acs_entrances } = await callSandbox<{ acs_entrances: { display_name: string }[] }>(
      world,
      'acs/credentials/list_accessible_entrances',
      { acs_credential_id: first?.acs_credential_id },
    )
    const { acsCredential } = await world.ask<{
      acsCredential: { entrances: Connection<{ displayName: string }> }
    }>('query One($id: ID!) { acsCredential(id: $id) { entrances(first: 100) { nodes { displayName } } } }', {
      id: first?.acs_credential_id,
    })
    expect(acsCredential.entrances.nodes.map((entrance) => entrance.displayName).sort()).toEqual(
      acs_entrances.map((entrance) => entrance.display_name).sort(),
    )
  })

  it('should cost at most 2 calls to Seam after a change of one credential', async () => {
    await world.ask(dashboard)
    const [credential] = await listSandboxCredentials(world)
    const feed = subscribe<{ credentialChanges: { changes: { kind: string }[] } }>(
      world.wsUrl,
      'subscription { credentialChanges { changes { kind } } }',
    )
    await feed.next()
    await callSandbox(world, 'acs/credentials/delete', { acs_credential_id: credential?.acs_credential_id })
    await feed.until((batch) => batch.credentialChanges.changes.some((change) => change.kind === 'DELETED'))
    await world.sandbox.resetCalls()
    const { acsUsers } = await world.ask<Dashboard>(dashboard)
    const ids = acsUsers.nodes.flatMap((user) => user.credentials.nodes.map((each) => each.id))
    expect(ids).not.toContain(credential?.acs_credential_id)
    expect((await world.sandbox.calls()).total).toBeLessThanOrEqual(2)
    await feed.close()
  })

  it('should share its calls to Seam with identical concurrent queries', async () => {
    await using cold = await startWorld()
    await cold.sandbox.resetCalls()
    const answers = await Promise.all(Array.from({ length: 20 }, () => cold.ask<Dashboard>(dashboard)))
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    expect((await cold.sandbox.calls()).total).toBeLessThanOrEqual(48)
  })

  it('should not load entrances if it does not select entrances', async () => {
    await using cold = await startWorld()
    await cold.sandbox.resetCalls()
    await cold.ask('{ acsUsers(first: 100) { totalCount nodes { displayName credentials { totalCount } } } }')
    const { total, byRoute } = await cold.sandbox.calls()
    expect(total).toBeLessThanOrEqual(8)
    expect(Object.keys(byRoute).filter((route) => route.includes('entrance'))).toEqual([])
  })

  it('should read the credentials and entrances of one ACS user without loading whole lists', async () => {
    await using cold = await startWorld({ sandbox: { systems: 1, residents: 600, doors: 30 } })
    const ids = cold.sandbox.ids().acsUserIds
    const one = /* GraphQL */ `
      query One($id: ID!) {
        acsUser(id: $id) { credentials { totalCount nodes { seamId entrances { totalCount } } } accessibleEntrances { totalCount } }
      }
    `
    type One = {
      acsUser: {
        credentials: Connection<{ seamId: string; entrances: { totalCount: number } }>
        accessibleEntrances: { totalCount: number }
      }
    }
    const callsFor = async (index: number) => {
      await cold.sandbox.resetCalls()
      const { acsUser } = await cold.ask<One>(one, { id: ids[index] })
      return { acsUser, calls: (await cold.sandbox.calls()).total }
    }
    const first = await callsFor(0)
    expect(first.acsUser.credentials.totalCount).toBe(3)
    expect(first.acsUser.credentials.nodes.every(({ entrances }) => entrances.totalCount > 0)).toBe(true)
    expect(first.calls).toBeLessThanOrEqual(5)
    expect(await callsFor(0)).toEqual({ acsUser: first.acsUser, calls: 0 })

    const feed = subscribe<{ credentialChanges: { changes: { kind: string }[] } }>(
      cold.wsUrl,
      'subscription { credentialChanges { changes { kind } } }',
    )
    await feed.next()
    const { acs_credential_id: made } = cold.sandbox.act('guestCode', { acs_user_id: ids[0] })
    await feed.until(({ credentialChanges }) => credentialChanges.changes.length > 0)
    const more = await callsFor(0)
    expect(more.acsUser.credentials.nodes.map(({ seamId }) => seamId)).toContain(made)
    expect(more.acsUser.credentials.totalCount).toBe(4)
    expect(more.calls).toBeLessThanOrEqual(3)
    await callSandbox(cold, 'acs/credentials/delete', { acs_credential_id: made })
    await feed.until(({ credentialChanges }) =>
      credentialChanges.changes.some(({ kind }) => kind === 'DELETED'),
    )
    expect((await callsFor(0)).acsUser).toEqual(first.acsUser)
    await feed.close()

    for (const index of [1, 2]) expect((await callsFor(index)).calls).toBeLessThanOrEqual(5)
    await callsFor(3)
    expect((await callsFor(4)).calls).toBeLessThanOrEqual(4)
    await cold.sandbox.resetCalls()
    expect(await cold.ask('{ acsCredentials { totalCount } }')).toEqual({
      acsCredentials: { totalCount: 1800 },
    })
    expect((await cold.sandbox.calls()).total).toBe(0)
  })
})
