import { randomBytes, randomUUID } from 'node:crypto'
import { reachesEverything } from '../auth/reach.ts'
import type { Viewer } from '../auth/viewer.ts'
import { fingerprintOf, slotPlace } from '../commands/key-slot.ts'
import type { Journal } from '../journal/journal.ts'
import type { ChangeFilter } from '../model/change-filter.ts'
import { Secret } from '../model/secret.ts'
import { notFound, refused } from '../model/user-error.ts'
import type { Addresses } from './address.ts'
import { type DispatchOptions, type Served, startDispatch } from './dispatch.ts'
import type { Endpoint, EndpointReport, EndpointSecret, Place } from './endpoint.ts'
import { createEndpointStore } from './store.ts'

/** What an owner wants of a new endpoint. */
export type NewEndpoint = {
  readonly url: string
  readonly description: string | null
  readonly filter: ChangeFilter
  /** After which position changes are sent; `null` is from now on. */
  readonly from: Place | null
  readonly idempotencyKey: string | null
}

/** What an owner wants to be different; what isn't given stays. */
export type EndpointChange = Partial<Pick<Endpoint, 'url' | 'description' | 'filter'>>

type Right = (viewer: Viewer, endpoint: Endpoint) => boolean

/**
 * Outgoing webhooks: what owners do with their endpoints. Everything rejects with `Refused` where it can't be, and with
 * `JournalUnavailable` while the store is away; somebody else's endpoint is one that isn't there.
 */
export type Webhooks = {
  /** The viewer's own; everybody's to those with `admin` who reach everything. By the time they were made. */
  list(viewer: Viewer): Promise<readonly EndpointReport[]>
  get(viewer: Viewer, id: string): Promise<EndpointReport | null>
  readonly isOwner: Right
  /** The endpoint, and the secret that signs what is sent to it. */
  create(viewer: Viewer, wanted: NewEndpoint): Promise<Endpoint>
  update(viewer: Viewer, id: string, change: EndpointChange): Promise<Endpoint>
  pause(viewer: Viewer, id: string): Promise<Endpoint>
  /** Sends again, at once: from where it was, or after a position. The key that asks is the one in whose name that is done from now on. */
  resume(viewer: Viewer, id: string, from: Place | null): Promise<Endpoint>
  /** Gives it a new secret; the one before signs beside it for a day. */
  rotateSecret(viewer: Viewer, id: string): Promise<Endpoint>
  remove(viewer: Viewer, id: string): Promise<void>
  readonly served: Served
  close(): Promise<void>
}

export type WebhooksOptions = Omit<DispatchOptions, 'store' | 'holder' | 'journal'> & {
  readonly journal: Journal
  readonly addresses: Addresses
}

/** More than this nobody keeps an eye on; and each takes a connection. */
const ownedAtMost = 10
const descriptionAtMost = 255
const dayMs = 86_400_000

