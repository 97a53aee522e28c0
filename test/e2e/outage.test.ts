import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { callSandbox } from '../support/sandbox-client.ts'
import { subscribe } from '../support/subscriber.ts'
import { startWorld, type World } from '../support/world.ts'

type GraphError = { path?: readonly (string | number)[]; message: string; extensions?: { code?: string } }
type Sync = { state: string; lagMs: number | null; detail: string | null; complete: boolean }
type System = {
  seamId: string
  name: string
  sync: Sync
  users: { totalCount: number; nodes: { displayName: string }[] } | null
}

const systems = /* GraphQL */ `
  query Systems {
    acsSystems {
      nodes { seamId name sync { state lagMs detail complete } users(first: 100) { totalCount nodes { displayName } } }
    }
  }
`
const credentials = /* GraphQL */ `
  query Credentials($system: ID!) {
    acsCredentials(first: 100, filter: { acsSystemId: $system }) {
      nodes { seamId entrances(first: 20) { totalCount nodes { displayName } } }
    }
  }
`

/** Sends a query, and returns its data and its errors. */
async function runQuery<T>(world: World, query: string, variables: Record<string, unknown> = {}) {
  const { body } = await world.post({ query, variables })
  return { data: body.data as T | null, errors: (body.errors ?? []) as readonly GraphError[] }
}

const querySystems = async (world: World) => {
  const { data, errors } = await runQuery<{ acsSystems: { nodes: System[] } }>(world, systems)
  return { nodes: data?.acsSystems?.nodes ?? null, errors }
}

