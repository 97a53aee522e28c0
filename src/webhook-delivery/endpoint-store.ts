import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { foreverMs, type Journal, JournalUnavailable, type Lease } from '../journal/journal.ts'
import type { AuditRow } from '../model/audit.ts'
import { Secret } from '../model/secret.ts'
import { createPosition, type DeliveryProgress, type Endpoint, type EndpointReport } from './endpoint.ts'

/** Endpoints and their progress in the journal's store. Any process writes endpoints; only the sending process writes progress. */
export type EndpointStore = {
  list(): Promise<readonly EndpointReport[]>
  get(id: string): Promise<EndpointReport | null>
  getProgress(id: string): Promise<DeliveryProgress | null>
  /** Adds an endpoint together with its audit record. If one with its ID exists, returns that one. */
  createIfAbsent(endpoint: Endpoint, audit: AuditRow): Promise<Endpoint>
  /** Changes an endpoint under its next version, without losing concurrent changes. Resolves to `null` if it does not exist. */
  update(
    id: string,
    updateEndpoint: (endpoint: Endpoint) => Endpoint,
    audit?: AuditRow,
  ): Promise<Endpoint | null>
  remove(id: string, audit: AuditRow): Promise<void>
  /** Revision that differs after every write of an endpoint. */
  getRevision(): Promise<string | null>
}

const lockTtlMs = 5_000
const maxLockAttempts = 50

const endpointKeyPrefix = 'webhook endpoint '
const revisionKey = 'webhook endpoints'
/** Key of an endpoint's progress. */
export const progressKey = (id: string): string => `webhook progress ${id}`

export function createEndpointStore(journal: Journal): EndpointStore {
  const endpointKey = (id: string): string => `${endpointKeyPrefix}${id}`
  const bumpRevision = (): Promise<void> => journal.putValue(revisionKey, randomUUID(), foreverMs)

  async function loadEndpoint(id: string): Promise<Endpoint | null> {
    const text = await journal.getValue(endpointKey(id))
    return text === null ? null : decodeEndpoint(text)
  }

  async function getProgress(id: string): Promise<DeliveryProgress | null> {
    const text = await journal.getValue(progressKey(id))
    return text === null ? null : decodeProgress(text)
  }

  async function acquireLock(id: string): Promise<Lease> {
    const holder = randomUUID()
    for (let attempt = 0; attempt < maxLockAttempts; attempt++) {
      const lease = await journal.acquireLease(endpointKey(id), holder, lockTtlMs)
      if (lease !== null) return lease
      await delay(20)
    }
    throw new JournalUnavailable('The endpoint is being changed by somebody else. Try again.')
  }

  /** Runs while no other process writes this endpoint, and then changes the revision. */
  async function withEndpointLock<T>(id: string, run: (lease: Lease) => Promise<T>): Promise<T> {
    const lease = await acquireLock(id)
    try {
      const result = await run(lease)
      await bumpRevision()
      return result
    } finally {
      await journal.releaseLease(lease)
    }
  }

  return {
    async list() {
      const [endpoints, progress] = await Promise.all([
        journal.listValues(endpointKeyPrefix),
        journal.listValues(progressKey('')),
      ])
      return [...endpoints.values()].map((text) => {
        const endpoint = decodeEndpoint(text)
        const storedProgress = progress.get(progressKey(endpoint.id))
        return { endpoint, progress: storedProgress === undefined ? null : decodeProgress(storedProgress) }
      })
    },
    async get(id) {
      const endpoint = await loadEndpoint(id)
      return endpoint && { endpoint, progress: await getProgress(id) }
    },
    getProgress,
    async createIfAbsent(endpoint, audit) {
      const stored = await journal.putValueIfAbsent(
        endpointKey(endpoint.id),
        encodeEndpoint(endpoint),
        foreverMs,
        audit,
      )
      await bumpRevision()
      return decodeEndpoint(stored)
    },
    update: (id, updateEndpoint, audit) =>
      withEndpointLock(id, async (lease) => {
        const before = await loadEndpoint(id)
        if (before === null) return null
        const after = { ...updateEndpoint(before), version: before.version + 1 }
        await journal.putValue(endpointKey(id), encodeEndpoint(after), foreverMs, lease, audit)
        return after
      }),
    remove: (id, audit) =>
      withEndpointLock(id, async () => {
        await journal.deleteValue(endpointKey(id), undefined, audit)
        await journal.deleteValue(progressKey(id))
      }),
    getRevision: () => journal.getValue(revisionKey),
  }
}

type StoredSecret = { readonly secret: string; readonly until: string | null }

/** An endpoint as it is stored, including its secrets, which sign messages. */
export function encodeEndpoint(endpoint: Endpoint): string {
  const secrets: StoredSecret[] = endpoint.secrets.map((each) => ({ ...each, secret: each.secret.reveal() }))
  return JSON.stringify({ ...endpoint, secrets })
}

function decodeProgress(text: string): DeliveryProgress {
  const stored = JSON.parse(text) as DeliveryProgress
  const { offset, frontier = offset, incomplete = [], failing = [], serving = null } = stored
  const progress = { ...stored, failing, serving }
  // An older version of the gateway moves only `offset`, and keeps the rest as it was.
  const isConsistent = offset === (incomplete[0] ?? frontier + 1) - 1
  return isConsistent ? { ...progress, frontier, incomplete } : { ...progress, ...createPosition(stored) }
}

function decodeEndpoint(text: string): Endpoint {
  const stored = JSON.parse(text) as Omit<Endpoint, 'secrets' | 'version' | 'parallel'> & {
    readonly secrets: readonly StoredSecret[]
  }
  return {
    version: 0,
    parallel: 1,
    ...stored,
    secrets: stored.secrets.map((each) => ({ ...each, secret: new Secret(each.secret) })),
  }
}
