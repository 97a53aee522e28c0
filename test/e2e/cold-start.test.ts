import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { startWorld, type World } from '../support/world.ts'

const withEntrances = /* GraphQL */ `
  {
    acsUsers(first: 100) {
      nodes { displayName credentials(first: 10) { nodes { status entrances(first: 10) { nodes { displayName } } } } }
    }
  }
`
const withoutEntrances =
  '{ acsSystems { nodes { name } } acsUsers(first: 100) { nodes { displayName credentials(first: 10) { nodes { status } } } } }'

/** Returns the number of calls to Seam for any purpose. */
const callsOf = ({ sandbox }: World) => sandbox.calls().total
const accessRoute = 'acs/entrances/list_credentials_with_access'
const lists = ['acs/systems/list', 'acs/users/list', 'acs/credentials/list', 'acs/entrances/list']

describe.each([
  ['with', withEntrances, 48],
  ['without', withoutEntrances, 8],
] as const)('a cold start and a dashboard %s entrances', (_what, query, most) => {
  it.each([
    ['after the first reconciliation', true],
    ['during the first reconciliation', false],
  ] as const)('should cost a bounded number of calls %s', async (_when, isAfter) => {
    await using world = await startWorld({
      isComparing: !isAfter,
      // The lists are being read when the dashboard sends its query.
      beforehand: (sandbox) =>
        !isAfter && sandbox.addFault({ kind: 'latency', ms: 500, route: 'acs/*/list' }),
    })
    const { sandbox } = world
    const first = await world.ask(query)
    sandbox.clearFaults()
    await world.app.ingest.firstReconciliation
    const { byRoute } = sandbox.calls()
    expect(callsOf(world), JSON.stringify(byRoute)).toBeLessThanOrEqual(most)
    for (const list of lists) expect(byRoute[list] ?? 0, list).toBeLessThanOrEqual(1)
    // The next reconciliation shares its lists with the catalog: the query causes no further calls for them.
    sandbox.act('renameUser')
    await world.app.ingest.reconcile()
    sandbox.resetCalls()
    expect(await world.ask(query)).not.toEqual(first)
    expect(callsOf(world), JSON.stringify(sandbox.calls().byRoute)).toBeLessThanOrEqual(1)
  })
})

it.each([
  ['after', false],
  ['during', true],
] as const)(
  'a dashboard that queries %s the first reconciliation should share the loaded access with it',
  async (_when, isComparing) => {
    await using world = await startWorld()
    const before = await world.ask(withEntrances)
    // After clients have queried entrances, reconciliation reads access as well.
    await vi.waitFor(async () => {
      world.sandbox.resetCalls()
      await world.app.ingest.reconcile()
      expect(world.sandbox.calls().byRoute[accessRoute]).toBeGreaterThan(0)
    })
    world.sandbox.resetCalls()
    expect(await world.ask(withEntrances)).toEqual(before)
    expect(callsOf(world), JSON.stringify(world.sandbox.calls().byRoute)).toBe(0)
    await world.restart(async () => {
      await rm(join(world.dataDir, `catalog-${world.sandbox.workspaceId}`), { recursive: true })
      world.sandbox.resetCalls()
      if (isComparing) world.sandbox.addFault({ kind: 'latency', ms: 300, route: 'acs/*' })
    }, isComparing)
    expect(await world.ask(withEntrances)).toEqual(before)
    await world.app.ingest.firstReconciliation
    const { byRoute } = world.sandbox.calls()
    expect(byRoute[accessRoute], JSON.stringify(byRoute)).toBe(world.sandbox.ids().acsEntranceIds.length)
    for (const list of lists) expect(byRoute[list], list).toBe(1)
  },
)
