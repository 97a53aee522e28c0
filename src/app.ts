import { join } from 'node:path'
import type { GraphContext } from '../schema/context.ts'
import { buildSchema } from '../schema/schema.ts'
import { openApiKeyStore } from './auth/api-keys/open-api-key-store.ts'
import { createAuthenticator } from './auth/authenticator.ts'
import { createIssuerDiscovery } from './auth/tokens/issuer-discovery.ts'
import { createTokenVerifier } from './auth/tokens/token-verifier.ts'
import { createUsageLimits } from './auth/usage-limits.ts'
import type { Viewer } from './auth/viewer.ts'
import { createCatalog } from './catalog/catalog.ts'
import { recordOwners } from './catalog/changes/record-owners.ts'
import { createApiKeyAdministration } from './commands/api-keys/api-key-administration.ts'
import { type Commands, createCommands } from './commands/commands.ts'
import { createAuditTrail } from './commands/records/audit-trail.ts'
import type { Config } from './config/config.ts'
import { createChangeLog } from './feed/change-log.ts'
import { createCursorWait } from './feed/cursor-wait.ts'
import { createCursors } from './feed/cursors.ts'
import { createSubscriptionHub } from './feed/subscription-hub.ts'
import { dashboardFolder } from './http/dashboard/page.ts'
import { readTrustedDocuments } from './http/graphql/trusted-documents.ts'
import { createHttpServer } from './http/server.ts'
import { defaultHttpTimings, type HttpTimings } from './http/timings.ts'
import { type Ingest, startIngest } from './ingest/ingest.ts'
import { isClockTrusted } from './journal/bounded-clock.ts'
import { startHealthProbe } from './journal/health-probe.ts'
import { instrumentJournal } from './journal/instrumentation.ts'
import { openJournal } from './journal/open-journal.ts'
import { checkRedis } from './journal/redis/redis-health.ts'
import { trimJournal } from './journal/retention.ts'
import { credentialStatus } from './model/credential-status.ts'
import type { Secret } from './model/secret.ts'
import { dayMs, hourMs } from './model/time.ts'
import { type GatewayStatus, readVersion } from './observability/gateway-status.ts'
import type { Logger } from './observability/logger.ts'
import { createMetrics } from './observability/metrics.ts'
import { countSeamCall } from './observability/operation-cost.ts'
import { createSeamClient } from './seam/client.ts'
import { toStartupError } from './seam/seam-startup-error.ts'
import { findWorkspaceId } from './seam/workspace-lookup.ts'
import { type DataDirLock, lockDataDir } from './storage/data-dir-lock.ts'
import { createHttpSender } from './webhook-delivery/http-sender.ts'
import { createSsrfGuard } from './webhook-delivery/ssrf-guard.ts'
import { startWebhookDelivery } from './webhook-delivery/webhook-endpoints.ts'

export type AppOptions = {
  readonly config: Config
  readonly log: Logger
  readonly seam: { readonly apiKey: Secret; readonly endpoint: string | null }
  /** Whether Seam is the bundled building. The building and the gateway then reach each other on the loopback address. */
  readonly isBundled: boolean
  /** The lock on `config.dataDir`, if the caller already holds it; otherwise the gateway holds one while it runs. */
  readonly dataDirLock?: DataDirLock
  /** Aborts a running start, which then closes everything that it has opened and rejects. */
  readonly signal?: AbortSignal
  /** Overrides of the default durations, in ms. */
  readonly timings?: AppTiming
}

/**
 * Durations in ms. `seamTimeoutMs` limits one attempt of a Seam call, `seamRetryMs` is the delay before the first retry,
 * `webhookSecondMs` is the length of a second in the webhook retry schedule, and `http` holds the timeouts of connections and
 * responses. `CommandsOptions` and `RecordOwnersOptions` (`ownersRetryMs`) describe the others.
 */
export type AppTiming = {
  readonly seamTimeoutMs?: number
  readonly seamRetryMs?: number
  readonly settleMs?: number
  readonly sweepMs?: number
  readonly waitMs?: number
  readonly webhookSecondMs?: number
  readonly ownersRetryMs?: number
  readonly http?: Partial<HttpTimings>
}

