import { randomUUID } from 'node:crypto'
import type { Catalog } from '../catalog/catalog.ts'
import type { Journal } from '../journal/journal.ts'
import { createLeaderLease, type Leadership } from '../journal/leader-lease.ts'
import type { Secret } from '../model/secret.ts'
import type { Logger } from '../observability/logger.ts'
import type { SeamClient } from '../seam/client.ts'
import { type BackfillReport, createBackfill } from './backfill.ts'
import { createPeriodicTask } from './periodic-task.ts'
import { createReconciliation, type ReconciliationReport } from './reconciliation/reconciliation.ts'
import { ensureInitialWebhook } from './seam-webhooks/initial-registration.ts'
import type { RefusalReason } from './seam-webhooks/refused-webhooks.ts'
import { readRotationRequestedAt } from './seam-webhooks/rotation-request.ts'
import type { RequestHeaders } from './seam-webhooks/signature-headers.ts'
import { createWebhookReceiver, type WebhookResponse } from './seam-webhooks/webhook-receiver.ts'
import { createWebhookRegistration, webhookUrlAt } from './seam-webhooks/webhook-registration.ts'
import { createSharedEntranceUsage } from './shared-entrance-usage.ts'

export type IngestOptions = {
  readonly seam: SeamClient
  readonly journal: Journal
  readonly catalog: Pick<Catalog, 'resolveKnownOwners' | 'entranceUsage' | 'lastServed' | 'sharePendingLists'>
  readonly log: Logger
  readonly workspaceId: string
  /** Public URL of this gateway. A webhook is registered there unless `webhookSecret` is set; `null` registers none. */
  readonly publicUrl: string | null
  /** Signing secret of a webhook that was registered manually. */
  readonly webhookSecret: Secret | null
  readonly reconcileSeconds: number
  /** Interval at which Seam's events are listed if no webhook delivers them. */
  readonly pollIntervalMs?: number
  /** Number of events requested per call. */
  readonly pageSize?: number
  readonly now?: () => number
  /** Aborts the start. */
  readonly signal?: AbortSignal
}

/** Number of runs and of changes that they published. */
type RunCount = { runs: number; changes: number }

export type IngestStats = {
  readonly backfill: Readonly<RunCount & { events: number }>
  /** `endedAt` is the end of the last run of this process (ISO 8601), or `null` before the first. */
  readonly reconciliation: Readonly<RunCount & { seamCalls: number; endedAt: string | null }>
  /** Number of refused webhooks, by reason. */
  readonly refused: Readonly<Record<RefusalReason, number>>
  /** Number of webhooks that were registered because none existed. */
  readonly webhooksCreated: number
}

/** Appends changes at Seam to the journal: from webhooks, from event backfill and from reconciliation. */
export type Ingest = {
  /** Verifies a webhook and appends its event to the journal. */
  receiveWebhook(rawBody: Buffer, headers: RequestHeaders): Promise<WebhookResponse>
  /** Description of the event source, for the start-up banner. */
  readonly webhookStatus: string
  /** Resolves when the first reconciliation has ended, successfully or not. */
  readonly firstReconciliation: Promise<void>
  /** Appends Seam's events that no webhook delivered. Resolves to `null` if another process holds the lease. */
  backfill(): Promise<BackfillReport | null>
  /** Checks the webhook, backfills events and compares the workspace with Seam. Resolves to `null` if another process holds the lease. */
  reconcile(): Promise<ReconciliationReport | null>
  /** Replaces the registered webhook by one with a new secret. Resolves to false if none is registered, or if another process manages it. */
  rotateWebhook(): Promise<boolean>
  stats(): IngestStats
  /** Stops all tasks. No call to Seam is made after this resolves. */
  close(): Promise<void>
}

const pollIntervalMsWithoutWebhook = 10_000
/** Interval at which rotation requests of other processes are read. */
const rotationPollMs = 2_000
/** Minimum time between two reloads of the secrets after a webhook with an unknown signature. */
const minReloadIntervalMs = 2_000

/**
 * Starts ingestion: webhooks as they arrive, backfill of Seam's events that no webhook delivered, and reconciliation for changes without
 * an event. Rejects with `SeamError` if the webhook cannot be registered; other failures are logged and retried.
 */
