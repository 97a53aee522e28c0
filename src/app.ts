import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { GraphContext } from '../schema/context.ts'
import { buildSchema } from '../schema/schema.ts'
import { createDoorkeeper } from './auth/doorkeeper.ts'
import { createLimits } from './auth/limits.ts'
import { openKeyStore } from './auth/open-keys.ts'
import { createTokens } from './auth/tokens.ts'
import type { Viewer } from './auth/viewer.ts'
import { createCatalog } from './catalog/catalog.ts'
import { type Commands, createCommands } from './commands/commands.ts'
import type { Config } from './config.ts'
import { countSeamCall } from './cost.ts'
import { createCatchUp } from './feed/caught-up.ts'
import { createChangeLog } from './feed/change-log.ts'
import { createCursors } from './feed/cursors.ts'
import { createHub } from './feed/hub.ts'
import { createHttpServer } from './http/server.ts'
import { readTrustedDocuments } from './http/trusted.ts'
import { type Ingest, startIngest } from './ingest/ingest.ts'
import { measured } from './journal/measured.ts'
import { openJournal } from './journal/open.ts'
import { takePulse } from './journal/pulse.ts'
import { checkRedis } from './journal/redis-health.ts'
import type { Logger } from './log.ts'
import { createMetrics } from './metrics.ts'
import type { Secret } from './model/secret.ts'
import { createSeamClient } from './seam/client.ts'
import { createAddresses } from './webhooks/address.ts'
import { createSender } from './webhooks/sender.ts'
import { startWebhooks } from './webhooks/webhooks.ts'
import { findWorkspace } from './workspace.ts'

export type AppOptions = {
  readonly config: Config
  readonly log: Logger
  readonly seam: { readonly apiKey: Secret; readonly endpoint: string | null }
  /** Seam is the bundled building: it is reached on loopback, and so is this gateway from there. */
  readonly isBundled: boolean
  /** Lengths of time, in ms, where they aren't to be as usual. */
  readonly timing?: AppTiming
}

/**
 * See `CommandsOptions`; `seamTimeoutMs` is for one attempt of a call, `seamRetryMs` the first wait before another, `webhookSecondMs` the
 * length of a second between tries of a webhook.
 */
export type AppTiming = {
  readonly seamTimeoutMs?: number
  readonly seamRetryMs?: number
  readonly settleMs?: number
  readonly sweepMs?: number
  readonly webhookSecondMs?: number
}

/** A gateway that runs. */
export type App = {
  readonly url: string
  readonly port: number
  readonly isDemo: boolean
  /** How changes reach it, for the banner. */
  readonly webhook: string
  /** Takes news in; whoever operates or tests the gateway may ask it to look at once. */
  readonly ingest: Pick<Ingest, 'started' | 'backfill' | 'reconcile' | 'rotateWebhook' | 'stats'>
  /** Goes on with unfinished commands; answers how many of those that are due are left. */
  readonly sweep: Commands['sweep']
  /** Resolves when the journal is no more, or another one: this gateway is of no use then. Close it, and start another one. */
  readonly lost: Promise<unknown>
  /** Stops as a good process does: nothing new is taken, what runs is finished, everything is closed. */
  close(): Promise<void>
}

const dayMs = 86_400_000
const trimEveryMs = 3_600_000
const ownNames = ['127.0.0.1', 'localhost', '[::1]']

/** A webhook that comes before its secret is known here: Seam sends it again. */
const starting = {
  status: 503,
  code: 'STARTING',
  message: 'The gateway is starting. Send it again.',
  retryAfter: 1,
} as const