/** A running gateway. */
export type App = {
  readonly url: string
  readonly port: number
  readonly isDemo: boolean
  /** Describes how Seam's webhooks reach the gateway, for the banner. */
  readonly webhook: string
  /** Seam's changes; operators and tests can start a reconciliation, a backfill or a webhook rotation at once. */
  readonly ingest: Pick<Ingest, 'firstReconciliation' | 'backfill' | 'reconcile' | 'rotateWebhook' | 'stats'>
  /** Resumes unfinished commands. Returns how many commands that are due remain unfinished. */
  readonly sweep: Commands['recoverUnfinished']
  /** Resolves when the journal is lost or replaced. The caller must then close this gateway and start another one. */
  readonly journalLost: Promise<unknown>
  /** Shuts down gracefully: accepts no new requests, finishes the running ones, and closes all resources. */
  close(): Promise<void>
}

const trimIntervalMs = hourMs
const loopbackHostNames = ['127.0.0.1', 'localhost', '[::1]']

/** The response to a webhook that arrives before the gateway knows its secret. Seam sends it again. */
const startingResponse = {
  status: 503,
  code: 'STARTING',
  message: 'The gateway is starting. Send it again.',
  retryAfter: 1,
} as const

/**
 * Constructs and connects all parts of the gateway; no other function does. Rejects with `StartupError` and `ConfigError`, whose
 * messages are for the operator, and with the errors of the resources that it opens.
 */
