import { timingSafeEqual } from 'node:crypto'
import type { AcsSystemId, AcsUserId } from '../model/ids.ts'
import { keyHash } from './key-text.ts'
import { type GraphName, notForPartners, type Scope, type Viewer } from './viewer.ts'

/** An API key as it's kept: its hash, and what it allows. */
export type KeyRecord = {
  readonly id: string
  readonly name: string
  readonly scopes: readonly Scope[]
  /** `null` is all systems. */
  readonly acsSystemIds: readonly AcsSystemId[] | null
  readonly residentId: AcsUserId | null
  readonly graph: GraphName
  readonly createdAt: string
  /** ISO 8601; `null` is never. */
  readonly expiresAt: string | null
  readonly revokedAt: string | null
}

/** What a key is to allow. Leaving out `acsSystemIds` allows all systems; an empty list, none. */
export type NewKey = {
  /** 1 to 64 characters, without spaces around it; no other living key has it. */
  readonly name: string
  readonly scopes: readonly Scope[]
  readonly acsSystemIds?: readonly AcsSystemId[]
  readonly residentId?: AcsUserId
  /** The whole one if it's left out. A key for the partners' graph has none of the scopes that are `notForPartners`. */
  readonly graph?: GraphName
  /** ISO 8601. */
  readonly expiresAt?: string
}

/** API keys, hashed at rest. Several processes may use one store at a time. */
export type KeyStore = {
  /**
   * `key` is the only time that the key itself is to be had. An expired key gives up its name. Throws `KeyNameTaken`, or `RangeError`
   * for a name or a time that is none, and for scopes that the key can't have.
   */
  create(key: NewKey): Promise<{ key: string; record: KeyRecord }>
  /** All keys that were not revoked, expired ones included, by name. */
  list(): Promise<readonly KeyRecord[]>
  /** False when there's no key of that name to revoke. */
  revoke(name: string): Promise<boolean>
  /** The living key with this text; `null` for a wrong, revoked or expired one. */
  find(key: string): Promise<KeyRecord | null>
  /** The living key with this id. */
  byId(id: string): Promise<KeyRecord | null>
  /** Whether anybody, this process included, has written since this was last asked. */
  changed(): Promise<boolean>
  close(): Promise<void>
}

/** The store can't be opened or asked. */
export class KeyStoreUnavailable extends Error {
  override readonly name = 'KeyStoreUnavailable'
  readonly code = 'KEY_STORE_UNAVAILABLE'
}

/** Another living key has this name. */
export class KeyNameTaken extends Error {
  override readonly name = 'KeyNameTaken'
  readonly code = 'KEY_NAME_TAKEN'

  constructor(name: string) {
    super(`There is a key named ${name} already. Revoke it first, or choose another name.`)
  }
}

/** The viewer that a key lets in. */
export function viewerOf(record: KeyRecord): Viewer {
  return {
    name: record.name,
    scopes: new Set(record.scopes),
    reach: {
      acsSystemIds: record.acsSystemIds === null ? null : new Set(record.acsSystemIds),
      residentId: record.residentId,
    },
    graph: record.graph,
    isDemo: false,
    expiresAt: record.expiresAt,
    keyId: record.id,
  }
}

/** What is kept of a new key. Throws `RangeError` as `create` does. */
export function recordOf(id: string, key: NewKey, createdAt: Date): KeyRecord {
  const name = key.name.trim()
  if (name === '' || name.length > 64) throw new RangeError("A key's name has 1 to 64 characters.")
  const expiresAtMs = key.expiresAt === undefined ? null : Date.parse(key.expiresAt)
  // A time that can't be read must not come to mean "never".
  if (Number.isNaN(expiresAtMs)) throw new RangeError("A key's end is a time, such as 2027-01-31T00:00:00Z.")
  const graph = key.graph ?? 'whole'
  const tooMuch = graph === 'whole' ? [] : key.scopes.filter((scope) => notForPartners.includes(scope))
  if (tooMuch.length > 0) throw new RangeError(`A partner's key can't have the scope ${tooMuch.join(', ')}.`)
  return {
    id,
    name,
    scopes: key.scopes,
    acsSystemIds: key.acsSystemIds ?? null,
    residentId: key.residentId ?? null,
    graph,
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAtMs === null ? null : new Date(expiresAtMs).toISOString(),
    revokedAt: null,
  }
}

/** Whether it still lets anybody in. */
export function isLiving({ revokedAt, expiresAt }: KeyRecord, now: Date): boolean {
  return revokedAt === null && (expiresAt === null || Date.parse(expiresAt) > now.getTime())
}

/** Whether a text is the key with this hash; `null`, for a key that nobody has, takes no less time. */
export function isKey(text: string, hash: Uint8Array | null): boolean {
  return timingSafeEqual(keyHash(text), hash ?? keyHash('')) && hash !== null
}
