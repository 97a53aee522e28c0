import { randomBytes, randomUUID } from 'node:crypto'
import { hasFullAccess } from '../auth/access-scope.ts'
import { toActorKind, type Viewer } from '../auth/viewer.ts'
import { type IdempotentInput, readIdempotencySlot } from '../commands/idempotency/idempotency-slot.ts'
import type { Journal } from '../journal/journal.ts'
import { type AuditRow, toAuditDetails, toAuditRow } from '../model/audit.ts'
import type { ChangeFilter } from '../model/change-filter.ts'
import { Secret } from '../model/secret.ts'
import { textErrors } from '../model/text-validation.ts'
import { dayMs } from '../model/time.ts'
import { createNotFoundRefusal, createRefusal, throwIfRefused } from '../model/user-error.ts'
import {
  type DeliveryDispatcherOptions,
  type DeliveryStats,
  startDeliveryDispatcher,
} from './delivery-dispatcher.ts'
import {
  type Endpoint,
  type EndpointReport,
  type EndpointSecret,
  type JournalPosition,
  maxParallel,
} from './endpoint.ts'
import { type EndpointLag, readEndpointLag } from './endpoint-lag.ts'
import { createEndpointStore } from './endpoint-store.ts'
import { getSendTarget } from './http-sender.ts'
import { createRunIdempotently, type EndpointMutationResult } from './idempotent-mutations.ts'
import { createTestMessage } from './message.ts'
import type { SsrfGuard } from './ssrf-guard.ts'
import { waitUntilVersionServed } from './version-barrier.ts'

/** Settings of a new endpoint. */
export type NewEndpoint = {
  readonly url: string
  readonly description: string | null
  readonly filter: ChangeFilter
  /** Maximum number of messages in flight, 1 to `maxParallel`. */
  readonly parallel: number
  /** Position after which changes are sent; `null` means from now on. */
  readonly from: JournalPosition | null
}

/** Changed settings of an endpoint; omitted ones are kept. */
export type EndpointPatch = Partial<Pick<Endpoint, 'url' | 'description' | 'filter' | 'parallel'>>

type IsPermitted = (viewer: Viewer, endpoint: Endpoint) => boolean

/**
 * Outgoing webhooks: what owners do with their endpoints. Everything rejects with `Refused` where it can't be, and with
 * `JournalUnavailable` while the store is away; somebody else's endpoint is one that isn't there. What changes an endpoint resolves once no
 * message is sent as before any more: one that is under way is waited for, and cut off after five seconds.
 */
export type WebhookEndpoints = {
  /** Lists the viewer's endpoints, or all endpoints for viewers with `admin` and full access. Ordered by creation time. */
  list(viewer: Viewer): Promise<readonly EndpointReport[]>
  get(viewer: Viewer, id: string): Promise<EndpointReport | null>
  /** Returns how far the delivery to an endpoint is behind, as `readEndpointLag` does. */
  readLag(report: EndpointReport): Promise<EndpointLag | null>
  readonly isOwner: IsPermitted
  /**
   * Runs a mutation of an endpoint, or answers what became of it when its idempotency key comes again: the endpoint as it is now.
   * `run` gets an id, of the same request always the same: that of an endpoint that it makes, and of its audit record.
   */
  runIdempotently(
    viewer: Viewer,
    mutation: string,
    input: IdempotentInput,
    run: (requestId: string) => Promise<Endpoint>,
  ): Promise<EndpointMutationResult>
  /** Creates an endpoint with an ID, or returns the existing one with that ID. */
  create(viewer: Viewer, id: string, input: NewEndpoint): Promise<Endpoint>
  update(viewer: Viewer, id: string, change: EndpointPatch, requestId?: string): Promise<Endpoint>
  pause(viewer: Viewer, id: string, requestId?: string): Promise<Endpoint>
  /** Resumes delivery at once: from the saved position, or after a given one. From now on, the access scope of the requesting API key is used. */
  resume(viewer: Viewer, id: string, from: JournalPosition | null, requestId?: string): Promise<Endpoint>
  /** Creates a new secret; the previous one also signs for another day. */
  rotateSecret(viewer: Viewer, id: string, requestId?: string): Promise<Endpoint>
  /** Sends a signed test message at once, outside the order of the changes. Its result does not change the state of the endpoint. */
  sendTest(viewer: Viewer, id: string): Promise<TestMessageResult>
  /** Deletes an endpoint and resolves to its last state. */
  remove(viewer: Viewer, id: string, requestId?: string): Promise<Endpoint>
  readonly stats: DeliveryStats
  close(): Promise<void>
}

/** Result of a test message: the status of the answer, or `null` without an answer, and a description of the failure. */
export type TestMessageResult = {
  readonly messageId: string
  readonly sentAt: string
  readonly isDelivered: boolean
  readonly status: number | null
  readonly failure: string | null
}

export type WebhookDeliveryOptions = Omit<DeliveryDispatcherOptions, 'store' | 'holder' | 'journal'> & {
  readonly journal: Journal
  readonly ssrfGuard: SsrfGuard
}