export async function startApp({
  config,
  log,
  seam: credentials,
  isBundled,
  dataDirLock,
  signal = new AbortController().signal,
  timings = {},
}: AppOptions): Promise<App> {
  const startedAt = new Date().toISOString()
  const version = await readVersion()
  const throwStartupError = (error: unknown): never => {
    throw toStartupError(error, { ...config, endpoint: credentials.endpoint })
  }
  const schemas = { whole: buildSchema(), partner: buildSchema('partner') }
  const trustedDocuments = await readTrustedDocuments({
    ...config.trustedDocuments,
    dashboard: { file: new URL('documents.json', dashboardFolder), hasLogin: config.login !== null },
    schema: schemas.whole,
    log,
  })
  // Resources are closed in reverse order, also when opening a later one fails.
  await using openResources = new AsyncDisposableStack()
  if (dataDirLock === undefined) openResources.defer((await lockDataDir(config.dataDir)).release)
  const metrics = createMetrics()
  const seam = createSeamClient({
    onCall({ route, outcome, durationMs }) {
      metrics.recordSeamCall(route, outcome, durationMs)
      countSeamCall()
    },
    apiKey: credentials.apiKey,
    endpoint: credentials.endpoint,
    ...(timings.seamTimeoutMs === undefined ? {} : { timeoutMs: timings.seamTimeoutMs }),
    ...(timings.seamRetryMs === undefined ? {} : { firstDelayMs: timings.seamRetryMs }),
  })
  openResources.defer(seam.close)
  const { dataDir } = config
  const workspaceId = await findWorkspaceId({ seam, ...credentials, dataDir, log, signal }).catch(
    throwStartupError,
  )
  const openedJournal = await openJournal({
    ...config,
    workspaceId,
    isClockTrusted: () => isClockTrusted(seam.clockAheadMs),
  })
  openResources.defer(openedJournal.close)
  const probe = startHealthProbe(openedJournal)
  openResources.defer(probe.close)
  const measuredJournal = instrumentJournal(probe.journal, metrics)
  signal.throwIfAborted()
  if (config.redisUrl !== null) await warnOfRedisProblems(config.redisUrl, log)
  const apiKeys = await openApiKeyStore({ ...config, workspaceId: async () => workspaceId })
  openResources.defer(apiKeys.close)
  const usageLimits = createUsageLimits({
    limitValues: config.limits,
    redisUrl: config.redisUrl,
    workspaceId,
  })
  openResources.defer(usageLimits.close)
  const auditTrail = createAuditTrail(measuredJournal, apiKeys)
  await auditTrail.importApiKeyAudit()
  const isDemo = isBundled && isLoopback(config.host)
  const tokenVerifier = config.auth === null ? null : createTokenVerifier({ ...config.auth, log })
  openResources.defer(() => tokenVerifier?.close())
  const discovery =
    config.login === null
      ? null
      : createIssuerDiscovery({
          issuer: config.login.issuer,
          onFailure: (error) =>
            log.warn(
              { err: error },
              'a login works only if the token endpoint has the origin of AUTH_ISSUER',
            ),
        })
  openResources.defer(() => discovery?.close())
  const authenticator = createAuthenticator({ apiKeys, tokens: tokenVerifier, isDemo, log })
  openResources.defer(authenticator.close)
  const catalog = createCatalog({
    seam,
    maxAgeMs: config.reconcileSeconds * 1000,
    maxStaleAgeMs: config.staleSeconds * 1000,
    maxEntities: config.catalogEntities,
  })
  const ownerRecorder = recordOwners(measuredJournal, {
    catalog,
    ...(timings.ownersRetryMs !== undefined && { retryMs: timings.ownersRetryMs }),
  })
  openResources.defer(ownerRecorder.close)
  const { journal } = ownerRecorder
  const cursors = await createCursors(journal)
  openResources.defer(cursors.close)
  const journalLost = Promise.withResolvers<unknown>()
  const catalogPersistence = catalog.persistIn(join(config.dataDir, `catalog-${workspaceId}`), journal, log)
  const position = await catalogPersistence.restore()
  const hub = await createSubscriptionHub({
    journal,
    catalog,
    cursors,
    log,
    metrics,
    position,
    onJournalLost: journalLost.resolve,
  })
  openResources.defer(hub.close)
  catalogPersistence.start(() => hub.position)
  openResources.defer(catalogPersistence.close)
  const commands = createCommands({
    seam,
    journal,
    log,
    waitForCatalog: (offset) => hub.waitForOffset(offset, 5_000),
    ...timings,
  })
  openResources.defer(commands.close)
  const apiKeyAdministration = createApiKeyAdministration({
    store: apiKeys,
    journal,
    closeConnections: authenticator.checkWatches,
  })
  // A demo's webhook receivers run on this machine.
  const ssrfGuard = createSsrfGuard([...config.webhookInternalHosts, ...(isDemo ? loopbackHostNames : [])])
  const httpSender = createHttpSender({ ssrfGuard })
  openResources.defer(httpSender.close)
  const webhooks = startWebhookDelivery({
    journal,
    ssrfGuard,
    log,
    tools: {
      ...{ journal, hub, catalog, cursors, sender: httpSender, log, metrics, now: Date.now },
      findViewer: ({ keyId }) => authenticator.findViewerByApiKeyId(keyId),
      ...(timings.webhookSecondMs !== undefined && { secondMs: timings.webhookSecondMs }),
    },
  })
  openResources.defer(webhooks.close)
  let ingest: Ingest | null = null
  let isReady = false
  metrics.registerGauges({
    journalHead: () => hub.position,
    journalHealth: () => (probe.isHealthy ? 1 : 0),
    reconciliationCount: () => ingest?.stats().reconciliation.runs ?? 0,
    reconciliationReadCount: () => ingest?.stats().reconciliation.seamCalls ?? 0,
    refusedWebhooks: () => ingest?.stats().refused ?? {},
    subscriberCount: () => hub.subscriberCount,
    pendingChangeCount: () => hub.pendingChangeCount,
    signedCursorCount: () => cursors.signedCount,
    catalogEntityCount: () => catalog.size,
    webhookDeliveryStats: () => webhooks.stats,
    runningSeamCalls: () => seam.load.running,
    waitingSeamCalls: () => seam.load.waiting,
  })

  function readGatewayStatus(): GatewayStatus {
    const stats = ingest?.stats()
    return {
      ...{ version, startedAt, isReady },
      storage: config.redisUrl === null ? 'SQLITE' : 'REDIS',
      isJournalHealthy: probe.isHealthy,
      journalHead: hub.position,
      subscriberCount: hub.subscriberCount,
      runningSeamCalls: seam.load.running,
      waitingSeamCalls: seam.load.waiting,
      refusedWebhooks: stats?.refused ?? {},
      reconciledAt: stats?.reconciliation.endedAt ?? null,
      webhookStatus: ingest?.webhookStatus ?? null,
    }
  }

  function createContext(viewer: Viewer): GraphContext {
    const head = hub.position
    return {
      statusOf(credential) {
        return credentialStatus(credential, this.now)
      },
      viewer,
      view: catalog.viewFor(viewer),
      cursor: cursors.write(viewer, head),
      now: new Date().toISOString(),
      // While the API key store is unavailable, authenticated requests continue.
      isCredentialValid: () =>
        authenticator.findEndReason(viewer).then(
          (end) => end === null,
          () => true,
        ),
      changeLog: createChangeLog({ journal, catalog, cursors, viewer, head }),
      commands,
      webhooks,
      auditTrail,
      apiKeys: apiKeyAdministration,
      readGatewayStatus,
      clientSessionMaxMs: config.clientSessionMaxHours * hourMs,
    }
  }

  const server = createHttpServer(
    {
      config,
      log,
      schemas,
      trustedDocuments,
      createContext,
      hub,
      usageLimits,
      waitForCursor: createCursorWait({ cursors, hub }),
      metrics,
      findTokenOrigin: async () => (await discovery?.findTokenOrigin()) ?? null,
      authenticate: authenticator.authenticate,
      findEndReason: authenticator.findEndReason,
      watchViewer: authenticator.watchViewer,
      async receiveSeamWebhook(rawBody, headers) {
        // The webhook may be about a write of this gateway whose response is still outstanding.
        await commands.waitForInFlightWrites(rawBody)
        return ingest?.receiveWebhook(rawBody, headers) ?? startingResponse
      },
      // Without the journal a gateway still answers queries, and the other replicas share the same journal, so it stays ready.
      checkReadiness: () => ({
        ok: isReady,
        checks: { journal: probe.isHealthy ? 'ok' : 'unavailable', gateway: isReady ? 'ok' : 'starting' },
      }),
    },
    { ...defaultHttpTimings, ...timings.http },
  )
  signal.throwIfAborted()
  const { url, port, localUrl } = await server.listen()

  openResources.defer(server.drain)

  const trimTimer = setInterval(() => {
    trimJournal(journal, {
      keptMs: config.retentionDays * dayMs,
      keepAtMost: config.retentionChanges,
      audit: { keptMs: config.auditRetentionDays * dayMs, keepAtMost: config.auditRetentionRecords },
      getClockLeadMs: () => seam.clockAheadMs,
    }).catch((error: unknown) => log.error({ err: error }, 'the journal could not be trimmed'))
  }, trimIntervalMs)
  trimTimer.unref()
  openResources.defer(() => clearInterval(trimTimer))

  ingest = await startIngest({
    seam,
    journal,
    catalog,
    log,
    workspaceId,
    // The bundled building runs on this machine and reaches the gateway locally.
    publicUrl: config.publicUrl ?? (isBundled ? localUrl : null),
    webhookSecret: config.seamWebhookSecret,
    reconcileSeconds: config.reconcileSeconds,
    signal,
  }).catch(throwStartupError)
  openResources.defer(ingest.close)
  isReady = true
  commands.startRecovery()
  const ownedResources = openResources.move()
  return {
    url,
    port,
    isDemo,
    webhook: ingest.webhookStatus,
    ingest,
    sweep: commands.recoverUnfinished,
    journalLost: journalLost.promise,
    async close() {
      isReady = false
      await ownedResources.disposeAsync()
    },
  }
}

/** Logs a warning for each Redis setting that may lose acknowledged writes. */
async function warnOfRedisProblems(url: string, log: Logger): Promise<void> {
  const health = await checkRedis(url)
  if (health.state === 'reached')
    for (const { found, advice } of health.problems)
      log.warn(`Redis at ${health.address}: ${found}. ${advice}`)
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}
