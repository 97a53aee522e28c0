import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readChecksummedLines, writeChecksummedLines } from '../../src/storage/durable-files.ts'
import { startWorld, type World } from '../support/world.ts'

/** The routes of each of Seam's lists, by the list's name in a snapshot. */
const lists = {
  accounts: ['connected_accounts/*'],
  systems: ['acs/systems/*'],
  users: ['acs/users/*'],
  entrances: ['acs/entrances/list', 'acs/entrances/get'],
  credentials: ['acs/credentials/list', 'acs/credentials/get'],
  identities: ['user_identities/*'],
  doors: ['acs/entrances/list_credentials_with_access', 'acs/credentials/list_accessible_entrances'],
} as const
type List = keyof typeof lists

/** Parts of the graph, and the lists that each part needs. */
const parts: Readonly<Record<string, readonly [query: string, needs: readonly List[]]>> = {
  systems: ['acsSystems { nodes { name } }', ['systems']],
  accounts: ['connectedAccounts { nodes { displayName } }', ['accounts']],
  'the account of a system': [
    'acsSystems { nodes { connectedAccount { displayName } } }',
    ['systems', 'accounts'],
  ],
  'the systems of an account': [
    'connectedAccounts { nodes { acsSystems { nodes { name } } } }',
    ['accounts', 'systems'],
  ],
  users: ['acsUsers(first: 100) { totalCount nodes { displayName } }', ['systems', 'users']],
  entrances: ['acsEntrances(first: 100) { totalCount nodes { displayName } }', ['systems', 'entrances']],
  credentials: [
    'acsCredentials(first: 100) { totalCount nodes { displayName } }',
    ['systems', 'credentials'],
  ],
  'the users of a system': [
    'acsSystems { nodes { users(first: 50) { nodes { displayName } } } }',
    ['systems', 'users'],
  ],
  'the entrances of a system': [
    'acsSystems { nodes { entrances(first: 50) { nodes { displayName } } } }',
    ['systems', 'entrances'],
  ],
  'the credentials of a system': [
    'acsSystems { nodes { credentials(first: 50) { nodes { displayName } } } }',
    ['systems', 'credentials'],
  ],
  'the credentials of a user': [
    'acsUsers(first: 50) { nodes { credentials(first: 10) { nodes { displayName } } } }',
    ['systems', 'users', 'credentials'],
  ],
  'the identity of a user': [
    'acsUsers(first: 50) { nodes { userIdentity { displayName } } }',
    ['systems', 'users', 'identities'],
  ],
  'the user of a credential': [
    'acsCredentials(first: 50) { nodes { acsUser { displayName } } }',
    ['systems', 'credentials', 'users'],
  ],
  'the entrances of a credential': [
    'acsCredentials(first: 50) { nodes { entrances(first: 10) { nodes { displayName } } } }',
    ['systems', 'credentials', 'entrances', 'doors'],
  ],
  'the credentials of an entrance': [
    'acsEntrances(first: 50) { nodes { credentials(first: 20) { nodes { displayName } } } }',
    ['systems', 'entrances', 'credentials', 'doors'],
  ],
  'the users of an entrance': [
    'acsEntrances(first: 50) { nodes { users(first: 20) { nodes { displayName } } } }',
    ['systems', 'entrances', 'credentials', 'users', 'doors'],
  ],
}

/** Removes a list from the saved catalog, as if it had never been loaded. */
async function removeFromSnapshots(world: World, list: List): Promise<void> {
  const folder = join(world.dataDir, `catalog-${world.sandbox.workspaceId}`)
  for (const name of await readdir(folder)) {
    const file = join(folder, name)
    const found = await readChecksummedLines(file)
    if (found.state !== 'whole') throw new Error(`${name} is damaged.`)
    await writeChecksummedLines(
      file,
      found.lines.filter((line) => (JSON.parse(line) as { part?: string }).part !== list),
    )
  }
}

/** Queries every part individually. Returns its data, and whether there were no errors. */
async function queryAllParts(world: World): Promise<Map<string, { data: unknown; isWhole: boolean }>> {
  const results = new Map<string, { data: unknown; isWhole: boolean }>()
  for (const [name, [query]] of Object.entries(parts)) {
    const { body } = await world.post({ query: `{ ${query} }` })
    results.set(name, { data: body.data, isWhole: body.errors === undefined })
  }
  return results
}

const cases = (Object.keys(lists) as List[]).flatMap((list) =>
  ([`${list} only`, 'everything'] as const).map((failing) => [list, failing] as const),
)

it.each(cases)(
  'a gateway without a saved list of %s should return everything else while Seam fails for %s',
  async (list, failing) => {
    await using world = await startWorld({
      sandbox: { systems: 2, doors: 3, residents: 4 },
      timing: { seamRetryMs: 1 },
    })
    const before = await queryAllParts(world)
    expect([...before].filter(([, { isWhole }]) => !isWhole)).toEqual([])
    await world.restart(async () => {
      await removeFromSnapshots(world, list)
      const routes =
        failing === 'everything' ? ['acs/*', 'connected_accounts/*', 'user_identities/*'] : lists[list]
      for (const route of routes) world.sandbox.addFault({ kind: 'status', status: 503, route })
    })
    const after = await queryAllParts(world)
    for (const [name, [, needs]] of Object.entries(parts)) {
      const part = after.get(name)
      const isAvailable = !needs.includes(list)
      if (!isAvailable && failing === 'everything') expect(part?.isWhole, name).toBe(false)
      // Other lists may contain the missing objects.
      else if (isAvailable || part?.isWhole) expect(part, name).toEqual(before.get(name))
    }
  },
)

it('a gateway should return everything if all lists are saved and Seam fails after a restart', async () => {
  await using world = await startWorld({
    sandbox: { systems: 2, doors: 3, residents: 4 },
    timing: { seamRetryMs: 1 },
  })
  const before = await queryAllParts(world)
  await world.restart(() => {
    for (const route of ['acs/*', 'connected_accounts/*', 'user_identities/*'])
      world.sandbox.addFault({ kind: 'status', status: 503, route })
  })
  expect(await queryAllParts(world)).toEqual(before)
})
