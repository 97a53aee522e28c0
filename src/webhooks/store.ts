import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { type Journal, JournalUnavailable, type Lease } from '../journal/journal.ts'
import { Secret } from '../model/secret.ts'
import type { Endpoint, EndpointReport, Progress } from './endpoint.ts'

/** Endpoints and how far they are, in the journal's store. Endpoints are written by any process, progress by the one that sends. */
export type EndpointStore = {
  all(): Promise<readonly EndpointReport[]>
  get(id: string): Promise<EndpointReport | null>
  /** Keeps a new one, unless one with its id is there: then that one comes back. */
  add(endpoint: Endpoint): Promise<Endpoint>
  /** Changes one, alone: nobody else's change is lost by it. `null` when there is none. */
  change(id: string, how: (endpoint: Endpoint) => Endpoint): Promise<Endpoint | null>
  remove(id: string): Promise<void>
  /** Another text each time that anybody has written an endpoint. */
  revision(): Promise<string | null>
}

const forEverMs = 100 * 365 * 86_400_000
const lockMs = 5_000
const lockTries = 50

const prefix = 'webhook endpoint '
const revisionKey = 'webhook endpoints'
/** Where an endpoint's progress is kept. */
export const progressKey = (id: string): string => `webhook progress ${id}`

export function createEndpointStore(journal: Journal): EndpointStore {
  const key = (id: string): string => `${prefix}${id}`
  const tell = (): Promise<void> => journal.replace(revisionKey, randomUUID(), forEverMs)

  async function endpointAt(id: string): Promise<Endpoint | null> {
    const text = await journal.recall(key(id))
    return text === null ? null : readEndpoint(text)
  }

  async function progressOf(id: string): Promise<Progress | null> {
    const text = await journal.recall(progressKey(id))
    return text === null ? null : JSON.parse(text)
  }

  async function lock(id: string): Promise<Lease> {
    const holder = randomUUID()
    for (let tries = 0; tries < lockTries; tries++) {
      const lease = await journal.lease(key(id), holder, lockMs)
      if (lease !== null) return lease
      await delay(20)
    }
    throw new JournalUnavailable('The endpoint is being changed by somebody else. Try again.')
  }

  /** Runs while nobody else writes this endpoint, and tells everybody. */
  async function alone<T>(id: string, run: (lease: Lease) => Promise<T>): Promise<T> {
    const lease = await lock(id)
    try {
      const result = await run(lease)
      await tell()
      return result
    } finally {
      await journal.release(lease)
    }
  }

  return {
    async all() {
      const [endpoints, progress] = await Promise.all([
        journal.recallAll(prefix),
        journal.recallAll(progressKey('')),
      ])
      return [...endpoints.values()].map((text) => {
        const endpoint = readEndpoint(text)
        const known = progress.get(progressKey(endpoint.id))
        return { endpoint, progress: known === undefined ? null : JSON.parse(known) }
      })
    },
    async get(id) {
      const endpoint = await endpointAt(id)
      return endpoint && { endpoint, progress: await progressOf(id) }
    },
    async add(endpoint) {
      const kept = await journal.remember(key(endpoint.id), writeEndpoint(endpoint), forEverMs)
      await tell()
      return readEndpoint(kept)
    },
    change: (id, how) =>
      alone(id, async (lease) => {
        const before = await endpointAt(id)
        if (before === null) return null
        const after = how(before)
        await journal.replace(key(id), writeEndpoint(after), forEverMs, lease)
        return after
      }),
    remove: (id) =>
      alone(id, async () => {
        await journal.forget(key(id))
        await journal.forget(progressKey(id))
      }),
    revision: () => journal.recall(revisionKey),
  }
}

type KeptSecret = { readonly secret: string; readonly until: string | null }

/** An endpoint as it's kept, with its secrets: what signs must be known to who signs. */
export function writeEndpoint(endpoint: Endpoint): string {
  const secrets: KeptSecret[] = endpoint.secrets.map((each) => ({ ...each, secret: each.secret.reveal() }))
  return JSON.stringify({ ...endpoint, secrets })
}

function readEndpoint(text: string): Endpoint {
  const kept = JSON.parse(text) as Omit<Endpoint, 'secrets'> & { readonly secrets: readonly KeptSecret[] }
  return { ...kept, secrets: kept.secrets.map((each) => ({ ...each, secret: new Secret(each.secret) })) }
}
