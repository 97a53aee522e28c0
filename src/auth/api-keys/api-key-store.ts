import { timingSafeEqual } from 'node:crypto'
import type { AuditRecord, AuditRow } from '../../model/audit.ts'
import type { AcsSystemId, AcsUserId } from '../../model/ids.ts'
import { memoizeByObject } from '../../model/memoize-by-object.ts'
import { isInvisible, textErrors } from '../../model/text-validation.ts'
import { type GraphName, type Scope, scopesNotForPartners, type Viewer } from '../viewer.ts'
import { hashApiKey } from './api-key-format.ts'

/** A stored API key: its hash and its permissions. */
export type ApiKeyRecord = {
  readonly id: string
  readonly name: string
  readonly scopes: readonly Scope[]
  /** ACS systems in the access scope, or `null` for all. */
  readonly acsSystemIds: readonly AcsSystemId[] | null
  readonly residentId: AcsUserId | null
  readonly graph: GraphName
  readonly createdAt: string
  /** ISO 8601, or `null` for no expiry. */
  readonly expiresAt: string | null
  readonly revokedAt: string | null
}

/** Who creates, narrows or revokes an API key. */
export type ApiKeyActor = Pick<AuditRecord, 'actor' | 'actorKind'>

/** Permissions of a new API key. Without `acsSystemIds`, it allows all ACS systems; an empty list allows none. */
export type NewApiKey = {
  /** 1 to 64 characters without surrounding spaces. Unique among the valid API keys. */
  readonly name: string
  readonly scopes: readonly Scope[]
  readonly acsSystemIds?: readonly AcsSystemId[]
  readonly residentId?: AcsUserId
  /** Default: the whole graph. An API key for the partners' graph cannot have the scopes that are not for partners. */
  readonly graph?: GraphName
  /** ISO 8601. */
  readonly expiresAt?: string
}

/** Smaller permissions of an API key. Omitted ones are kept; `null` stands for no limit. */
export type ApiKeyLimits = {
  readonly scopes?: readonly Scope[]
  readonly acsSystemIds?: readonly AcsSystemId[] | null
  readonly residentId?: AcsUserId | null
  /** ISO 8601. */
  readonly expiresAt?: string | null
}

/**
 * Stores API keys as hashes. Several processes can use one store. Each creation, change and revocation writes its audit record in the same
 * transaction: in Redis into the audit trail, in a file beside the API keys, from where the gateway copies it.
 */
export type ApiKeyStore = {
  /**
   * Creates an API key. `key` in the result is the only copy of the API key itself. The name of an expired API key can be used again. The
   * actor of the audit record is `by`, by default the user of the command line. Throws `ApiKeyNameTaken`, or `ApiKeyInvalid` for an invalid
   * name, time or scope.
   */
  create(key: NewApiKey, by?: ApiKeyActor): Promise<{ key: string; record: ApiKeyRecord }>
  /** Lists all API keys that were not revoked, including expired ones, ordered by name. */
  list(): Promise<readonly ApiKeyRecord[]>
  /**
   * Gives an API key smaller permissions. Resolves to `null` if there is none with this ID, or if it was revoked. Rejects with
   * `MutationRefused` if it has expired or would get more permissions, and with `ApiKeyInvalid` for an invalid time.
   */
  narrow(id: string, limits: ApiKeyLimits, by?: ApiKeyActor): Promise<ApiKeyRecord | null>
  /** Revokes an API key by its name. Returns `false` if there is none. */
  revoke(name: string, by?: ApiKeyActor): Promise<boolean>
  /** Finds a valid API key by its text. Returns `null` for a wrong, revoked or expired one. */
  findByKey(key: string): Promise<ApiKeyRecord | null>
  /** Finds a valid API key by its ID. */
  findById(id: string): Promise<ApiKeyRecord | null>
  /** Lists the audit records beside the API keys after the one with an ID, or all of them if there is none with that ID. */
  listAuditAfter(id: string | null): Promise<readonly AuditRow[]>
  /** Returns whether any process has written since the last call. */
  hasChanged(): Promise<boolean>
  close(): Promise<void>
}