export async function startIngest(options: IngestOptions): Promise<Ingest> {
  const { journal, catalog, log, workspaceId, now = Date.now } = options
  const leaderLease = createLeaderLease({
    journal,
    name: 'ingest',
    holder: randomUUID(),
    log,
    onAcquired: () => reconciliationTask.runSoon(),
  })
  const closing = new AbortController()
  /** Whether a webhook was not stored and no backfill has run since. A failed backfill is retried by its periodic task. */
  let isBackfillDue = false
  const counts = {
    backfill: { runs: 0, changes: 0, events: 0 },
    reconciliation: { runs: 0, changes: 0, seamCalls: 0, endedAt: null as string | null },
    webhooksCreated: 0,
  }
  const registration =
    options.publicUrl !== null && options.webhookSecret === null
      ? createWebhookRegistration({
          ...options,
          runAsLeader: leaderLease.runAsLeader,
          publicUrl: options.publicUrl,
        })
      : null
  const hasWebhook = registration !== null || options.webhookSecret !== null
  const reconcileIntervalMs = options.reconcileSeconds * 1000
  const sharedUsage = createSharedEntranceUsage(journal, catalog.entranceUsage, log, now)
  const backfill = createBackfill({ ...options, resolveKnownOwners: catalog.resolveKnownOwners })
  const reconciliation = createReconciliation({
    ...options,
    resolveKnownOwners: catalog.resolveKnownOwners,
    loadAccessFilter: sharedUsage.exchange,
    lastServed: catalog.lastServed,
    sharePendingLists: catalog.sharePendingLists,
    backfill: runBackfill,
  })

  async function runBackfill(leadership: Leadership): Promise<BackfillReport> {
    const report = await backfill.run(leadership)
    isBackfillDue = false
    counts.backfill.runs++
    counts.backfill.changes += report.changes
    counts.backfill.events += report.events
    return report
  }

  const backfillTask = createPeriodicTask({
    name: 'taking over events',
    intervalMs: hasWebhook
      ? reconcileIntervalMs
      : Math.min(reconcileIntervalMs, options.pollIntervalMs ?? pollIntervalMsWithoutWebhook),
    log,
    async run(signal) {
      const report = await leaderLease.runAsLeader(signal, runBackfill)
      if (report?.hasGap) reconciliationTask.runSoon()
      return report
    },
  })
  const reconciliationTask = createPeriodicTask({
    name: 'comparing with Seam',
    intervalMs: reconcileIntervalMs,
    log,
    async run(signal) {
      if (!isWebhookChecked) await checkWebhook(signal)
      isWebhookChecked = false
      const report = await leaderLease.runAsLeader(signal, async (leadership) => {
        await backfill.prepare(leadership)
        return reconciliation.run(leadership)
      })
      if (report === null) return null
      counts.reconciliation.runs++
      counts.reconciliation.changes += report.changes
      counts.reconciliation.seamCalls += report.seamCalls
      counts.reconciliation.endedAt = new Date(now()).toISOString()
      return report
    },
  })

  /** Whether the start has already checked the webhook, so that the first reconciliation need not repeat it. */
  let isWebhookChecked = false
  async function checkWebhook(signal: AbortSignal): Promise<void> {
    try {
      if ((await registration?.check(signal)) === 'MADE') counts.webhooksCreated++
    } catch (error) {
      signal.throwIfAborted()
      log.warn({ err: error }, 'the webhook could not be checked; the check will be retried')
    }
  }

  async function rotateIfRequested(): Promise<void> {
    if (registration !== null && (await readRotationRequestedAt(journal)) !== null)
      await checkWebhook(closing.signal)
  }

  const secrets = (): readonly Secret[] =>
    options.webhookSecret !== null ? [options.webhookSecret] : (registration?.secrets() ?? [])
  let reloadedAt = now()

  async function reloadSecrets(): Promise<boolean> {
    if (registration === null || now() - reloadedAt < minReloadIntervalMs) return false
    reloadedAt = now()
    try {
      await registration.reloadSecrets()
      return true
    } catch (error) {
      log.warn({ err: error }, 'the webhook secrets could not be read')
      return false
    }
  }

  const receiver = createWebhookReceiver({ journal, workspaceId, secrets, reloadSecrets, log })

  async function receiveWebhook(rawBody: Buffer, headers: RequestHeaders): Promise<WebhookResponse> {
    const response = await receiver.receive(rawBody, headers)
    if (response.status === 503 && !isBackfillDue) {
      isBackfillDue = true
      backfillTask.runSoon()
    }
    return response
  }

  try {
    const starting = AbortSignal.any([
      closing.signal,
      ...(options.signal === undefined ? [] : [options.signal]),
    ])
    if (registration !== null) {
      const outcome = await ensureInitialWebhook(registration, starting, log)
      if (outcome === 'MADE') counts.webhooksCreated++
      isWebhookChecked = outcome !== 'UNCHECKED'
    }
  } catch (error) {
    sharedUsage.close()
    await leaderLease.close()
    throw error
  }
  const rotationPoll = setInterval(() => {
    // A failure recurs in the next check of the webhook, which logs it.
    rotateIfRequested().catch(() => undefined)
  }, rotationPollMs)
  rotationPoll.unref()
  const firstReconciliation = reconciliationTask.runNow().then(
    () => undefined,
    () => undefined,
  )
  if (!hasWebhook) backfillTask.runSoon()

  return {
    receiveWebhook,
    webhookStatus: describeWebhookStatus(options),
    firstReconciliation,
    backfill: backfillTask.runNow,
    reconcile: reconciliationTask.runNow,
    rotateWebhook: async () => (await registration?.rotate(closing.signal)) ?? false,
    stats: () => structuredClone({ ...counts, refused: receiver.refused }),
    async close() {
      closing.abort()
      clearInterval(rotationPoll)
      sharedUsage.close()
      await Promise.all([backfillTask.close(), reconciliationTask.close()])
      await leaderLease.close()
    },
  }
}

function describeWebhookStatus({ publicUrl, webhookSecret }: IngestOptions): string {
  if (webhookSecret !== null) return 'with the given secret'
  if (publicUrl !== null) return `registered at ${webhookUrlAt(publicUrl)}`
  return "none: Seam's events are polled every few seconds; set PUBLIC_URL or SEAM_WEBHOOK_SECRET to receive them immediately"
}
