import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CursorKey, InvalidCursor, readCursor, writeCursor } from '../../src/model/cursor.ts'

const keyNamed = (id: string): CursorKey => ({ id, secret: randomBytes(32) })
const key = keyNamed('k1')
const epoch = randomBytes(9).toString('base64url')
const content = { epoch, offset: 4711, term: '', serializedScope: 'read|*|*' }
const reader = {
  epoch,
  keys: [key],
  serializedScope: content.serializedScope,
  termAt: (): string | null => '',
}

const offsets = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })
const alphabet = [
  ...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_',
  '=',
  '+',
  '/',
  ' ',
  '\0',
  'é',
]

describe('a cursor', () => {
  it('should be read back as its original offset, for every offset and access scope', () => {
    fc.assert(
      fc.property(offsets, fc.constantFrom('', 'term-_12'), fc.string(), (offset, term, serializedScope) => {
        const text = writeCursor({ epoch, offset, term, serializedScope }, key)
        expect(readCursor(text, { ...reader, serializedScope, termAt: () => term })).toEqual({
          kind: 'at',
          offset,
        })
      }),
    )
  })

  it('should be short and need no escaping in a URL, even for the largest offset', () => {
    const text = writeCursor({ ...content, offset: Number.MAX_SAFE_INTEGER, term: 'term-_12' }, key)
    expect(text).toMatch(/^[A-Za-z0-9_-]{1,100}$/)
  })

  it('should not reveal the access scope of its owner', () => {
    const text = writeCursor(
      { ...content, serializedScope: 'read|11111111-1111-4111-8111-111111111111|*' },
      key,
    )
    expect(Buffer.from(text, 'base64url').toString('latin1')).not.toContain('1111')
  })

  it('should never be read as another position after one character was changed, added or removed', () => {
    const characterIndex = fc.nat(200)
    fc.assert(
      fc.property(
        offsets,
        fc.constantFrom('', 'term-_12'),
        characterIndex,
        fc.constantFrom('replace', 'add', 'remove'),
        fc.constantFrom(...alphabet),
        (offset, term, position, edit, character) => {
          const text = writeCursor({ ...content, offset, term }, key)
          const index = position % text.length
          const rest = text.slice(edit === 'add' ? index : index + 1)
          const changed = `${text.slice(0, index)}${edit === 'remove' ? '' : character}${rest}`
          fc.pre(changed !== text)
          expect(readOffset(changed)).toBeNull()
        },
      ),
      { numRuns: 2_000 },
    )
  })

  it('should be valid in one encoding only', () => {
    const text = writeCursor(content, key)
    for (const other of [
      `${text}=`,
      `${text}\n`,
      ` ${text}`,
      text.replaceAll('-', '+').replaceAll('_', '/').concat('='),
      `${text}A`,
    ])
      expect(() => readCursor(other, reader)).toThrow(InvalidCursor)
  })

  /** Reads the offset of a text. Returns `null` if the text is not a cursor or belongs to another journal. */
  function readOffset(text: string): number | null {
    try {
      const reading = readCursor(text, { ...reader, termAt: () => null })
      return reading.kind === 'replaced' ? null : reading.offset
    } catch (error) {
      expect(error).toBeInstanceOf(InvalidCursor)
      return null
    }
  }
})

describe('a cursor in another context', () => {
  it('should be "replaced" in another journal, whichever key signed the cursor', () => {
    expect(readCursor(writeCursor({ ...content, epoch: 'another' }, key), reader)).toEqual({
      kind: 'replaced',
    })
    expect(readCursor(writeCursor({ ...content, epoch: 'another' }, keyNamed('k9')), reader)).toEqual({
      kind: 'replaced',
    })
  })

  it('should be "replaced" if its offset is known to have been appended in another term', () => {
    const text = writeCursor({ ...content, term: 'term-one' }, key)
    const readAt = (term: string | null) => readCursor(text, { ...reader, termAt: () => term })
    expect(readAt('term-one')).toEqual({ kind: 'at', offset: 4711 })
    expect(readAt('term-two')).toEqual({ kind: 'replaced' })
    expect(readAt('')).toEqual({ kind: 'replaced' })
    expect(readAt(null)).toEqual({ kind: 'at', offset: 4711 })
  })

  it('should be valid without a term in a journal with terms, because older cursors have no term', () => {
    const text = writeCursor(content, key)
    expect(readCursor(text, { ...reader, termAt: () => 'term-one' })).toEqual({ kind: 'at', offset: 4711 })
  })

  it('should be "replaced" if the journal never had the signing key', () => {
    expect(readCursor(writeCursor(content, keyNamed('k9')), reader)).toEqual({ kind: 'replaced' })
  })

  it('should be refused if the signature of a known key does not match', () => {
    const forged = writeCursor(content, keyNamed(key.id))
    expect(() => readCursor(forged, reader)).toThrow(InvalidCursor)
  })

  it('should stay valid while its signing key is kept beside a newer key', () => {
    const text = writeCursor(content, key)
    expect(readCursor(text, { ...reader, keys: [keyNamed('k2'), key] })).toEqual({ kind: 'at', offset: 4711 })
    expect(readCursor(text, { ...reader, keys: [keyNamed('k3'), keyNamed('k2')] })).toEqual({
      kind: 'replaced',
    })
  })

  it('should be "sight_changed" with its offset after the access scope has changed', () => {
    const reading = readCursor(writeCursor(content, key), { ...reader, serializedScope: 'read,write|*|*' })
    expect(reading).toEqual({ kind: 'sight_changed', offset: 4711 })
  })
})

describe('an invalid cursor', () => {
  const encoded = (plain: string): string => Buffer.from(plain, 'latin1').toString('base64url')
  const mac = 'A'.repeat(22)

  it.each([
    ['an empty text', ''],
    ['a word', 'cursor'],
    ['a number', '12'],
    ["another server's cursor", Buffer.from('arrayconnection:12').toString('base64')],
    ['a later version', encoded(`3.${epoch}.1.AAAAAAAA.k1.${mac}`)],
    ['too few parts', encoded(`1.${epoch}.1.AAAAAAAA.${mac}`)],
    ['version 2 without a term', encoded(`2.${epoch}.1.AAAAAAAA.k1.${mac}`)],
    ['version 1 with a term', encoded(`1.${epoch}.1.AAAAAAAA.AAAAAAAA.k1.${mac}`)],
    ['a negative offset', encoded(`1.${epoch}.-1.AAAAAAAA.k1.${mac}`)],
    ['an offset with a fraction', encoded(`1.${epoch}.1.5.AAAAAAAA.k1.${mac}`)],
    ['an offset that is too long', encoded(`1.${epoch}.${'z'.repeat(12)}.AAAAAAAA.k1.${mac}`)],
    ['a short signature', encoded(`1.${epoch}.1.AAAAAAAA.k1.${mac.slice(1)}`)],
    ['no signature', encoded(`1.${epoch}.1.AAAAAAAA.k1.`)],
    ['a megabyte', 'A'.repeat(1_000_000)],
  ])('should be refused: %s', (_case, text) => {
    expect(() => readCursor(text, reader)).toThrow(expect.objectContaining({ code: 'BAD_CURSOR' }))
  })

  it('should be refused for every generated text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String()), (text) => {
        expect(() => readCursor(text, reader)).toThrow(InvalidCursor)
      }),
    )
  })
})
