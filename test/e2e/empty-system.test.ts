import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readChecksummedFile, writeChecksummedFile } from '../../src/storage/durable-files.ts'
import { startWorld } from '../support/world.ts'

const lists = {
  users: '{ acsUsers(first: 100) { totalCount nodes { displayName } } }',
  entrances: '{ acsEntrances(first: 100) { totalCount nodes { displayName } } }',
  credentials: '{ acsCredentials(first: 100) { totalCount nodes { displayName } } }',
  systems: '{ acsSystems { nodes { name } } }',
} as const

/** Two of the three ACS systems have no ACS users, so that their lists are empty. */
const sandbox = { systems: 3, doors: 3, residents: 1 }

it.each(Object.entries(lists))(
  'a gateway should return the %s of a workspace with empty ACS systems after a restart during an outage',
  async (_what, query) => {
    await using world = await startWorld({ sandbox })
    const before = await world.ask(query)
    await world.restart(() => world.sandbox.addFault({ kind: 'status', status: 503, route: 'acs/*' }))
    expect(await world.ask(query)).toEqual(before)
  },
)

const corruptions: Readonly<Record<string, (users: { rows: Record<string, unknown>[] }) => unknown>> = {
  'is no list': () => ({ at: 1, rows: 7, doubts: [], isWhole: true }),
  'has a row that lacks a field': ({ rows, ...users }) => ({
    ...users,
    rows: rows.map(({ errors, ...row }) => row),
  }),
  'has a row with a wrong value': ({ rows, ...users }) => ({
    ...users,
    rows: rows.map((row) => ({ ...row, isSuspended: 'no' })),
  }),
  'has no time': ({ rows }) => ({ rows, doubts: [], isWhole: true }),
  'is missing': () => undefined,
}

it.each(Object.entries(corruptions))(
  'a gateway should use the other lists of a snapshot if one list %s',
  async (_what, corrupt) => {
    await using world = await startWorld({
      sandbox: { systems: 2, doors: 4, residents: 4 },
      timing: { seamRetryMs: 1 },
    })
    const query =
      '{ acsSystems { nodes { name entrances(first: 100) { nodes { displayName } } users(first: 100) { nodes { displayName } } } } }'
    type Systems = { acsSystems: { nodes: { name: string; entrances: object; users: object | null }[] } }
    const before = await world.ask<Systems>(query)
    const [, corruptedSystemId = ''] = world.sandbox.ids().acsSystemIds
    await world.restart(async () => {
      world.sandbox.addFault({ kind: 'status', status: 503, route: 'acs/*' })
      const folder = join(world.dataDir, `catalog-${world.sandbox.workspaceId}`)
      const file = join(
        folder,
        (await readdir(folder)).find((each) => each.includes(corruptedSystemId)) ?? '',
      )
      const found = await readChecksummedFile(file)
      if (found.state !== 'whole') throw new Error('There is no snapshot to corrupt.')
      const kept = JSON.parse(found.text) as { system: { users: unknown } }
      kept.system.users = corrupt(kept.system.users as never)
      await writeChecksummedFile(file, JSON.stringify(kept))
    })
    const { body } = await world.post({ query })
    const after = (body.data as unknown as Systems).acsSystems.nodes
    const nodesBefore = before.acsSystems.nodes
    expect(after.map(({ users, ...rest }) => rest)).toEqual(nodesBefore.map(({ users, ...rest }) => rest))
    const left = after.map(({ users }) => users)
    expect(left.filter((users) => users === null)).toHaveLength(1)
    expect(nodesBefore.map(({ users }) => users)).toContainEqual(left.find((users) => users !== null))
  },
)
