import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

/** What a cursor says: a position in one journal, and what its owner could see when it was given. */
export type CursorContent = {
  readonly epoch: string
  readonly offset: number
  /** Id of the term in which the offset was appended; empty where the journal has none, or it isn't known. */
  readonly term: string
  readonly serializedScope: string
}

export type CursorKey = { readonly id: string; readonly secret: Buffer }

/** What a cursor means for a reader: a position, or why it can't be one. */
export type CursorMeaning =
  | { readonly kind: 'at'; readonly offset: number }
  /** Of another journal or of a history that this one lost, or signed by a key that this store never had. */
  | { readonly kind: 'replaced' }
  | { readonly kind: 'sight_changed'; readonly offset: number }

/** A text that is no cursor, or one that was tampered with. */
export class InvalidCursor extends Error {
  override readonly name = 'InvalidCursor'
  readonly code = 'BAD_CURSOR'

  constructor() {
    super('This is not a cursor that the gateway created. Omit it and fetch the displayed data again.')
  }
}

const macBytes = 16
const scopeHashBytes = 6

/**
 * Writes a cursor: `1.epoch.offset.sight.key.mac`, or `2.epoch.offset.term.sight.key.mac` where there is a term, with a MAC over all
 * that stands before it, as base64url. Opaque to clients. The epoch is readable before the signature is checked, so that a journal that
 * was replaced can say so.
 */
export function writeCursor({ epoch, offset, term, serializedScope }: CursorContent, key: CursorKey): string {
  const position = term === '' ? ['1', epoch, offset.toString(36)] : ['2', epoch, offset.toString(36), term]
  const content = [...position, hashScope(serializedScope), key.id].join('.')
  return Buffer.from(`${content}.${computeMac(content, key)}`).toString('base64url')
}

export type CursorContext = {
  readonly epoch: string
  readonly keys: readonly CursorKey[]
  readonly serializedScope: string
  /** Id of the term in which an offset was appended; `null` where that isn't known. */
  readonly termAt: (offset: number) => string | null
}

/** Reads a cursor. Throws `InvalidCursor` for garbage, and for a signature of a known key that doesn't fit. */
export function readCursor(text: string, context: CursorContext): CursorMeaning {
  const parts = parseCursor(text)
  const key = context.keys.find((each) => each.id === parts.keyId)
  if (parts.epoch !== context.epoch || key === undefined) return { kind: 'replaced' }
  const expected = Buffer.from(computeMac(parts.content, key))
  const given = Buffer.from(parts.mac)
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw new InvalidCursor()
  const offset = Number.parseInt(parts.offset, 36)
  const term = context.termAt(offset)
  if (parts.term !== '' && term !== null && term !== parts.term) return { kind: 'replaced' }
  return parts.sight === hashScope(context.serializedScope)
    ? { kind: 'at', offset }
    : { kind: 'sight_changed', offset }
}

const cursorPattern =
  /^(?<content>(?<version>[12])\.(?<epoch>[\w-]{1,40})\.(?<offset>[0-9a-z]{1,11})(?:\.(?<term>[\w-]{8}))?\.(?<sight>[\w-]{8})\.(?<keyId>[\w-]{1,20}))\.(?<mac>[\w-]{22})$/

function parseCursor(text: string) {
  const plain = text.length > 200 ? '' : Buffer.from(text, 'base64url').toString('latin1')
  const found = cursorPattern.exec(plain)?.groups
  // Base64 has spellings that decode to the same bytes; only the one that was written counts.
  const isWritten = Buffer.from(plain, 'latin1').toString('base64url') === text
  if (found === undefined || !isWritten || (found.version === '2') !== (found.term !== undefined))
    throw new InvalidCursor()
  const { content = '', epoch = '', offset = '', term = '', sight = '', keyId = '', mac = '' } = found
  return { content, epoch, offset, term, sight, keyId, mac }
}

function computeMac(content: string, key: CursorKey): string {
  return createHmac('sha256', key.secret).update(content).digest().subarray(0, macBytes).toString('base64url')
}

function hashScope(serializedScope: string): string {
  return createHash('sha256')
    .update(serializedScope)
    .digest()
    .subarray(0, scopeHashBytes)
    .toString('base64url')
}
