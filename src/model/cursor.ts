import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

/** What a cursor says: a position in one journal, and what its owner could see when it was given. */
export type CursorContent = { readonly epoch: string; readonly offset: number; readonly sight: string }

export type CursorKey = { readonly id: string; readonly secret: Buffer }

/** What a cursor means for a reader: a position, or why it can't be one. */
export type CursorReading =
  | { readonly kind: 'at'; readonly offset: number }
  /** Of another journal, or signed by a key that this store never had. */
  | { readonly kind: 'replaced' }
  | { readonly kind: 'sight_changed'; readonly offset: number }

/** A text that is no cursor, or one that was tampered with. */
export class BadCursor extends Error {
  override readonly name = 'BadCursor'
  readonly code = 'BAD_CURSOR'

  constructor() {
    super('This is not a cursor that Latchkey gave out. Leave `after` away, and fetch what you show anew.')
  }
}

const version = '1'
const macBytes = 16
const sightBytes = 6

/**
 * Writes a cursor: `version.epoch.offset.sight.key.mac`, with a MAC over all that stands before it, as base64url. Opaque to clients.
 * The epoch is readable before the signature is checked, so that a journal that was replaced can say so.
 */
export function writeCursor({ epoch, offset, sight }: CursorContent, key: CursorKey): string {
  const content = [version, epoch, offset.toString(36), sightHash(sight), key.id].join('.')
  return Buffer.from(`${content}.${mac(content, key)}`).toString('base64url')
}

/** Reads a cursor. Throws `BadCursor` for garbage, and for a signature of a known key that doesn't fit. */
export function readCursor(
  text: string,
  reader: { readonly epoch: string; readonly keys: readonly CursorKey[]; readonly sight: string },
): CursorReading {
  const parts = partsOf(text)
  const key = reader.keys.find((each) => each.id === parts.keyId)
  if (parts.epoch !== reader.epoch || key === undefined) return { kind: 'replaced' }
  const expected = Buffer.from(mac(parts.content, key))
  const given = Buffer.from(parts.mac)
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw new BadCursor()
  const offset = Number.parseInt(parts.offset, 36)
  return parts.sight === sightHash(reader.sight) ? { kind: 'at', offset } : { kind: 'sight_changed', offset }
}

const shape = /^(1\.([\w-]{1,40})\.([0-9a-z]{1,11})\.([\w-]{8})\.([\w-]{1,20}))\.([\w-]{22})$/

function partsOf(text: string) {
  const plain = text.length > 200 ? '' : Buffer.from(text, 'base64url').toString('latin1')
  const match = shape.exec(plain)
  // Base64 has spellings that decode to the same bytes; only the one that was written counts.
  if (match === null || Buffer.from(plain, 'latin1').toString('base64url') !== text) throw new BadCursor()
  const [, content = '', epoch = '', offset = '', sight = '', keyId = '', given = ''] = match
  return { content, epoch, offset, sight, keyId, mac: given }
}

function mac(content: string, key: CursorKey): string {
  return createHmac('sha256', key.secret).update(content).digest().subarray(0, macBytes).toString('base64url')
}

function sightHash(sight: string): string {
  return createHash('sha256').update(sight).digest().subarray(0, sightBytes).toString('base64url')
}
