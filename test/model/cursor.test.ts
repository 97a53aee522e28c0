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
  it('should be read back as the offset it was written with, whatever the offset and the sight', () => {
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

  it('should be short and need no escaping in a URL, up to the greatest offset', () => {
    const text = writeCursor({ ...content, offset: Number.MAX_SAFE_INTEGER, term: 'term-_12' }, key)
    expect(text).toMatch(/^[A-Za-z0-9_-]{1,100}$/)
  })

  it('should tell nothing of what its owner may see', () => {
    const text = writeCursor(
      { ...content, serializedScope: 'read|11111111-1111-4111-8111-111111111111|*' },
      key,
    )
    expect(Buffer.from(text, 'base64url').toString('latin1')).not.toContain('1111')
  })

  it('should never be read as another position when any one character of it is changed, added or lost', () => {
    const place = fc.nat(200)
    fc.assert(
      fc.property(
        offsets,
        fc.constantFrom('', 'term-_12'),
        place,
        fc.constantFrom('swap', 'add', 'lose'),
        fc.constantFrom(...alphabet),
        (offset, term, at, how, by) => {
          const text = writeCursor({ ...content, offset, term }, key)
          const index = at % text.length
          const rest = text.slice(how === 'add' ? index : index + 1)
          const changed = `${text.slice(0, index)}${how === 'lose' ? '' : by}${rest}`
          fc.pre(changed !== text)
          expect(positionIn(changed)).toBeNull()
        },
      ),
      { numRuns: 2_000 },
    )
  })

  it('should have one spelling only', () => {
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

  /** Where a text stands; `null` when it's told to be nowhere. */
  function positionIn(text: string): number | null {
    try {
      const reading = readCursor(text, { ...reader, termAt: () => null })
      return reading.kind === 'replaced' ? null : reading.offset
    } catch (error) {
      expect(error).toBeInstanceOf(InvalidCursor)
      return null
    }
  }
})

describe('what a cursor means to another reader', () => {
  it('should be "replaced" in another journal, whoever signed it', () => {
    expect(readCursor(writeCursor({ ...content, epoch: 'another' }, key), reader)).toEqual({
      kind: 'replaced',
    })
    expect(readCursor(writeCursor({ ...content, epoch: 'another' }, keyNamed('k9')), reader)).toEqual({
      kind: 'replaced',
    })
  })

  it('should be "replaced" when its offset was appended in another term, and only where that is known', () => {
    const text = writeCursor({ ...content, term: 'term-one' }, key)
    const readAt = (term: string | null) => readCursor(text, { ...reader, termAt: () => term })
    expect(readAt('term-one')).toEqual({ kind: 'at', offset: 4711 })
    expect(readAt('term-two')).toEqual({ kind: 'replaced' })
    expect(readAt('')).toEqual({ kind: 'replaced' })
    expect(readAt(null)).toEqual({ kind: 'at', offset: 4711 })
  })

  it('should be good without a term in a journal that has terms, as cursors from before there were any are', () => {
    const text = writeCursor(content, key)
    expect(readCursor(text, { ...reader, termAt: () => 'term-one' })).toEqual({ kind: 'at', offset: 4711 })
  })

  it('should be "replaced" when the journal never had the key that signed it', () => {
    expect(readCursor(writeCursor(content, keyNamed('k9')), reader)).toEqual({ kind: 'replaced' })
  })

  it('should be bad when a known key did not sign it', () => {
    const forged = writeCursor(content, keyNamed(key.id))
    expect(() => readCursor(forged, reader)).toThrow(InvalidCursor)
  })

  it('should stay good while its key verifies beside a newer one', () => {
    const text = writeCursor(content, key)
    expect(readCursor(text, { ...reader, keys: [keyNamed('k2'), key] })).toEqual({ kind: 'at', offset: 4711 })
    expect(readCursor(text, { ...reader, keys: [keyNamed('k3'), keyNamed('k2')] })).toEqual({
      kind: 'replaced',
    })
  })

  it('should say that the sight has changed, and where it stood', () => {
    const reading = readCursor(writeCursor(content, key), { ...reader, serializedScope: 'read,write|*|*' })
    expect(reading).toEqual({ kind: 'sight_changed', offset: 4711 })
  })
})

describe('garbage', () => {
  const encoded = (plain: string): string => Buffer.from(plain, 'latin1').toString('base64url')
  const mac = 'A'.repeat(22)

  it.each([
    ['nothing', ''],
    ['a word', 'cursor'],
    ['a number', '12'],
    ["another server's cursor", Buffer.from('arrayconnection:12').toString('base64')],
    ['a later version', encoded(`3.${epoch}.1.AAAAAAAA.k1.${mac}`)],
    ['too few parts', encoded(`1.${epoch}.1.AAAAAAAA.${mac}`)],
    ['a term too few', encoded(`2.${epoch}.1.AAAAAAAA.k1.${mac}`)],
    ['a term too many', encoded(`1.${epoch}.1.AAAAAAAA.AAAAAAAA.k1.${mac}`)],
    ['a negative offset', encoded(`1.${epoch}.-1.AAAAAAAA.k1.${mac}`)],
    ['a fraction', encoded(`1.${epoch}.1.5.AAAAAAAA.k1.${mac}`)],
    ['an endless offset', encoded(`1.${epoch}.${'z'.repeat(12)}.AAAAAAAA.k1.${mac}`)],
    ['a short signature', encoded(`1.${epoch}.1.AAAAAAAA.k1.${mac.slice(1)}`)],
    ['no signature', encoded(`1.${epoch}.1.AAAAAAAA.k1.`)],
    ['a megabyte', 'A'.repeat(1_000_000)],
  ])('should be refused as such: %s', (_, text) => {
    expect(() => readCursor(text, reader)).toThrow(expect.objectContaining({ code: 'BAD_CURSOR' }))
  })

  it('should be refused, whatever it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String()), (text) => {
        expect(() => readCursor(text, reader)).toThrow(InvalidCursor)
      }),
    )
  })
})
