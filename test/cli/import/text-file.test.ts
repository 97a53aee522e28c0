import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { escapeUnprintable } from '../../../src/cli/import/printable-text.ts'
import { readTextFile } from '../../../src/cli/import/text-file.ts'
import { UsageError } from '../../../src/cli/terminal.ts'

const text = 'fullName,startsAt\nJosé Müller,2026-12-01\n'
const utf16be = (written: string): Buffer => Buffer.from(written, 'utf16le').swap16()

describe('a text file', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'latchkey-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  async function read(bytes: string | Buffer, encoding?: string): Promise<string> {
    const file = join(folder, 'residents.csv')
    await writeFile(file, bytes)
    return readTextFile(file, encoding)
  }

  it.each([
    ['UTF-8', Buffer.from(text)],
    ['UTF-8 with a byte order mark', Buffer.from(`\uFEFF${text}`)],
    ['UTF-16 with a byte order mark', Buffer.from(`\uFEFF${text}`, 'utf16le')],
    ['UTF-16, big-endian, with a byte order mark', utf16be(`\uFEFF${text}`)],
    ['UTF-16', Buffer.from(text, 'utf16le')],
    ['UTF-16, big-endian', utf16be(text)],
  ])('should be read as it was written: %s', async (_name, bytes) => {
    expect(await read(bytes)).toBe(text)
  })

  it('should be decoded with another encoding only if --encoding names it', async () => {
    const windows = Buffer.from(text, 'latin1')
    await expect(read(windows)).rejects.toThrow(/isn't UTF-8: see line 2\..*--encoding windows-1252/)
    expect(await read(windows, 'windows-1252')).toBe(text)
    expect(await read(Buffer.from(text), 'utf-8')).toBe(text)
    expect(await read('fullName\nJane\n', 'windows-1252')).toBe('fullName\nJane\n')
  })

  it('should be rejected if --encoding is wrong', async () => {
    await expect(read(Buffer.from(text), 'windows-1252')).rejects.toThrow(/is UTF-8: remove --encoding/)
    await expect(read(Buffer.from(`\uFEFF${text}`, 'utf16le'), 'windows-1252')).rejects.toThrow(
      /remove --encoding/,
    )
    await expect(read(Buffer.from(text, 'latin1'), 'utf-8')).rejects.toThrow(/isn't utf-8/)
    await expect(read(Buffer.from(text), 'klingon')).rejects.toThrow(/There is no encoding "klingon"/)
    await expect(
      read(Buffer.concat([Buffer.from(`\uFEFF${text}`, 'utf16le'), Buffer.from('x')])),
    ).rejects.toThrow(/isn't utf-16le/)
  })

  it.each([
    ['a workbook (.xlsx', 'PK\x03\x04\x14\0'],
    ['a workbook of an older Excel (.xls)', '\xD0\xCF\x11\xE0\xA1\xB1'],
    ['a PDF document', '%PDF-1.7'],
  ])('should be rejected with its kind if it is binary: %s', async (what, start) => {
    const reading = read(Buffer.from(start, 'latin1'))
    await expect(reading).rejects.toThrow(UsageError)
    await expect(reading).rejects.toThrow(what)
    await expect(reading).rejects.toThrow('Save it as "CSV UTF-8')
  })
})

describe('text of a file in the output', () => {
  it('should contain no control characters', () => {
    const hostile = 'a\tb\nc\r\u001B[31m\0\u0085\u202Ed\u2028'
    expect(escapeUnprintable(hostile)).toBe('a\\tb\\nc\\r\\u001b[31m\\u0000\\u0085\\u202ed\\u2028')
    expect(escapeUnprintable('José 👩‍👧 علی‌رضا')).toBe('José 👩‍👧 علی‌رضا')
  })
})
