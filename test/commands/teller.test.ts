import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { userChange } from '../../src/commands/tell.ts'
import { createTeller } from '../../src/commands/teller.ts'
import type { Journal } from '../../src/journal/journal.ts'
import { openSqliteJournal } from '../../src/journal/sqlite.ts'
import { onceKeys } from '../../src/model/change.ts'
import type { AcsSystemId, AcsUserId } from '../../src/model/ids.ts'

const change = userChange('DELETED', {
  acsUserId: '11111111-1111-4111-8111-111111111111' as AcsUserId,
  acsSystemId: '22222222-2222-4222-8222-222222222222' as AcsSystemId,
})
const by = { actor: 'ada', step: 'a 0 done' }

describe('telling what a command did', () => {
  let folder: string
  let journal: Journal
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'latchkey-teller-'))
    journal = await openSqliteJournal({ file: join(folder, 'journal.db') })
  })
  afterEach(async () => {
    await journal.close()
    await rm(folder, { recursive: true, force: true })
  })
  const told = async () =>
    (await journal.read(0, 100)).map(({ kind, origin, actor }) => `${kind} ${origin} ${actor}`)

  it('should say once who did it, however often it is repeated, and leave nothing to tell for Seam', async () => {
    const teller = createTeller(journal, Date.now)
    expect(await teller.tell([change], by)).toBe(1)
    expect(await teller.tell([change], by)).toBe(1)
    const event = { ...change, origin: 'WEBHOOK', occurredAt: '2026-11-23T10:00:00Z' } as const
    await journal.append([{ dedupeKeys: ['event', ...onceKeys([event])], changes: [event] }])
    expect(await told()).toEqual(['DELETED MUTATION ada'])
  })

  it('should put the name beside what Seam told first, once', async () => {
    const event = { ...change, origin: 'WEBHOOK', occurredAt: '2026-11-23T10:00:00Z' } as const
    await journal.append([{ dedupeKeys: ['event', ...onceKeys([event])], changes: [event] }])
    const teller = createTeller(journal, Date.now)
    expect(await teller.tell([change], by)).toBe(2)
    expect(await teller.tell([change], by)).toBe(2)
    expect(await told()).toEqual(['DELETED WEBHOOK null', 'UPDATED MUTATION ada'])
  })
})
