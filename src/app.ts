import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { GraphContext } from '../schema/context.ts'
import { buildSchema } from '../schema/schema.ts'
import { createDoorkeeper } from './auth/doorkeeper.ts'
import { openKeyStore } from './auth/keys.ts'
import type { Viewer } from './auth/viewer.ts'
import { createCatalog } from './catalog/catalog.ts'
import type { Config } from './config.ts'
import { createCatchUp } from './feed/caught-up.ts'
import { createChangeLog } from './feed/change-log.ts'
import { createCursors } from './feed/cursors.ts'
import { createHub } from './feed/hub.ts'
import { createHttpServer } from './http/server.ts'
import { type Ingest, startIngest } from './ingest/ingest.ts'
import { measured } from './journal/measured.ts'
import { openSqliteJournal } from './journal/sqlite.ts'
import type { Logger } from './log.ts'
import { createMetrics } from './metrics.ts'
import { createSeamClient } from './seam/client.ts'

export type AppOptions = {
  readonly config: Config
  readonly log: Logger
  readonly seam: { readonly apiKey: string; readonly endpoint: string | null }
  /** Seam is the bundled building: it is reached on loopback, and so is this gateway from there. */
  readonly isBundled: boolean
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
  /** Stops as a good process does: nothing new is taken, what runs is finished, everything is closed. */
  close(): Promise<void>
}

const dayMs = 86_400_000
const trimEveryMs = 3_600_000

/** A webhook that comes before its secret is known here: Seam sends it again. */
const starting = {
  status: 503,
  code: 'STARTING',
  message: 'The gateway is starting. Send it again.',
  retryAfter: 1,
} as const

/** Constructs and wires the whole gateway; the only place that does. */
export async function startApp({ config, log, seam: credentials, isBundled }: AppOptions): Promise<App> {
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 })
  const metrics = createMetrics()
  const seam = createSeamClient({
    onCall: ({ route, outcome, durationMs }) => metrics.seamCall(route, outcome, durationMs),
    apiKey: credentials.apiKey,
    ...(credentials.endpoint === null ? {} : { endpoint: credentials.endpoint }),
  })
  const { workspaceId } = await seam.workspace()
  const journal = measured(
    await openSqliteJournal({ file: join(config.dataDir, `journal-${workspaceId}.db`) }),
    metrics,
  )
  const keys = await openKeyStore({ file: join(config.dataDir, 'keys.db') })
  const isDemo = isBundled && isLoopback(config.host)
  const doorkeeper = createDoorkeeper({ keys, isDemo, log })
  const catalog = createCatalog({ seam, maxAgeMs: config.reconcileSeconds * 1000 })
  const cursors = await createCursors(journal)
  const hub = await createHub({ journal, catalog, cursors, log, metrics })
  metrics.watch({
    journalHead: () => hub.position,
    subscribers: () => hub.size,
    pendingChanges: () => hub.pending,
    seamRunning: () => seam.load.running,
    seamWaiting: () => seam.load.waiting,
  })
  let ingest: Ingest | null = null
  let isOpen = false

  function contextFor(viewer: Viewer): GraphContext {
    const head = hub.position
    return {
      viewer,
      view: catalog.view(viewer),
      cursor: cursors.write(viewer, head),
      now: new Date().toISOString(),
      log: createChangeLog({ journal, catalog, cursors, viewer, head }),
    }
  }

  const server = createHttpServer({
    config,
    log,
    schema: buildSchema(),
    contextFor,
    hub,
    caughtUp: createCatchUp({ cursors, hub }),
    metrics,
    authenticate: doorkeeper.authenticate,
    watchViewer: doorkeeper.watch,
    receiveWebhook: async (rawBody, headers) => ingest?.receive(rawBody, headers) ?? starting,
    ready: () => ({ ok: isOpen, checks: { journal: 'ok', gateway: isOpen ? 'ok' : 'starting' } }),
  })
  const { url, port } = await server.listen()

  const trimming = setInterval(() => {
    const before = new Date(Date.now() - config.retentionDays * dayMs).toISOString()
    journal
      .trim(before)
      .catch((error: unknown) => log.error({ err: error }, 'the journal could not be trimmed'))
  }, trimEveryMs)
  trimming.unref()

  async function close(): Promise<void> {
    isOpen = false
    clearInterval(trimming)
    await server.drain()
    await ingest?.close()
    await hub.close()
    doorkeeper.close()
    await journal.close()
    await keys.close()
    seam.close()
  }

  try {
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
    isOpen = true
    return { url, port, isDemo, webhook: ingest.webhook, ingest, close }
  } catch (error) {
    await close()
    throw error
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}
