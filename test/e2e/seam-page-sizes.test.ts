import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { callSandbox } from '../support/sandbox-client.ts'
import { startWorld, type World } from '../support/world.ts'

type Counts = {
  acsSystems: { nodes: { sync: Sync; users: Count; entrances: Count; credentials: Count }[] }
  acsUsers: Count
  acsEntrances: Count
  acsCredentials: Count
}
type Count = { totalCount: number }
type Sync = { complete: boolean; detail: string | null; state: string }

const counts = /* GraphQL */ `
  {
    acsUsers { totalCount }
    acsEntrances { totalCount }
    acsCredentials { totalCount }
    acsSystems { nodes { users { totalCount } entrances { totalCount } credentials { totalCount } } }
  }
`
const front =
  'query Front($id: ID!) { acsEntrance(id: $id) { credentials { totalCount } users { totalCount } } }'
const sync = '{ acsSystems { nodes { sync { complete detail state } } } }'
const route = 'acs/entrances/list_credentials_with_access'

type Row = { acs_credential_id: string; acs_user_id?: string }

/** Returns the entrance with the most credentials, and those credentials, from the sandbox. */
async function readFrontEntrance(world: World): Promise<{ id: string; rows: Row[] }> {
  const [id = ''] = world.sandbox.ids().acsEntranceIds
  const { acs_credentials: rows } = await callSandbox<{ acs_credentials: Row[] }>(world, route, {
    acs_entrance_id: id,
  })
  return { id, rows }
}

const syncOf = async (world: World): Promise<Sync | undefined> =>
  (await world.ask<Pick<Counts, 'acsSystems'>>(sync)).acsSystems.nodes[0]?.sync

describe("ACS systems at and above the size of Seam's pages", () => {
  it.each([
    { residents: 500, doors: 900 },
    { residents: 501, doors: 901 },
  ])('should be complete: $residents ACS users, $doors entrances', async ({ residents, doors }) => {
    await using world = await startWorld({ sandbox: { systems: 1, residents, doors } })
    const ids = world.sandbox.ids()
    expect(ids.acsUserIds).toHaveLength(residents)
    expect(ids.acsEntranceIds).toHaveLength(doors)
    const totals = await world.ask<Counts>(counts)
    const truth = {
      users: { totalCount: ids.acsUserIds.length },
      entrances: { totalCount: ids.acsEntranceIds.length },
      credentials: { totalCount: ids.acsCredentialIds.length },
    }
    expect(totals).toEqual({
      acsUsers: truth.users,
      acsEntrances: truth.entrances,
      acsCredentials: truth.credentials,
      acsSystems: { nodes: [truth] },
    })
    expect(await syncOf(world)).toMatchObject({ complete: true, detail: null })
  })
})

describe('an entrance with 5,000 credentials', () => {
  let world: World
  beforeAll(async () => {
    world = await startWorld({ sandbox: { systems: 1, residents: 2_510, doors: 60 } })
  })
  afterAll(() => world[Symbol.asyncDispose]())

  it('should return all of them', async () => {
    const { id, rows } = await readFrontEntrance(world)
    expect(rows.length).toBeGreaterThan(5_000)
    const answer = await world.ask<{ acsEntrance: { credentials: Count; users: Count } }>(front, { id })
    expect(answer.acsEntrance.credentials.totalCount).toBe(rows.length)
    const holders = new Set(rows.map((row) => row.acs_user_id).filter((user) => user !== undefined))
    expect(answer.acsEntrance.users.totalCount).toBe(holders.size)
    expect(await syncOf(world)).toMatchObject({ complete: true, detail: null })
  })
})

describe('a list that Seam truncates', () => {
  it('should be completed by requesting the other credentials individually', async () => {
    await using world = await startWorld({ sandbox: { systems: 1, residents: 300, doors: 20 } })
    const { id, rows } = await readFrontEntrance(world)
    expect(rows.length).toBeGreaterThan(500)
    world.sandbox.addFault({ kind: 'truncated', route, rows: 500 })
    const answer = await world.ask<{ acsEntrance: { credentials: Count } }>(front, { id })
    expect(answer.acsEntrance.credentials.totalCount).toBe(rows.length)
    expect(await syncOf(world)).toMatchObject({ complete: true, detail: null })
  })

  it('should be reported as incomplete while too many credentials are missing', async () => {
    await using world = await startWorld({
      sandbox: { systems: 1, residents: 600, doors: 20 },
      config: { reconcileSeconds: 1 },
    })
    const { id, rows } = await readFrontEntrance(world)
    world.sandbox.addFault({ kind: 'truncated', route, rows: 500 })
    await world.ask(front, { id })
    expect(await syncOf(world)).toMatchObject({
      complete: false,
      detail: expect.stringMatching(/list_credentials_with_access ended after exactly 500 rows/),
    })
    world.sandbox.clearFaults()
    for (let count = 0; count !== rows.length; ) {
      const { acsEntrance } = await world.ask<{ acsEntrance: { credentials: Count } }>(front, { id })
      count = acsEntrance.credentials.totalCount
    }
    expect(await syncOf(world)).toMatchObject({ complete: true, detail: null })
  })
})