/** Maximum number of endpoints per owner; each of them uses up to `parallel` connections. */
const maxEndpointsPerOwner = 10
const maxDescriptionLength = 255

export function startWebhookDelivery(options: WebhookDeliveryOptions): WebhookEndpoints {
  const { journal, ssrfGuard, tools } = options
  const { now } = tools
  const store = createEndpointStore(journal)
  const runIdempotently = createRunIdempotently(journal, store, now)
  /** Endpoints to which a test message is being sent: at most one at a time, so that tests cannot be used to flood a server. */
  const runningTests = new Set<string>()
  const closing = new AbortController()
  const dispatcher = startDeliveryDispatcher({ ...options, store, holder: randomUUID() })

  const isOwner: IsPermitted = (viewer, endpoint) => getOwner(viewer) === endpoint.owner
  /** Operators can stop an endpoint, but cannot change its URL or read its secret. */
  const canManage: IsPermitted = (viewer, endpoint) =>
    isOwner(viewer, endpoint) || (viewer.scopes.has('admin') && hasFullAccess(viewer.accessScope))

  async function requireEndpoint(
    viewer: Viewer,
    id: string,
    isPermitted: IsPermitted,
  ): Promise<EndpointReport> {
    const report = await store.get(id)
    if (report === null || !isPermitted(viewer, report.endpoint))
      throw createNotFoundRefusal('webhookEndpointId', 'webhook endpoint')
    return report
  }

  async function updateEndpoint(
    viewer: Viewer,
    id: string,
    isPermitted: IsPermitted,
    toPatch: (report: EndpointReport) => Partial<Endpoint>,
    audit?: AuditRow,
  ): Promise<Endpoint> {
    const { progress } = await requireEndpoint(viewer, id, isPermitted)
    const updated = await store.update(
      id,
      (endpoint) => ({ ...endpoint, ...toPatch({ endpoint, progress }) }),
      audit,
    )
    if (updated === null) throw createNotFoundRefusal('webhookEndpointId', 'webhook endpoint')
    dispatcher.wake()
    await waitUntilVersionServed(updated, store, journal)
    return updated
  }

  /** Values of a mutation that the audit trail stores. */
  function createAudit(
    viewer: Viewer,
    action: string,
    endpointId: string,
    requestId: string = randomUUID(),
    details: Readonly<Record<string, unknown>> = {},
  ): AuditRow {
    const { acsSystemIds, acsUserId } = viewer.accessScope
    return toAuditRow({
      id: `${action} ${requestId}`,
      at: new Date(now()).toISOString(),
      actor: viewer.name,
      actorKind: toActorKind(viewer),
      action,
      outcome: 'DONE',
      targetType: 'WEBHOOK_ENDPOINT',
      targetId: endpointId,
      acsSystemIds: acsSystemIds === null ? null : [...acsSystemIds],
      acsUserId,
      details: toAuditDetails(details),
    })
  }

  async function validateEndpoint({ url, description, parallel = 1 }: EndpointPatch): Promise<void> {
    throwIfRefused(textErrors({ url, description }))
    if (!(parallel >= 1 && parallel <= maxParallel))
      throw createRefusal('parallel', 'INVALID', `\`parallel\` must be from 1 to ${maxParallel}.`)
    const objection = url === undefined ? null : await ssrfGuard.findObjection(url)
    if (objection !== null) throw createRefusal('url', 'INVALID', objection)
    if ((description ?? '').length > maxDescriptionLength)
      throw createRefusal(
        'description',
        'INVALID',
        `\`description\` can have at most ${maxDescriptionLength} characters.`,
      )
  }

  async function sendTest(viewer: Viewer, id: string): Promise<TestMessageResult> {
    const { endpoint } = await requireEndpoint(viewer, id, canManage)
    if (runningTests.has(id))
      throw createRefusal(
        null,
        'CONFLICT',
        'Another test message is being sent to this endpoint. Wait for its result.',
      )
    runningTests.add(id)
    try {
      const sentAt = new Date(now()).toISOString()
      const message = createTestMessage(id, sentAt)
      const result = await tools.sender.send(getSendTarget(endpoint, now()), message, closing.signal)
      await journal.appendAudit([
        createAudit(viewer, 'sendTestWebhook', id, message.id, { host: getHost(endpoint.url) }),
      ])
      const isDelivered = result.kind === 'DELIVERED'
      return {
        ...{ messageId: message.id, sentAt, isDelivered, status: result.status },
        failure: isDelivered ? null : result.message,
      }
    } finally {
      runningTests.delete(id)
    }
  }

  /** Starts a new generation, which clears earlier stops. A start position that the progress does not include yet stays. */
  const startGeneration = ({
    endpoint: { generation, from },
    progress,
  }: EndpointReport): Pick<Endpoint, 'generation' | 'from'> => ({
    generation: Math.max(generation + 1, now()),
    from: progress?.generation === generation ? null : from,
  })

  return {
    isOwner,
    async list(viewer) {
      const manageable = (await store.list()).filter(({ endpoint }) => canManage(viewer, endpoint))
      return manageable.sort((a, b) => (a.endpoint.createdAt < b.endpoint.createdAt ? -1 : 1))
    },
    async get(viewer, id) {
      const report = await store.get(id)
      return report !== null && canManage(viewer, report.endpoint) ? report : null
    },
    readLag: (report) => readEndpointLag(report, tools),
    runIdempotently: async (viewer, mutation, input, run) =>
      runIdempotently(readIdempotencySlot(viewer, mutation, input), run),
    async create(viewer, id, input) {
      const owner = getOwner(viewer)
      if (owner === null)
        throw createRefusal(
          null,
          'NOT_ALLOWED',
          'A token cannot create a webhook endpoint, because the endpoint outlives the token. Use an API key.',
        )
      await validateEndpoint(input)
      const existing = await store.get(id)
      const ownEndpoints = (await store.list()).filter(({ endpoint }) => endpoint.owner === owner)
      if (existing === null && ownEndpoints.length >= maxEndpointsPerOwner)
        throw createRefusal(
          null,
          'CONFLICT',
          `An API key can have at most ${maxEndpointsPerOwner} webhook endpoints. Delete one first.`,
        )
      const { url, description, filter, parallel } = input
      const audit = createAudit(viewer, 'createWebhookEndpoint', id, id, { host: getHost(url) })
      const newEndpoint: Endpoint = {
        ...{ id, owner, keyId: viewer.apiKeyId, url, description, filter, parallel },
        secrets: [generateSecret()],
        isPaused: false,
        generation: now(),
        version: 1,
        from: input.from ?? { epoch: journal.epoch, offset: tools.hub.position },
        createdAt: new Date(now()).toISOString(),
      }
      const endpoint = await store.createIfAbsent(newEndpoint, audit)
      dispatcher.wake()
      return endpoint
    },
    async update(viewer, id, changes, requestId) {
      await validateEndpoint(changes)
      const details = { changed: Object.keys(changes), host: changes.url && getHost(changes.url) }
      return updateEndpoint(
        viewer,
        id,
        isOwner,
        (report) => ({
          ...changes,
          ...(changes.url !== undefined && changes.url !== report.endpoint.url && startGeneration(report)),
        }),
        createAudit(viewer, 'updateWebhookEndpoint', id, requestId, details),
      )
    },
    pause: (viewer, id, requestId) =>
      updateEndpoint(
        viewer,
        id,
        canManage,
        () => ({ isPaused: true }),
        createAudit(viewer, 'pauseWebhookEndpoint', id, requestId),
      ),
    resume: (viewer, id, from, requestId) =>
      updateEndpoint(
        viewer,
        id,
        canManage,
        (report) => ({
          ...startGeneration(report),
          ...(from !== null && { from }),
          // An operator does not become the owner.
          ...(getOwner(viewer) === report.endpoint.owner && { keyId: viewer.apiKeyId }),
          isPaused: false,
        }),
        createAudit(viewer, 'resumeWebhookEndpoint', id, requestId, { replayedFrom: from?.offset }),
      ),
    rotateSecret: (viewer, id, requestId) =>
      updateEndpoint(
        viewer,
        id,
        isOwner,
        ({ endpoint: { secrets } }) => ({
          secrets: [generateSecret(), ...retireSecrets(secrets, now())],
        }),
        createAudit(viewer, 'rotateWebhookSecret', id, requestId),
      ),
    sendTest,
    async remove(viewer, id, requestId) {
      // Stopped before its progress is deleted, since the sending process would save it again.
      const endpoint = await updateEndpoint(viewer, id, canManage, () => ({ isPaused: true }))
      await store.remove(id, createAudit(viewer, 'deleteWebhookEndpoint', id, requestId))
      return endpoint
    },
    get stats() {
      return dispatcher.stats
    },
    async close() {
      closing.abort()
      await dispatcher.close()
    },
  }
}

/** Only the host: the rest of a URL may contain a secret. */
const getHost = (url: string): string => new URL(url).host

/** Returns the owner name of a viewer's endpoints, or `null` for a token. */
function getOwner({ apiKeyId, name, isDemo }: Viewer): string | null {
  if (isDemo) return 'demo'
  return apiKeyId === null ? null : `key ${name}`
}

/** Creates a secret of 256 bits in the format of Standard Webhooks. */
function generateSecret(): EndpointSecret {
  return { secret: new Secret(`whsec_${randomBytes(32).toString('base64')}`), until: null }
}

/** Returns the secrets that still sign after a replacement: each for a day, and only the newest few. */
function retireSecrets(secrets: readonly EndpointSecret[], nowMs: number): readonly EndpointSecret[] {
  const until = new Date(nowMs + dayMs).toISOString()
  return secrets
    .filter((each) => each.until === null || Date.parse(each.until) > nowMs)
    .slice(0, 3)
    .map((each) => ({ ...each, until: each.until ?? until }))
}
