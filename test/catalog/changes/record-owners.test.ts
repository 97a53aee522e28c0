import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { recordOwners } from '../../../src/catalog/changes/record-owners.ts'
import type { Journal } from '../../../src/journal/journal.ts'
import { openSqliteJournal } from '../../../src/journal/sqlite/sqlite-journal.ts'
import type { NewChange } from '../../../src/model/change.ts'
import type { AcsUserId } from '../../../src/model/ids.ts'
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
    await owners.journal.append([{ dedupeKeys: [`${n}`], changes: [sampleChange(`${n}`)] }])
  }
  isDown = false
  await waitUntil(async () => (await store.readHead()) === 2 * count)
  const followUps = await store.read(count, count)
  expect(followUps.every(({ kind, acsUserId }) => kind === 'UPDATED' && acsUserId === 'owner')).toBe(true)
  expect(maxPendingRequests).toBeLessThanOrEqual(100)
})

it('should keep the order of an ACS system and its appends in one commit, though some wait for Seam', async () => {
  await using opening = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-owners-'))
  opening.defer(() => rm(folder, { recursive: true }))
  const store = await openSqliteJournal({ file: join(folder, 'journal.db') })
  opening.defer(store.close)
  const seam = Promise.withResolvers<void>()
  let runningAppends = 0
  let maxRunningAppends = 0
  const observedStore: Journal = {
    ...store,
    async append(...args) {
      maxRunningAppends = Math.max(maxRunningAppends, ++runningAppends)
      return store.append(...args).finally(() => runningAppends--)
    },
  }
  const owners = recordOwners(observedStore, {
    catalog: {
      resolveKnownOwners: (change) => change,
      isMissingOwners: ({ acsUserId }) => acsUserId === null,
      async resolveOwners<C extends NewChange>(change: C): Promise<C> {
        await seam.promise
        return { ...change, acsUserId: 'owner' }
      },
    },
  })
  opening.defer(async () => owners.close())
  const append = (n: number, acsUserId: AcsUserId | null) =>
    owners.journal.append([{ dedupeKeys: [`${n}`], changes: [sampleChange(`${n}`, { acsUserId })] }])
  const appends = Array.from({ length: 50 }, (_, n) =>
    append(n, n % 10 === 5 ? null : ('known' as AcsUserId)),
  )
  await Promise.all(appends.slice(0, 5))
  expect(await store.readHead()).toBe(5)
  seam.resolve()
  await Promise.all(appends)
  const written = await store.read(0, 50)
  expect(written.map(({ seamEventId }) => seamEventId)).toEqual(appends.map((_, n) => `${n}`))
  expect(maxRunningAppends).toBeGreaterThan(40)
})
