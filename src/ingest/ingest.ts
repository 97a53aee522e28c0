import { randomUUID } from 'node:crypto'
import type { Catalog } from '../catalog/catalog.ts'
import type { Journal } from '../journal/journal.ts'
import { createTurns, type Held } from '../journal/turn.ts'
import type { Logger } from '../log.ts'
import type { Secret } from '../model/secret.ts'
import type { SeamClient } from '../seam/client.ts'
import { type BackfillReport, createBackfill } from './backfill.ts'
import { firstWebhook } from './first-webhook.ts'
import { createJob } from './job.ts'
import { createReconciliation, type ReconciliationReport } from './reconciliation.ts'
import { createRegistration } from './registration.ts'
import type { Headers } from './signature.ts'
import { createWebhookReceiver, type WebhookAnswer } from './webhook.ts'

export type IngestOptions = {
  readonly seam: SeamClient
  readonly journal: Journal
  readonly catalog: Pick<Catalog, 'place' | 'knowsDoors' | 'served'>
  readonly log: Logger
  readonly workspaceId: string
  /** Where Seam reaches this gateway; a webhook is then registered there, unless a secret is given. */
  readonly publicUrl: string | null
  /** Of a webhook that somebody registered by hand. */
  readonly webhookSecret: Secret | null
  readonly reconcileSeconds: number
  /** How often Seam's events are listed where no webhook brings them. */
  readonly pollMs?: number
  /** Events that one call asks for. */
  readonly pageSize?: number
  readonly now?: () => number
}

/** How often something ran, and what it found. */
type Count = { runs: number; changes: number }

export type IngestStats = {
  readonly backfill: Readonly<Count & { events: number }>
  readonly reconciliation: Readonly<Count & { seamCalls: number }>
  /** Webhooks that had to be made because there was none. */
  readonly webhooksMade: number
}

/** Everything by which news reaches the journal. */
export type Ingest = {
  /** Takes a webhook. */
  receive(rawBody: Buffer, headers: Headers): Promise<WebhookAnswer>
  /** How news comes, for the banner. */
  readonly webhook: string
  /** Resolves when the first comparison with Seam is over, well or not. */
  readonly started: Promise<void>
  /** Takes over Seam's events that no webhook brought; `null` while another process does so. */
  backfill(): Promise<BackfillReport | null>
  /** Checks the webhook, takes over events, and compares everything with Seam; `null` while another process does so. */
  reconcile(): Promise<ReconciliationReport | null>
  /** Replaces the registered webhook by one with another secret; false where none was registered, or not by this process. */
  rotateWebhook(): Promise<boolean>
  stats(): IngestStats
  /** Stops everything; nothing is asked of Seam any more. */
  close(): Promise<void>
}

const pollMsWithoutWebhook = 10_000
/** How soon a secret that nobody knew is looked for again. */
const reloadAtMostEveryMs = 2_000

/**
 * Starts to take news in: webhooks as they come, Seam's events for what no webhook brought, and comparisons for what has no event.
 * Rejects with `SeamError` where the webhook can't be registered; whatever else goes wrong is logged and tried again.
 */
export async function startIngest(options: IngestOptions): Promise<Ingest> {
  const { journal, catalog, log, workspaceId, now = Date.now } = options
  const turns = createTurns({
    journal,
    name: 'ingest',
    holder: randomUUID(),
    log,
    onTaken: () => reconciling.soon(),
  })
  const closed = new AbortController()
  /** The journal couldn't keep a webhook, and no backfill has made up for it yet: one that fails is tried again by itself. */
  let isOwed = false
  const counts = {
    backfill: { runs: 0, changes: 0, events: 0 },
    reconciliation: { runs: 0, changes: 0, seamCalls: 0 },
    webhooksMade: 0,
  }
  const registration =
    options.publicUrl !== null && options.webhookSecret === null
      ? createRegistration({ ...options, turn: turns.take, publicUrl: options.publicUrl })
      : null
  const hasWebhook = registration !== null || options.webhookSecret !== null
  const everyMs = options.reconcileSeconds * 1000
  const events = createBackfill({ ...options, place: catalog.place })
  const comparison = createReconciliation({
    ...options,
    place: catalog.place,
    knowsDoors: catalog.knowsDoors,
    served: catalog.served,
    backfill: takeOver,
  })

  async function takeOver(held: Held): Promise<BackfillReport> {
    const report = await events.run(held)
    isOwed = false
    counts.backfill.runs++
    counts.backfill.changes += report.changes
    counts.backfill.events += report.events
    return report
  }

  const backfilling = createJob({
    name: 'taking over events',
    everyMs: hasWebhook ? everyMs : Math.min(everyMs, options.pollMs ?? pollMsWithoutWebhook),
    log,
    async run(signal) {
      const report = await turns.take(signal, takeOver)
      if (report?.isHole) reconciling.soon()
      return report
    },
  })
  const reconciling = createJob({
    name: 'comparing with Seam',
    everyMs,
    log,
    async run(signal) {
      await checkWebhook(signal)
      const report = await turns.take(signal, comparison.run)
      if (report === null) return null
      counts.reconciliation.runs++
      counts.reconciliation.changes += report.changes
      counts.reconciliation.seamCalls += report.seamCalls
      return report
    },
  })

  async function checkWebhook(signal: AbortSignal): Promise<void> {
    try {
      if ((await registration?.check(signal)) === 'MADE') counts.webhooksMade++
    } catch (error) {
      signal.throwIfAborted()
      log.warn({ err: error }, 'the webhook could not be checked; it is tried again')
    }
  }

  const secrets = (): readonly Secret[] =>
    options.webhookSecret !== null ? [options.webhookSecret] : (registration?.secrets() ?? [])
  const receiver = createWebhookReceiver({ journal, workspaceId, secrets, place: catalog.place, log })
  let reloadedAt = now()

  /** Another process may have exchanged the secret meanwhile. */
  async function receive(rawBody: Buffer, headers: Headers): Promise<WebhookAnswer> {
    const answer = await receiver.receive(rawBody, headers)
    if (answer.status === 503 && !isOwed) {
      isOwed = true
      backfilling.soon()
    }
    if (registration === null || answer.status !== 401 || now() - reloadedAt < reloadAtMostEveryMs)
      return answer
    reloadedAt = now()
    try {
      await registration.reload()
    } catch (error) {
      log.warn({ err: error }, 'the webhook secrets could not be read')
      return answer
    }
    return receiver.receive(rawBody, headers)
  }

  try {
    if (registration !== null && (await firstWebhook(registration, closed.signal, log))) counts.webhooksMade++
  } catch (error) {
    await turns.close()
    throw error
  }
  const started = reconciling.now().then(
    () => undefined,
    () => undefined,
  )
  if (!hasWebhook) backfilling.soon()

  return {
    receive,
    webhook: sentence(options),
    started,
    backfill: backfilling.now,
    reconcile: reconciling.now,
    rotateWebhook: async () => (await registration?.rotate(closed.signal)) ?? false,
    stats: () => structuredClone(counts),
    async close() {
      closed.abort()
      await Promise.all([backfilling.close(), reconciling.close()])
      await turns.close()
    },
  }
}

function sentence({ publicUrl, webhookSecret }: IngestOptions): string {
  if (webhookSecret !== null) return 'with the given secret'
  if (publicUrl !== null) return `registered at ${publicUrl}`
  return "none: Seam's events are asked for every few seconds; set PUBLIC_URL or SEAM_WEBHOOK_SECRET to hear at once"
}