export function startWebhooks(options: WebhooksOptions): Webhooks {
  const { journal, addresses, tools } = options
  const { now } = tools
  const store = createEndpointStore(journal)
  const dispatch = startDispatch({ ...options, store, holder: randomUUID() })

  const isOwner: Right = (viewer, endpoint) => ownerOf(viewer) === endpoint.owner
  /** Whoever looks after the gateway may stop what troubles it, but not send it elsewhere, nor learn its secret. */
  const mayTend: Right = (viewer, endpoint) =>
    isOwner(viewer, endpoint) || (viewer.scopes.has('admin') && reachesEverything(viewer.reach))

  async function found(viewer: Viewer, id: string, may: Right): Promise<EndpointReport> {
    const report = await store.get(id)
    if (report === null || !may(viewer, report.endpoint))
      throw notFound('webhookEndpointId', 'webhook endpoint')
    return report
  }

  async function change(
    viewer: Viewer,
    id: string,
    may: Right,
    how: (endpoint: Endpoint) => Partial<Endpoint>,
  ): Promise<Endpoint> {
    await found(viewer, id, may)
    const changed = await store.change(id, (endpoint) => ({ ...endpoint, ...how(endpoint) }))
    if (changed === null) throw notFound('webhookEndpointId', 'webhook endpoint')
    dispatch.wake()
    return changed
  }

  async function check({ url, description }: Pick<EndpointChange, 'url' | 'description'>): Promise<void> {
    const objection = url === undefined ? null : await addresses.objection(url)
    if (objection !== null) throw refused('url', 'INVALID', objection)
    if ((description ?? '').length > descriptionAtMost)
      throw refused('description', 'INVALID', `It has at most ${descriptionAtMost} characters.`)
  }

  /** An id for a new endpoint: under an idempotency key the same for a day. */
  async function newId(viewer: Viewer, idempotencyKey: string | null): Promise<string> {
    const id = `whe_${randomBytes(12).toString('hex')}`
    if (idempotencyKey === null) return id
    if (idempotencyKey.trim() === '' || idempotencyKey.length > 255)
      throw refused('idempotencyKey', 'INVALID', 'It has 1 to 255 characters.')
    return journal.remember(`webhook slot ${slotPlace(viewer, idempotencyKey)}`, id, dayMs)
  }

  /** Begins anew, whatever stopped it. */
  const anew = ({ generation }: Endpoint): Pick<Endpoint, 'generation' | 'from'> => ({
    generation: Math.max(generation + 1, now()),
    from: null,
  })

  return {
    isOwner,
    async list(viewer) {
      const mine = (await store.all()).filter(({ endpoint }) => mayTend(viewer, endpoint))
      return mine.sort((a, b) => (a.endpoint.createdAt < b.endpoint.createdAt ? -1 : 1))
    },
    async get(viewer, id) {
      const report = await store.get(id)
      return report !== null && mayTend(viewer, report.endpoint) ? report : null
    },
    async create(viewer, wanted) {
      const owner = ownerOf(viewer)
      if (owner === null)
        throw refused(null, 'NOT_ALLOWED', 'A webhook outlives every token: make it with an API key.')
      await check(wanted)
      const fingerprint = fingerprintOf('createWebhookEndpoint', wanted)
      const id = await newId(viewer, wanted.idempotencyKey)
      const known = await store.get(id)
      const owned = (await store.all()).filter(({ endpoint }) => endpoint.owner === owner)
      if (known === null && owned.length >= ownedAtMost)
        throw refused(
          null,
          'CONFLICT',
          `A key has at most ${ownedAtMost} webhook endpoints. Delete one first.`,
        )
      const { url, description, filter } = wanted
      const endpoint = await store.add({
        ...{ id, owner, keyId: viewer.keyId, url, description, filter, fingerprint },
        secrets: [newSecret()],
        isPaused: false,
        generation: now(),
        from: wanted.from ?? { epoch: journal.epoch, offset: tools.hub.position },
        createdAt: new Date(now()).toISOString(),
      })
      if (endpoint.fingerprint !== fingerprint)
        throw refused(
          'idempotencyKey',
          'IDEMPOTENCY_MISMATCH',
          'This key was used for another endpoint. Take a new key.',
        )
      dispatch.wake()
      return endpoint
    },
    async update(viewer, id, wanted) {
      await check(wanted)
      return change(viewer, id, isOwner, (endpoint) => ({
        ...wanted,
        ...(wanted.url !== undefined && wanted.url !== endpoint.url && anew(endpoint)),
      }))
    },
    pause: (viewer, id) => change(viewer, id, mayTend, () => ({ isPaused: true })),
    resume: (viewer, id, from) =>
      change(viewer, id, mayTend, (endpoint) => ({
        ...anew(endpoint),
        ...(from !== null && { from }),
        // Whoever only looks after it doesn't become its owner.
        ...(ownerOf(viewer) === endpoint.owner && { keyId: viewer.keyId }),
        isPaused: false,
      })),
    rotateSecret: (viewer, id) =>
      change(viewer, id, isOwner, ({ secrets }) => ({ secrets: [newSecret(), ...retired(secrets, now())] })),
    async remove(viewer, id) {
      await found(viewer, id, mayTend)
      await store.remove(id)
      dispatch.wake()
    },
    get served() {
      return dispatch.served
    },
    close: dispatch.close,
  }
}

/** Whose endpoints a viewer's are; `null` for who comes by a token. */
function ownerOf({ keyId, name, isDemo }: Viewer): string | null {
  if (isDemo) return 'demo'
  return keyId === null ? null : `key ${name}`
}

/** 256 bits, in the spelling of Standard Webhooks. */
function newSecret(): EndpointSecret {
  return { secret: new Secret(`whsec_${randomBytes(32).toString('base64')}`), until: null }
}

/** Secrets that are replaced now: each has a day at most from when it was. Of many, the newest few. */
function retired(secrets: readonly EndpointSecret[], nowMs: number): readonly EndpointSecret[] {
  const until = new Date(nowMs + dayMs).toISOString()
  return secrets
    .filter((each) => each.until === null || Date.parse(each.until) > nowMs)
    .slice(0, 3)
    .map((each) => ({ ...each, until: each.until ?? until }))
}
