import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { recordOwners } from '../../../src/catalog/changes/record-owners.ts'
import { openSqliteJournal } from '../../../src/journal/sqlite/sqlite-journal.ts'
import type { NewChange } from '../../../src/model/change.ts'
import { sampleChange } from '../../journal/sample-changes.ts'
import { waitUntil } from '../../support/wait-until.ts'

const count = 350

it('should record all owners after an outage of Seam, with a bounded number of concurrent requests', async () => {
  await using opening = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-owners-'))
  opening.defer(() => rm(folder, { recursive: true }))
  const store = await openSqliteJournal({ file: join(folder, 'journal.db') })
  opening.defer(store.close)
  let isDown = true
  let pendingRequests = 0
  let maxPendingRequests = 0
  const owners = recordOwners(store, {
    catalog: {
      resolveKnownOwners: (change) => change,
      isMissingOwners: () => true,
      async resolveOwners<C extends NewChange>(change: C): Promise<C> {
        if (isDown) throw new Error('Seam is down.')
        maxPendingRequests = Math.max(maxPendingRequests, ++pendingRequests)
        await delay(1)
        pendingRequests--
        return { ...change, acsUserId: 'owner' }
      },
    },
    retryMs: 20,
  })
  opening.defer(async () => owners.close())
  for (let n = 0; n < count; n++) {
    const change = { ...sampleChange(`${n}`), subject: 'CREDENTIAL' as const, acsUserId: null }
    await owners.journal.append([{ dedupeKeys: [`${n}`], changes: [change] }])
  }
  isDown = false
  await waitUntil(async () => (await store.readHead()) === 2 * count)
  const followUps = await store.read(count, count)
  expect(followUps.every(({ kind, acsUserId }) => kind === 'UPDATED' && acsUserId === 'owner')).toBe(true)
  expect(maxPendingRequests).toBeLessThanOrEqual(100)
})
