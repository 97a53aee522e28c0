import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

/** Content of a cursor: a position in one journal, and the access scope of the viewer that received the cursor. */
export type CursorContent = {
  readonly epoch: string
  readonly offset: number
  /** Id of the term in which the offset was appended; empty if the journal has no terms or the term is unknown. */
  readonly term: string
  readonly serializedScope: string
}

export type CursorKey = { readonly id: string; readonly secret: Buffer }

/** Result of reading a cursor: a position in the journal, or the reason why the cursor is not valid there. */
export type CursorMeaning =
  | { readonly kind: 'at'; readonly offset: number }
  /** The cursor belongs to another journal or to a history that this journal lost, or its signing key was never in this store. */
  | { readonly kind: 'replaced' }
  | { readonly kind: 'sight_changed'; readonly offset: number }

/** The text is not a cursor, or the cursor was modified. */
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
 * Writes a cursor: the base64url of `1.epoch.offset.scopeHash.keyId.mac`, or of `2.epoch.offset.term.scopeHash.keyId.mac` if there is a
 * term. The MAC covers everything before it. Cursors are opaque to clients. The epoch can be read before the signature is verified, so that
 * a gateway with a new journal reports `replaced` although it lacks the old signing key.
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
  /** Returns the id of the term in which an offset was appended, or `null` if the term is unknown. */
  readonly termAt: (offset: number) => string | null
}

/** Reads a cursor. Throws `InvalidCursor` if the text is not a cursor, or if its signing key is known and the signature does not match. */
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
  return parts.scopeHash === hashScope(context.serializedScope)
    ? { kind: 'at', offset }
    : { kind: 'sight_changed', offset }
}

const cursorPattern =
  /^(?<content>(?<version>[12])\.(?<epoch>[\w-]{1,40})\.(?<offset>[0-9a-z]{1,11})(?:\.(?<term>[\w-]{8}))?\.(?<scopeHash>[\w-]{8})\.(?<keyId>[\w-]{1,20}))\.(?<mac>[\w-]{22})$/

function parseCursor(text: string) {
  const plain = text.length > 200 ? '' : Buffer.from(text, 'base64url').toString('latin1')
  const found = cursorPattern.exec(plain)?.groups
  // Several base64url texts decode to the same bytes; only the text that `writeCursor` writes is valid.
  const isCanonical = Buffer.from(plain, 'latin1').toString('base64url') === text
  if (found === undefined || !isCanonical || (found.version === '2') !== (found.term !== undefined))
    throw new InvalidCursor()
  const { content = '', epoch = '', offset = '', term = '', scopeHash = '', keyId = '', mac = '' } = found
  return { content, epoch, offset, term, scopeHash, keyId, mac }
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
