import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openFileApiKeyStore } from '../../../src/auth/api-keys/file-api-key-store.ts'
import { openSqliteJournal } from '../../../src/journal/sqlite/sqlite-journal.ts'

describe('the file of API keys', () => {
  let folder: string
  let file: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'latchkey-keys-'))
    file = join(folder, 'keys.db')
  })
  afterEach(() => rm(folder, { recursive: true }))

  async function expectRefusal(): Promise<void> {
    const before = await readFile(file)
    await expect(openFileApiKeyStore({ file })).rejects.toMatchObject({
      code: 'KEY_STORE_UNAVAILABLE',
      message: expect.stringContaining(file),
    })
    expect(await readFile(file)).toEqual(before)
  }

  it('should be refused and left unchanged if it is another database', async () => {
    const journal = await openSqliteJournal({ file })
    await journal.close()
    await expectRefusal()
  })

  it('should be refused and left unchanged if one of its pages is damaged', async () => {
    const keys = await openFileApiKeyStore({ file })
    for (let count = 0; count < 200; count++) await keys.create({ name: `key ${count}`, scopes: ['read'] })
    await keys.close()
    const bytes = await readFile(file)
    bytes.fill(0xa5, 4_096 * 3, 4_096 * 4)
    await writeFile(file, bytes)
    await expectRefusal()
  })

  it('should be refused and left unchanged if it is not a database', async () => {
    await writeFile(file, 'keys'.repeat(1_000))
    await expectRefusal()
  })
})
