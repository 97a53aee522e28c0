import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import { demoViewer } from '../../../src/auth/authenticator.ts'
import { createCatalog } from '../../../src/catalog/catalog.ts'
import { createCommands } from '../../../src/commands/commands.ts'
import { createUserIdentity } from '../../../src/commands/definitions/acs-users.ts'
import { type Journal, JournalUnavailable } from '../../../src/journal/journal.ts'
import { openSqliteJournal } from '../../../src/journal/sqlite/sqlite-journal.ts'
import { Secret } from '../../../src/model/secret.ts'
import { createLogger } from '../../../src/observability/logger.ts'
import { startSandbox } from '../../../src/sandbox/sandbox.ts'
import { createSeamClient } from '../../../src/seam/client.ts'
import { mutate } from '../../support/graph-mutations.ts'
import { startWorld } from '../../support/world.ts'

/** A journal that fails at the first claim of an idempotency slot. */
function failingOnce(journal: Journal): Journal {
  let isFailing = true
  return {
    ...journal,
    putValueIfAbsent: async (key, value, ttlMs) => {
      if (!isFailing || !key.startsWith('command/slot/')) return journal.putValueIfAbsent(key, value, ttlMs)
      isFailing = false
      throw new JournalUnavailable('The store does not answer.')
    },
  }
}

it('should not free the idempotency key of another command when the sweep discards a command that could not claim it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-slots-'))
  await using sandbox = await startSandbox({ port: 0, activity: false, systems: 1, residents: 2 })
  const seam = createSeamClient({ apiKey: new Secret(sandbox.apiKey), endpoint: sandbox.url })
  const journal = await openSqliteJournal({ file: join(folder, 'journal.db') })
  const catalog = createCatalog({ seam, maxAgeMs: 60_000 })
  const commands = createCommands({
    seam,
    journal: failingOnce(journal),
    waitForCatalog: async () => undefined,
    log: createLogger('silent'),
    sweepMs: 3_600_000,
  })
  const run = () =>
    commands.execute(
      createUserIdentity,
      { fullName: 'Ann Once', idempotencyKey: 'same' },
      { viewer: demoViewer, view: catalog.viewFor(demoViewer), now: new Date().toISOString() },
    )
  await expect(run()).rejects.toThrow(JournalUnavailable)
  const first = await run()
  await commands.recoverUnfinished()
  expect(await run()).toEqual(first)
  const identities = await seam.listIdentities({})
  expect(identities.filter(({ fullName }) => fullName === 'Ann Once')).toHaveLength(1)
  await commands.close()
  await journal.close()
  seam.close()
  await rm(folder, { recursive: true })
})

it('should release every lease after any number of mutations', async () => {
  await using world = await startWorld({ sandbox: { systems: 1, residents: 2 } })
  const name = (await readdir(world.dataDir)).find((each) => /^journal-.*\.db$/.test(each)) ?? ''
  const leases = () => {
    const db = new DatabaseSync(join(world.dataDir, name), { readOnly: true })
    const { count } = db.prepare('SELECT count(*) AS count FROM leases').get() as { count: number }
    db.close()
    return count
  }
  const before = leases()
  for (let n = 0; n < 20; n++) await mutate(world, 'createUserIdentity', { fullName: `Person ${n}` })
  expect(leases()).toBe(before)
})
