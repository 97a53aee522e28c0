import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readChecksummedLines, writeChecksummedLines } from '../../src/storage/durable-files.ts'
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

type SnapshotLine = {
  readonly part?: string
  readonly head?: object
  readonly list?: string
  readonly items?: object[]
}

/** Changes a line of the ACS users in a snapshot. */
const corruptions: Readonly<Record<string, (line: SnapshotLine) => object | null>> = {
  'is no list': (line) => (line.list === 'rows' ? { ...line, items: 7 } : line),
  'has a row that lacks a field': (line) => changeRows(line, ({ errors, ...row }) => row),
  'has a row with a wrong value': (line) => changeRows(line, (row) => ({ ...row, isSuspended: 'no' })),
  'has no time': (line) => (line.head === undefined ? line : { ...line, head: { isWhole: true } }),
  'is missing': () => null,
}

function changeRows(line: SnapshotLine, change: (row: Record<string, unknown>) => object): object {
  return line.list === 'rows' ? { ...line, items: line.items?.map((row) => change({ ...row })) } : line
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
      const found = await readChecksummedLines(file)
      if (found.state !== 'whole') throw new Error('There is no snapshot to corrupt.')
      const kept = found.lines.flatMap((text) => {
        const line = JSON.parse(text) as SnapshotLine
        const changed = line.part === 'users' ? corrupt(line) : line
        return changed === null ? [] : [JSON.stringify(changed)]
      })
      await writeChecksummedLines(file, kept)
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
