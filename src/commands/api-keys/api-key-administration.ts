import { randomUUID } from 'node:crypto'
import { hasFullAccess } from '../../auth/access-scope.ts'
import {
  ApiKeyInvalid,
  type ApiKeyLimits,
  ApiKeyNameTaken,
  type ApiKeyRecord,
  type ApiKeyStore,
  type NewApiKey,
} from '../../auth/api-keys/api-key-store.ts'
import { toActorKind, type Viewer } from '../../auth/viewer.ts'
import type { Journal } from '../../journal/journal.ts'
import { Secret } from '../../model/secret.ts'
import {
  createNotFoundRefusal,
  createRefusal,
  throwIfRefused,
  type UserError,
} from '../../model/user-error.ts'
import { createDistributedLock, inProgressWaitMs } from '../execution/distributed-lock.ts'
import {
  type IdempotentInput,
  readIdempotencySlot,
  refuseFingerprintMismatch,
} from '../idempotency/idempotency-slot.ts'
import { answerTtlMs, createCommandRecords } from '../records/command-records.ts'

/** Result of a mutation of an API key. `key` is the API key itself: only in the response to the request that created it. */
export type ApiKeyMutationResult = {
  readonly apiKeyId: string
  readonly record: ApiKeyRecord | null
  readonly key: Secret | null
}

/**
 * What administrators do with API keys. Only for viewers with `canAdminister`; the caller checks it. Mutations reject with
 * `MutationRefused`, and everything with `ApiKeyStoreUnavailable` while the store is unavailable.
 */
export type ApiKeyAdministration = {
  /** Lists all API keys that were not revoked, including expired ones, ordered by name. */
  list(): Promise<readonly ApiKeyRecord[]>
  create(viewer: Viewer, input: IdempotentInput, wanted: NewApiKey): Promise<ApiKeyMutationResult>
  narrow(
    viewer: Viewer,
    input: IdempotentInput,
    id: string,
    limits: ApiKeyLimits,
  ): Promise<ApiKeyMutationResult>
  revoke(viewer: Viewer, input: IdempotentInput, id: string): Promise<ApiKeyMutationResult>
}

export type ApiKeyAdministrationOptions = {
  readonly store: Pick<ApiKeyStore, 'list' | 'create' | 'narrow' | 'revoke'>
  readonly journal: Journal
  /** Closes the connections of API keys that were narrowed or revoked. */
  closeConnections(): Promise<void>
  readonly now?: () => number
}

/** Returns whether a viewer may list, create, narrow and revoke API keys: `admin`, the whole graph, and an access scope of the whole workspace. */
export function canAdminister({ scopes, graph, accessScope }: Viewer): boolean {
  return scopes.has('admin') && graph === 'whole' && hasFullAccess(accessScope)
}

export function createApiKeyAdministration({
  store,
  journal,
  closeConnections,
  now = Date.now,
}: ApiKeyAdministrationOptions): ApiKeyAdministration {
  const records = createCommandRecords(journal, now, 0)
  const withLock = createDistributedLock(journal, now, inProgressWaitMs)

  /** Runs a mutation once per idempotency key. The stored result contains only the ID: the API key itself is not stored. */
  async function runIdempotently(
    viewer: Viewer,
    mutation: string,
    input: IdempotentInput,
    run: () => Promise<ApiKeyMutationResult>,
  ): Promise<ApiKeyMutationResult> {
    const slot = readIdempotencySlot(viewer, mutation, input)
    if (slot === null) return run()
    const owner = await records.claimSlot(slot, randomUUID())
    refuseFingerprintMismatch(owner, slot)
    const resultKey = `api key answer ${owner.id}`
    return withLock(`api key slot ${slot.place}`, async () => {
      const apiKeyId = await journal.getValue(resultKey)
      if (apiKeyId !== null) return { apiKeyId, record: await find(apiKeyId), key: null }
      try {
        const result = await run()
        await journal.putValue(resultKey, result.apiKeyId, answerTtlMs)
        return result
      } catch (error) {
        await records.freeSlot(slot.place, owner)
        throw error
      }
    })
  }

  const find = async (id: string): Promise<ApiKeyRecord | null> =>
    (await store.list()).find((record) => record.id === id) ?? null

  /** The connections of the viewer's own API key close a moment later, because the response may use one of them. */
  async function closeForeignConnections(viewer: Viewer, id: string): Promise<void> {
    if (viewer.apiKeyId !== id) await closeConnections()
  }

  return {
    list: store.list,
    create: (viewer, input, wanted) =>
      runIdempotently(viewer, 'createApiKey', input, async () => {
        throwIfRefused(findEscalations(viewer, wanted, now()))
        const { key, record } = await store.create(wanted, toActor(viewer)).catch(rethrowAsRefusal)
        return { apiKeyId: record.id, record, key: new Secret(key) }
      }),
    narrow: (viewer, input, id, limits) =>
      runIdempotently(viewer, 'updateApiKey', input, async () => {
        const record = await store.narrow(id, limits, toActor(viewer)).catch(rethrowAsRefusal)
        if (record === null) throw createNotFoundRefusal('apiKeyId', 'API key')
        await closeForeignConnections(viewer, id)
        return { apiKeyId: id, record, key: null }
      }),
    revoke: (viewer, input, id) =>
      runIdempotently(viewer, 'revokeApiKey', input, async () => {
        const record = await find(id)
        if (record === null || !(await store.revoke(record.name, toActor(viewer))))
          throw createNotFoundRefusal('apiKeyId', 'API key')
        await closeForeignConnections(viewer, id)
        return { apiKeyId: id, record, key: null }
      }),
  }
}

const toActor = (viewer: Viewer) => ({ actor: viewer.name, actorKind: toActorKind(viewer) })

/** An API key must not outlast the API key that creates it, or have scopes that its creator does not have. */
function findEscalations(viewer: Viewer, wanted: NewApiKey, nowMs: number): readonly UserError[] {
  const errors: UserError[] = []
  const add = (field: string, code: UserError['code'], message: string) =>
    errors.push({ field: [field], code, message })
  if (wanted.scopes.length === 0) add('scopes', 'REQUIRED', 'Choose at least one scope.')
  const foreignScopes = wanted.scopes.filter((scope) => !viewer.scopes.has(scope))
  if (foreignScopes.length > 0)
    add(
      'scopes',
      'NOT_ALLOWED',
      `Your API key or token does not have the scope ${foreignScopes.join(', ')}, so it cannot give it to another API key.`,
    )
  const endsAtMs = wanted.expiresAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(wanted.expiresAt)
  if (endsAtMs <= nowMs) add('expiresAt', 'SCHEDULE_INVALID', '`expiresAt` must be in the future.')
  // Tokens are short-lived by nature, and whoever has one gets the next one from the issuer.
  if (viewer.apiKeyId !== null && viewer.expiresAt !== null && endsAtMs > Date.parse(viewer.expiresAt))
    add(
      'expiresAt',
      'NOT_ALLOWED',
      `Your API key expires at ${viewer.expiresAt}. An API key that it creates must expire at that time or earlier.`,
    )
  return errors
}

function rethrowAsRefusal(error: unknown): never {
  if (error instanceof ApiKeyNameTaken) throw createRefusal('name', 'CONFLICT', error.message)
  if (error instanceof ApiKeyInvalid) throw createRefusal(error.field, 'INVALID', error.message)
  throw error
}