/** Constructs and wires the whole gateway; the only place that does. */
export async function startApp({
  config,
  log,
  seam: credentials,
  isBundled,
  timing = {},
}: AppOptions): Promise<App> {
  const schemas = { whole: buildSchema(), partner: buildSchema('partner') }
  const trusted = await readTrustedDocuments({ ...config.trustedDocuments, schema: schemas.whole, log })
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 })
  // What was opened last is closed first; what can't be opened takes all the others with it.
  await using opening = new AsyncDisposableStack()
  const metrics = createMetrics()
  const seam = createSeamClient({
    onCall({ route, outcome, durationMs }) {
      metrics.seamCall(route, outcome, durationMs)
      countSeamCall()
    },
    apiKey: credentials.apiKey,
    ...(credentials.endpoint === null ? {} : { endpoint: credentials.endpoint }),
    ...(timing.seamTimeoutMs === undefined ? {} : { timeoutMs: timing.seamTimeoutMs }),
    ...(timing.seamRetryMs === undefined ? {} : { firstDelayMs: timing.seamRetryMs }),
  })
  opening.defer(seam.close)
  const workspaceId = await findWorkspace({ seam, ...credentials, dataDir: config.dataDir, log })
  const journal = measured(await openJournal({ ...config, workspaceId }), metrics)
  opening.defer(journal.close)
  if (config.redisUrl !== null) await warnOfRedis(config.redisUrl, log)
  const keys = await openKeyStore({ ...config, workspaceId: async () => workspaceId })
  opening.defer(keys.close)
  const limits = createLimits({ numbers: config.limits, redisUrl: config.redisUrl, workspaceId })
  opening.defer(limits.close)
  const isDemo = isBundled && isLoopback(config.host)
  const tokens = config.auth === null ? null : createTokens({ ...config.auth, log })
  opening.defer(() => tokens?.close())
  const doorkeeper = createDoorkeeper({ keys, tokens, isDemo, log })
  opening.defer(doorkeeper.close)
  const catalog = createCatalog({
    seam,
    maxAgeMs: config.reconcileSeconds * 1000,
    staleMs: config.staleSeconds * 1000,
    entitiesAtMost: config.catalogEntities,
  })
  const cursors = await createCursors(journal)
  opening.defer(cursors.close)
  const lost = Promise.withResolvers<unknown>()
  const keeping = catalog.keepIn(join(config.dataDir, `catalog-${workspaceId}`), journal, log)
  const position = await keeping.restore()
  const hub = await createHub({ journal, catalog, cursors, log, metrics, position, onLost: lost.resolve })
  opening.defer(hub.close)
  keeping.start(() => hub.position)
  opening.defer(keeping.close)
  const commands = createCommands({
    seam,
    journal,
    log,
    reached: (offset) => hub.reached(offset, 5_000),
    ...timing,
  })
  opening.defer(commands.close)
  // Who tries it out has their receiver on this machine.
  const addresses = createAddresses([...config.webhookInternalHosts, ...(isDemo ? ownNames : [])])
  const sender = createSender({ addresses })
  opening.defer(sender.close)
  const webhooks = startWebhooks({
    journal,
    addresses,
    log,
    tools: {
      ...{ journal, hub, catalog, cursors, sender, log, metrics, now: Date.now },
      viewerOf: ({ keyId }) => doorkeeper.viewerOfKey(keyId),
      ...(timing.webhookSecondMs !== undefined && { secondMs: timing.webhookSecondMs }),
    },
  })
  opening.defer(webhooks.close)
  let ingest: Ingest | null = null
  let isOpen = false
  const pulse = takePulse(journal)
  opening.defer(pulse.close)
  metrics.watch({
    journalHead: () => hub.position,
    journalUp: () => (pulse.isBeating ? 1 : 0),
    reconciliations: () => ingest?.stats().reconciliation.runs ?? 0,
    reconciliationReads: () => ingest?.stats().reconciliation.seamCalls ?? 0,
    subscribers: () => hub.size,
    pendingChanges: () => hub.pending,
    catalogEntities: () => catalog.size,
    webhooks: () => webhooks.served,
    seamRunning: () => seam.load.running,
    seamWaiting: () => seam.load.waiting,
  })

  function contextFor(viewer: Viewer): GraphContext {
    const head = hub.position
    return {
      viewer,
      view: catalog.view(viewer),
      cursor: cursors.write(viewer, head),
      now: new Date().toISOString(),
      log: createChangeLog({ journal, catalog, cursors, viewer, head }),
      commands,
      webhooks,
    }
  }

  const server = createHttpServer({
    config,
    log,
    schemas,
    trusted,
    contextFor,
    hub,
    limits,
    caughtUp: createCatchUp({ cursors, hub }),
    metrics,
    authenticate: doorkeeper.authenticate,
    watchViewer: doorkeeper.watch,
    async receiveWebhook(rawBody, headers) {
      // What it's about may be a write of ours, whose answer is a moment behind.
      await commands.toldOf(rawBody)
      return ingest?.receive(rawBody, headers) ?? starting
    },
    // Without the journal a gateway still answers queries, and its neighbours have no other journal: it stays in.
    ready: () => ({
      ok: isOpen,
      checks: { journal: pulse.isBeating ? 'ok' : 'unavailable', gateway: isOpen ? 'ok' : 'starting' },
    }),
  })
  const { url, port } = await server.listen()

  opening.defer(server.drain)

  const trimming = setInterval(() => {
    const before = new Date(Date.now() - config.retentionDays * dayMs).toISOString()
    journal
      .trim(before, config.retentionChanges)
      .catch((error: unknown) => log.error({ err: error }, 'the journal could not be trimmed'))
  }, trimEveryMs)
  trimming.unref()
  opening.defer(() => clearInterval(trimming))

  ingest = await startIngest({
    seam,
    journal,
    catalog,
    log,
    workspaceId,
    // The bundled building is on this machine.
    publicUrl: config.publicUrl ?? (isBundled ? `http://127.0.0.1:${port}` : null),
    webhookSecret: config.seamWebhookSecret,
    reconcileSeconds: config.reconcileSeconds,
  })
  opening.defer(ingest.close)
  isOpen = true
  commands.start()
  const open = opening.move()
  return {
    url,
    port,
    isDemo,
    webhook: ingest.webhook,
    ingest,
    sweep: commands.sweep,
    lost: lost.promise,
    async close() {
      isOpen = false
      await open.disposeAsync()
    },
  }
}

/** A Redis that may forget what it acknowledged breaks the gateway's promise. */
async function warnOfRedis(url: string, log: Logger): Promise<void> {
  const health = await checkRedis(url)
  if (health.state === 'reached')
    for (const { found, advice } of health.problems)
      log.warn(`Redis at ${health.address}: ${found}. ${advice}`)
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}