/** Repeats a query until its result fits. It has no timeout except that of the test. */
async function until<T>(read: () => Promise<T>, fits: (seen: T) => boolean): Promise<T> {
  for (;;) {
    const seen = await read()
    if (fits(seen)) return seen
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

describe('an ACS system that Seam fails for', () => {
  let world: World
  beforeAll(async () => {
    world = await startWorld()
    // The gateway starts without its saved catalog, and without ACS users.
    await world.restart(async () => {
      await rm(join(world.dataDir, `catalog-${world.sandbox.workspaceId}`), { recursive: true, force: true })
      world.sandbox.addFault({ kind: 'status', status: 500, route: 'acs/users/list' })
    })
    world.sandbox.clearFaults()
  })
  afterAll(() => world[Symbol.asyncDispose]())

  it('should be null with a typed error on its path, beside the data of the others', async () => {
    const [broken = '', sound = ''] = world.sandbox.ids().acsSystemIds
    // Both the list of all ACS systems and the list of this one fail.
    world.sandbox.addFault({ kind: 'status', status: 500, route: 'acs/users/list', times: 4 })
    world.sandbox.addFault({ kind: 'status', status: 500, route: 'acs/users/list', about: broken })
    const { nodes, errors } = await querySystems(world)
    const at = nodes?.findIndex((each) => each.seamId === broken) ?? -1
    expect(nodes?.[at]).toMatchObject({ seamId: broken, users: null, name: expect.any(String) })
    expect(nodes?.find((each) => each.seamId === sound)?.users?.totalCount).toBe(50)
    expect(errors).toHaveLength(1)
    expect(errors[0]?.path).toEqual(['acsSystems', 'nodes', at, 'users'])
    expect(errors[0]?.extensions?.code).toBe('SEAM_UNAVAILABLE')
    expect(errors[0]?.message).toMatch(/Try again/)

    const again = await querySystems(world)
    expect(again.nodes?.[at]?.sync).toMatchObject({
      state: 'FAILED',
      detail: expect.stringContaining('acs/users/list'),
    })
    expect(again.nodes?.find((each) => each.seamId === sound)?.sync.state).toBe('FRESH')
  })

  it('should fail only the root fields that need it', async () => {
    const [broken, sound] = world.sandbox.ids().acsSystemIds
    const { data, errors } = await runQuery<Record<string, { totalCount: number } | null>>(
      world,
      /* GraphQL */ `
        query Both($broken: ID!, $sound: ID!) {
          broken: acsUsers(filter: { acsSystemId: $broken }) { totalCount }
          sound: acsUsers(filter: { acsSystemId: $sound }) { totalCount }
        }
      `,
      { broken, sound },
    )
    expect(data).toEqual({ broken: null, sound: { totalCount: 50 } })
    expect(errors.map(({ path, extensions }) => [path, extensions?.code])).toEqual([
      [['broken'], 'SEAM_UNAVAILABLE'],
    ])
  })

  it('should fail the entrances of its own credentials only', async () => {
    world.sandbox.clearFaults()
    const [broken, sound] = world.sandbox.ids().acsSystemIds
    const { acs_entrances } = await callSandbox<{ acs_entrances: { acs_entrance_id: string }[] }>(
      world,
      'acs/entrances/list',
      { acs_system_id: broken },
    )
    for (const { acs_entrance_id: about } of acs_entrances)
      world.sandbox.addFault({
        kind: 'status',
        route: 'acs/entrances/list_credentials_with_access',
        about,
        status: 500,
      })
    type Credentials = { acsCredentials: { nodes: { entrances: { totalCount: number } | null }[] } }
    const lost = await runQuery<Credentials>(world, credentials, { system: broken })
    expect(lost.data?.acsCredentials.nodes.every(({ entrances }) => entrances === null)).toBe(true)
    expect(new Set(lost.errors.map(({ extensions }) => extensions?.code))).toEqual(
      new Set(['SEAM_UNAVAILABLE']),
    )
    const found = await runQuery<Credentials>(world, credentials, { system: sound })
    expect(found.errors).toEqual([])
    expect(found.data?.acsCredentials.nodes.every(({ entrances }) => entrances !== null)).toBe(true)
  })
})

describe('an outage of Seam', () => {
  it('should be answered with the last known state, marked as stale, until Seam answers again', async () => {
    await using world = await startWorld({ config: { reconcileSeconds: 1, staleSeconds: 600 } })
    const [system] = world.sandbox.ids().acsSystemIds
    const before = await querySystems(world)
    const credentialsBefore = await runQuery(world, credentials, { system })
    expect(before.errors).toEqual([])

    world.sandbox.addFault({ kind: 'status', status: 503, body: 'empty' })
    const stale = await until(
      () => querySystems(world),
      ({ nodes, errors }) => errors.length > 0 || nodes?.every(({ sync }) => sync.detail !== null) === true,
    )
    expect(stale.errors).toEqual([])
    for (const [index, node] of (stale.nodes ?? []).entries()) {
      expect(node.users).toEqual(before.nodes?.[index]?.users)
      expect(node.sync).toMatchObject({ state: 'STALE', detail: expect.stringContaining('Seam') })
      expect(node.sync.lagMs).toBeGreaterThanOrEqual(1_000)
    }
    expect(await runQuery(world, credentials, { system })).toEqual(credentialsBefore)

    world.sandbox.clearFaults()
    const fresh = await until(
      async () => {
        for (const { seamId } of before.nodes ?? []) await runQuery(world, credentials, { system: seamId })
        return querySystems(world)
      },
      ({ nodes }) => nodes?.every(({ sync }) => sync.state === 'FRESH') === true,
    )
    expect(fresh.nodes?.every(({ sync }) => sync.detail === null)).toBe(true)
    expect(fresh.nodes?.map(({ users }) => users)).toEqual(before.nodes?.map(({ users }) => users))
  })

  it('should cause a typed error after the staleness limit', async () => {
    await using world = await startWorld({ config: { reconcileSeconds: 1, staleSeconds: 2 } })
    await querySystems(world)
    world.sandbox.addFault({ kind: 'status', status: 503, body: 'empty' })
    const over = await until(
      () => querySystems(world),
      ({ nodes }) => nodes?.every(({ users }) => users === null) ?? true,
    )
    expect(over.errors.length).toBeGreaterThan(0)
    expect(over.errors.every(({ extensions }) => extensions?.code === 'SEAM_UNAVAILABLE')).toBe(true)
    expect(over.errors[0]?.message).toMatch(/Try again/)
    world.sandbox.clearFaults()
    await until(
      () => querySystems(world),
      ({ errors }) => errors.length === 0,
    )
  })

  it('should not hide a reported change: a changed object is an error, the others are served', async () => {
    await using world = await startWorld({ config: { reconcileSeconds: 1, staleSeconds: 600 } })
    const [gone = '', changed = ''] = world.sandbox.ids().acsCredentialIds
    const all = '{ acsCredentials(first: 100) { totalCount nodes { seamId } } }'
    const one = 'query One($id: ID!) { acsCredential(id: $id) { seamId endsAt } }'
    type All = { acsCredentials: { totalCount: number; nodes: { seamId: string }[] } | null }
    const before = await runQuery<All>(world, all)
    const feed = subscribe<{ credentialChanges: { changes: { kind: string; credentialId: string }[] } }>(
      world.wsUrl,
      'subscription { credentialChanges { changes { kind credentialId } } }',
    )
    await feed.next()
    const { workspaceId } = world.sandbox
    world.sandbox.addFault({ kind: 'status', status: 503 })
    world.sandbox.emit({
      event_type: 'acs_credential.deleted',
      workspace_id: workspaceId,
      acs_credential_id: gone,
    })
    await feed.until(({ credentialChanges }) =>
      credentialChanges.changes.some(({ kind }) => kind === 'DELETED'),
    )
    const after = await runQuery<All>(world, all)
    expect(after.data?.acsCredentials?.totalCount).toBe((before.data?.acsCredentials?.totalCount ?? 0) - 1)

    world.sandbox.emit({
      event_type: 'acs_credential.issued',
      workspace_id: workspaceId,
      acs_credential_id: changed,
    })
    await feed.until(({ credentialChanges }) =>
      credentialChanges.changes.some(({ kind }) => kind === 'ISSUED'),
    )
    const invalidated = await runQuery(world, one, { id: changed })
    expect(invalidated.data).toEqual({ acsCredential: null })
    expect(invalidated.errors[0]?.extensions?.code).toBe('SEAM_UNAVAILABLE')
    await feed.close()
  })
})
