import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { demoViewer } from '../../../src/auth/authenticator.ts'
import { createCatalog } from '../../../src/catalog/catalog.ts'
import { createCommands } from '../../../src/commands/commands.ts'
import { createUserIdentity } from '../../../src/commands/definitions/acs-users.ts'
import { type Journal, JournalUnavailable } from '../../../src/journal/journal.ts'
import { openSqliteJournal } from '../../../src/journal/sqlite/sqlite-journal.ts'
import { fromAuditRow } from '../../../src/model/audit.ts'
import { Secret } from '../../../src/model/secret.ts'
import { createLogger } from '../../../src/observability/logger.ts'
import { startSandbox } from '../../../src/sandbox/sandbox.ts'
import { createSeamClient } from '../../../src/seam/client.ts'

/** A journal that fails at the first audit record, as if the process had ended there. */
function failingOnce(journal: Journal): Journal {
  let isFailing = true
  return {
    ...journal,
    async appendAudit(rows) {
      if (!isFailing) return journal.appendAudit(rows)
      isFailing = false
      throw new JournalUnavailable('The store does not answer.')
    },
  }
}

it('should store the audit record once before it returns the outcome, also after a failure in between', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-audit-'))
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
  const input = { fullName: 'Ann Once', idempotencyKey: 'same' }
  const context = { viewer: demoViewer, view: catalog.viewFor(demoViewer), now: new Date().toISOString() }
  const listRecords = async () => {
    const rows = await journal.readAudit({ from: null, to: null, limit: 10, isNewestFirst: true })
    return rows.map(fromAuditRow)
  }
  await expect(commands.execute(createUserIdentity, input, context)).rejects.toThrow(JournalUnavailable)
  expect(await listRecords()).toEqual([])
  // As after a crash: the recovery sweep finishes the command.
  await commands.recoverUnfinished()
  const [identity] = (await seam.listIdentities({})).filter(({ fullName }) => fullName === 'Ann Once')
  const expected = [
    {
      action: 'createUserIdentity',
      outcome: 'DONE',
      actorKind: 'DEMO',
      targetType: 'USER_IDENTITY',
      targetId: identity?.userIdentityId,
    },
  ]
  expect(await listRecords()).toMatchObject(expected)
  const { userErrors } = await commands.execute(createUserIdentity, input, context)
  expect(userErrors).toEqual([])
  expect(await listRecords()).toMatchObject(expected)
  await commands.close()
  await journal.close()
  seam.close()
  await rm(folder, { recursive: true })
})
