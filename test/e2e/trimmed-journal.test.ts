import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openSqliteJournal } from '../../src/journal/sqlite/sqlite-journal.ts'
import { sampleEntry } from '../journal/sample-changes.ts'
import { waitUntil } from '../support/wait-until.ts'
import { startWorld } from '../support/world.ts'

it('a gateway should serve no old values after unread changes were trimmed from the journal', async () => {
  await using world = await startWorld({ sandbox: { systems: 1, doors: 4, residents: 2 } })
  const names = async () => {
    const { acsUsers } = await world.ask<{ acsUsers: { nodes: { displayName: string }[] } }>(
      '{ acsUsers(first: 10) { nodes { displayName } } }',
    )
    return acsUsers.nodes.map(({ displayName }) => displayName)
  }
  const head = async () => (await world.ask<{ cursor: string }>('{ cursor }')).cursor
  const before = await names()
  world.sandbox.act('renameUser')
  expect(await names()).toEqual(before)
  // Another process appends changes to the file, and trims them before the gateway reads them.
  const file = (await readdir(world.dataDir)).find((name) => /^journal.*\.db$/.test(name)) ?? ''
  const other = await openSqliteJournal({ file: join(world.dataDir, file), isShared: true })
  await other.append(['a', 'b', 'c'].map(sampleEntry))
  await other.trim(Number.MAX_SAFE_INTEGER, 0)
  await other.close()
  const cursor = await head()
  world.sandbox.act('revoke')
  await waitUntil(async () => (await head()) !== cursor)
  expect(await names()).not.toEqual(before)
})
