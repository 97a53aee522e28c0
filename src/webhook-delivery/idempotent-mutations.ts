import { hash, randomBytes } from 'node:crypto'
import { createDistributedLock, inProgressWaitMs } from '../commands/execution/distributed-lock.ts'
import { refuseFingerprintMismatch } from '../commands/idempotency/idempotency-slot.ts'
import { createCommandRecords } from '../commands/records/command-records.ts'
import type { IdempotencySlot } from '../commands/saga.ts'
import type { Journal } from '../journal/journal.ts'
import type { Secret } from '../model/secret.ts'
import { dayMs } from '../model/time.ts'
import { MutationRefused } from '../model/user-error.ts'
import type { Endpoint } from './endpoint.ts'
import type { EndpointStore } from './endpoint-store.ts'

/** Result of a mutation of an endpoint: the current endpoint, or `null` if it was deleted, and the secret that the mutation created. */
export type EndpointMutationResult = {
  readonly endpointId: string
  readonly endpoint: Endpoint | null
  readonly secret: Secret | null
}

/** The stored part of a result. The secret itself is stored with the endpoint. */
type StoredResult = { readonly endpointId: string; readonly secretHash: string | null }

/** Runs a mutation of an endpoint once per idempotency key. `run` gets an ID that is the same for repeated requests. */
export type RunIdempotently = (
  slot: IdempotencySlot | null,
  run: (requestId: string) => Promise<Endpoint>,
) => Promise<EndpointMutationResult>

const resultTtlMs = dayMs

export function createRunIdempotently(
  journal: Journal,
  store: EndpointStore,
  now: () => number,
): RunIdempotently {
  const records = createCommandRecords(journal, now, 0)

  /** Runs one request per idempotency key at a time, over all replicas. */
  const withLock = createDistributedLock(journal, now, inProgressWaitMs)

  async function findStoredResult(key: string): Promise<EndpointMutationResult | null> {
    const text = await journal.getValue(key)
    if (text === null) return null
    const { endpointId, secretHash } = JSON.parse(text) as StoredResult
    const endpoint = (await store.get(endpointId))?.endpoint ?? null
    const storedSecret = endpoint?.secrets.find(({ secret }) => hashSecret(secret) === secretHash)
    return { endpointId, endpoint, secret: storedSecret?.secret ?? null }
  }

  return async (slot, run) => {
    if (slot === null) return toResult(await run(generateRequestId()))
    const owner = await records.claimSlot(slot, generateRequestId())
    refuseFingerprintMismatch(owner, slot)
    const key = `webhook answer ${owner.id}`
    return withLock(`webhook slot ${slot.place}`, async () => {
      const storedResult = await findStoredResult(key)
      if (storedResult !== null) return storedResult
      try {
        const result = toResult(await run(owner.id))
        const { endpointId, secret } = result
        const stored: StoredResult = { endpointId, secretHash: secret === null ? null : hashSecret(secret) }
        await journal.putValue(key, JSON.stringify(stored), resultTtlMs)
        return result
      } catch (error) {
        if (error instanceof MutationRefused) await records.freeSlot(slot.place, owner)
        throw error
      }
    })
  }
}

function toResult(endpoint: Endpoint): EndpointMutationResult {
  return { endpointId: endpoint.id, endpoint, secret: endpoint.secrets[0]?.secret ?? null }
}

const generateRequestId = (): string => `whe_${randomBytes(12).toString('hex')}`
const hashSecret = (secret: Secret): string => hash('sha256', secret.reveal())
