import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createChangePublisher } from '../../../src/commands/publishing/change-publisher.ts'
import { createAcsUserChange } from '../../../src/commands/publishing/mutation-changes.ts'
import type { Journal } from '../../../src/journal/journal.ts'
import { openSqliteJournal } from '../../../src/journal/sqlite/sqlite-journal.ts'
import { lifecycleDedupeKeys } from '../../../src/model/change.ts'
import type { AcsSystemId, AcsUserId } from '../../../src/model/ids.ts'

const change = createAcsUserChange('DELETED', {
  acsUserId: '11111111-1111-4111-8111-111111111111' as AcsUserId,
  acsSystemId: '22222222-2222-4222-8222-222222222222' as AcsSystemId,
})
const source = { actor: 'ada', step: 'a 0 done' }

describe('publishing the changes of a command', () => {
  let folder: string
  let journal: Journal
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'latchkey-publisher-'))
    journal = await openSqliteJournal({ file: join(folder, 'journal.db') })
  })
  afterEach(async () => {
    await journal.close()
    await rm(folder, { recursive: true, force: true })
  })
  const listChanges = async () =>
    (await journal.read(0, 100)).map(({ kind, origin, actor }) => `${kind} ${origin} ${actor}`)

  it('should append a change once with its actor, and make the event from Seam a duplicate', async () => {
    const publisher = createChangePublisher(journal, Date.now)
    expect(await publisher.publish([change], source)).toBe(1)
    expect(await publisher.publish([change], source)).toBe(1)
    const event = { ...change, origin: 'WEBHOOK', occurredAt: '2026-11-23T10:00:00Z' } as const
    await journal.append([{ dedupeKeys: ['event', ...lifecycleDedupeKeys([event])], changes: [event] }])
    expect(await listChanges()).toEqual(['DELETED MUTATION ada'])
  })

  it('should append the actor once if the event from Seam was appended first', async () => {
    const event = { ...change, origin: 'WEBHOOK', occurredAt: '2026-11-23T10:00:00Z' } as const
    await journal.append([{ dedupeKeys: ['event', ...lifecycleDedupeKeys([event])], changes: [event] }])
    const publisher = createChangePublisher(journal, Date.now)
    expect(await publisher.publish([change], source)).toBe(2)
    expect(await publisher.publish([change], source)).toBe(2)
    expect(await listChanges()).toEqual(['DELETED WEBHOOK null', 'UPDATED MUTATION ada'])
  })
})
