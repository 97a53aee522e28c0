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

/** Calls to Seam since it started, whatever they are for. */
const callsOf = ({ sandbox }: World) => sandbox.calls().total
const openers = 'acs/entrances/list_credentials_with_access'
const lists = ['acs/systems/list', 'acs/users/list', 'acs/credentials/list', 'acs/entrances/list']

describe.each([
  ['with', withEntrances, 48],
  ['without', withoutEntrances, 8],
] as const)('a cold start and a dashboard %s entrances', (_what, query, most) => {
  it.each([
    ['after the first comparison', true],
    ['during the first comparison', false],
  ] as const)('should cost a bounded number of calls %s', async (_when, isAfter) => {
    await using world = await startWorld({
      isComparing: !isAfter,
      // The lists are under way when the dashboard asks.
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
    // The next comparison refreshes what readers see: nobody asks again.
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
  'should share who opens what between a dashboard and a comparison, where it asks %s that',
  async (_when, isComparing) => {
    await using world = await startWorld()
    const before = await world.ask(withEntrances)
    // Once it is known that entrances are used here, comparisons ask for them as well.
    await vi.waitFor(async () => {
      world.sandbox.resetCalls()
      await world.app.ingest.reconcile()
      expect(world.sandbox.calls().byRoute[openers]).toBeGreaterThan(0)
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
    expect(byRoute[openers], JSON.stringify(byRoute)).toBe(world.sandbox.ids().acsEntranceIds.length)
    for (const list of lists) expect(byRoute[list], list).toBe(1)
  },
)