/** The store cannot be opened or read. */
export class ApiKeyStoreUnavailable extends Error {
  override readonly name = 'ApiKeyStoreUnavailable'
  readonly code = 'KEY_STORE_UNAVAILABLE'
}

/** A value of a new API key is invalid. */
export class ApiKeyInvalid extends RangeError {
  override readonly name = 'ApiKeyInvalid'
  readonly field: 'name' | 'scopes' | 'expiresAt'

  constructor(field: ApiKeyInvalid['field'], message: string) {
    super(message)
    this.field = field
  }
}

/** Another valid API key has this name. */
export class ApiKeyNameTaken extends Error {
  override readonly name = 'ApiKeyNameTaken'
  readonly code = 'KEY_NAME_TAKEN'

  constructor(name: string) {
    super(`There is a key named ${name} already. Revoke it first, or choose another name.`)
  }
}

/** Creates the viewer of an API key: the same one for the same record, which a store returns until the API key changes. */
export const toViewer: (record: ApiKeyRecord) => Viewer = memoizeByObject((record) => ({
  name: record.name,
  scopes: new Set(record.scopes),
  accessScope: {
    acsSystemIds: record.acsSystemIds === null ? null : new Set(record.acsSystemIds),
    acsUserId: record.residentId,
  },
  graph: record.graph,
  isDemo: false,
  expiresAt: record.expiresAt,
  apiKeyId: record.id,
}))

/** Creates the record of a new API key. Throws `ApiKeyInvalid` as `create` does. */
export function createApiKeyRecord(id: string, key: NewApiKey, createdAt: Date): ApiKeyRecord {
  const name = key.name.trim()
  if (isInvisible(name) || name.length > 64)
    throw new ApiKeyInvalid('name', "A key's name has 1 to 64 characters.")
  // Names are printed to terminals, and are the actors of changes in the journal.
  const [objection] = textErrors(name)
  if (objection !== undefined)
    throw new ApiKeyInvalid('name', `A key's name can't be used. ${objection.message}`)
  const expiresAt = key.expiresAt === undefined ? null : parseExpiry(key.expiresAt)
  const graph = key.graph ?? 'whole'
  const forbiddenScopes =
    graph === 'whole' ? [] : key.scopes.filter((scope) => scopesNotForPartners.includes(scope))
  if (forbiddenScopes.length > 0)
    throw new ApiKeyInvalid('scopes', `A partner's key can't have the scope ${forbiddenScopes.join(', ')}.`)
  return {
    id,
    name,
    scopes: key.scopes,
    acsSystemIds: key.acsSystemIds ?? null,
    residentId: key.residentId ?? null,
    graph,
    createdAt: createdAt.toISOString(),
    expiresAt,
    revokedAt: null,
  }
}

/** Returns a time as ISO 8601 in UTC. Throws `ApiKeyInvalid` for an invalid one, which must not be treated as "no expiry". */
export function parseExpiry(text: string): string {
  const ms = Date.parse(text)
  if (Number.isNaN(ms))
    throw new ApiKeyInvalid('expiresAt', "A key's end is a time, such as 2027-01-31T00:00:00Z.")
  return new Date(ms).toISOString()
}

/** Returns whether an API key is valid. */
export function isActive({ revokedAt, expiresAt }: ApiKeyRecord, now: Date): boolean {
  return revokedAt === null && (expiresAt === null || Date.parse(expiresAt) > now.getTime())
}

/** Returns whether a text is the API key with this hash. `null`, for an unknown API key, takes the same time. */
export function isMatchingApiKey(text: string, hash: Uint8Array | null): boolean {
  return timingSafeEqual(hashApiKey(text), hash ?? hashApiKey('')) && hash !== null
}
