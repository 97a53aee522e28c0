import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/** Functions that return a gauge's value. They are called whenever the metrics are read. */
export type GaugeSources = {
  readonly journalHead: () => number
  readonly journalHealth: () => number
  readonly reconciliationCount: () => number
  readonly reconciliationReadCount: () => number
  /** Numbers of refused webhooks of Seam, by reason. */
  readonly refusedWebhooks: () => Readonly<Record<string, number>>
  readonly subscriberCount: () => number
  readonly pendingChangeCount: () => number
  readonly signedCursorCount: () => number
  readonly catalogEntityCount: () => number
  /** Outgoing webhooks that this process serves, how many of them fail, and the longest backlog, in changes. */
  readonly webhookDeliveryStats: () => {
    readonly served: number
    readonly failing: number
    readonly behind: number
  }
  readonly runningSeamCalls: () => number
  readonly waitingSeamCalls: () => number
}

/** The process's metrics, in Prometheus' text format. */
export type Metrics = {
  recordSeamCall(route: string, outcome: string, durationMs: number): void
  /** Records the time between a change and its record in the journal. */
  recordIngestLag(origin: string, lagMs: number): void
  countDuplicate(): void
  countGap(reason: string): void
  countResume(): void
  /** Counts one execution of a subscription's operation for a batch, which all subscribers of equal operations share. */
  countFeedExecution(changeCount: number): void
  /** Counts one serialisation of the result of such an execution. */
  countFeedSerialization(changeCount: number): void
  /** Counts an operation that uses a deprecated schema element. `viewerName` is the name of the API key or token. */
  countDeprecatedUse(coordinate: string, viewerName: string): void
  /** Counts an operation that was refused before it was executed, by the error's code. */
  countRefusal(code: string): void
  /** Counts a message sent to an outgoing webhook. */
  countWebhookAttempt(outcome: 'delivered' | 'failed'): void
  /** Counts a query that was answered with the response to a recent equal query. */
  countReusedResponse(): void
  /** Adds the gauges. Call it once. */
  registerGauges(gauges: GaugeSources): void
  renderText(): Promise<string>
  readonly contentType: string
}

const lagBucketsSeconds = [0.1, 0.5, 1, 5, 15, 60, 300, 3_600, 86_400]

export function createMetrics(): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const calls = new Counter({
    name: 'latchkey_seam_calls_total',
    help: 'Calls to Seam including retries, by route and outcome',
    labelNames: ['route', 'outcome'],
    registers,
  })
  const durations = new Histogram({
    name: 'latchkey_seam_call_seconds',
    help: 'Duration of calls to Seam',
    registers,
  })
  const lag = new Histogram({
    name: 'latchkey_ingest_lag_seconds',
    help: 'Age of changes when they were appended to the journal, by origin',
    labelNames: ['origin'],
    buckets: lagBucketsSeconds,
    registers,
  })
  const duplicates = new Counter({
    name: 'latchkey_duplicates_total',
    help: 'Entries that the journal recognized as duplicates',
    registers,
  })
  const gaps = new Counter({
    name: 'latchkey_gaps_total',
    help: 'Gaps reported to subscribers, by reason',
    labelNames: ['reason'],
    registers,
  })
  const resumes = new Counter({
    name: 'latchkey_resumes_total',
    help: 'Subscriptions that resumed after a cursor',
    registers,
  })
  const feedExecutions = new Counter({
    name: 'latchkey_feed_executions_total',
    help: 'Executions of subscriptions, each for all subscribers of equal operations, by whether the batch has changes',
    labelNames: ['batch'],
    registers,
  })
  const feedSerializations = new Counter({
    name: 'latchkey_feed_serializations_total',
    help: 'Serialisations of the results of subscriptions, by whether the batch has changes',
    labelNames: ['batch'],
    registers,
  })
  const deprecated = new Counter({
    name: 'latchkey_deprecated_uses_total',
    help: 'Operations that use a deprecated schema element, by its coordinate and by the name of the API key',
    labelNames: ['coordinate', 'key'],
    registers,
  })
  const refusals = new Counter({
    name: 'latchkey_refused_total',
    help: 'Operations refused before execution, by error code',
    labelNames: ['code'],
    registers,
  })
  const webhookAttempts = new Counter({
    name: 'latchkey_webhook_tries_total',
    help: 'Messages sent to outgoing webhooks, by outcome',
    labelNames: ['outcome'],
    registers,
  })
  const reusedResponses = new Counter({
    name: 'latchkey_answers_reused_total',
    help: 'Queries answered with the response to a recent equal query',
    registers,
  })

  function registerGauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read())
      },
    })
  }

  /** Registers a counter whose value another module counts. */
  function registerCounter(name: string, help: string, read: () => number): void {
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset()
        this.inc(read())
      },
    })
  }

  return {
    recordSeamCall(route, outcome, durationMs) {
      calls.inc({ route, outcome })
      durations.observe(durationMs / 1000)
    },
    recordIngestLag: (origin, lagMs) => lag.observe({ origin }, Math.max(0, lagMs) / 1000),
    countDuplicate: () => duplicates.inc(),
    countGap: (reason) => gaps.inc({ reason }),
    countResume: () => resumes.inc(),
    countFeedExecution: (changeCount) => feedExecutions.inc({ batch: toBatchLabel(changeCount) }),
    countFeedSerialization: (changeCount) => feedSerializations.inc({ batch: toBatchLabel(changeCount) }),
    countDeprecatedUse: (coordinate, viewerName) => deprecated.inc({ coordinate, key: viewerName }),
    countRefusal: (code) => refusals.inc({ code }),
    countWebhookAttempt: (outcome) => webhookAttempts.inc({ outcome }),
    countReusedResponse: () => reusedResponses.inc(),
    registerGauges(gauges) {
      registerGauge('latchkey_journal_head', 'Newest offset delivered to subscribers', gauges.journalHead)
      registerGauge('latchkey_journal_up', '1 if the journal is healthy, else 0', gauges.journalHealth)
      registerGauge('latchkey_subscribers', 'Open subscriptions', gauges.subscriberCount)
      registerGauge(
        'latchkey_feed_pending_changes',
        'Changes waiting for delivery, over all subscriptions',
        gauges.pendingChangeCount,
      )
      registerCounter('latchkey_cursors_signed_total', 'Cursors that were signed', gauges.signedCursorCount)
      registerGauge(
        'latchkey_catalog_entities',
        'ACS users, entrances and credentials in memory',
        gauges.catalogEntityCount,
      )
      registerCounter(
        'latchkey_reconciliations_total',
        'Reconciliations by this process',
        gauges.reconciliationCount,
      )
      registerCounter(
        'latchkey_reconciliation_reads_total',
        'Calls to Seam for reconciliations',
        gauges.reconciliationReadCount,
      )
      registerCounter(
        'latchkey_webhooks_foreign_total',
        "Seam's webhooks of another workspace, which were refused",
        () => gauges.refusedWebhooks().workspace ?? 0,
      )
      registerCounter(
        'latchkey_webhooks_malformed_total',
        "Seam's webhooks with a valid signature but without a valid event",
        () => gauges.refusedWebhooks().event ?? 0,
      )
      new Counter({
        name: 'latchkey_webhooks_refused_total',
        help: 'Refused webhooks of Seam, by reason',
        labelNames: ['reason'],
        registers,
        collect() {
          this.reset()
          for (const [reason, count] of Object.entries(gauges.refusedWebhooks())) this.inc({ reason }, count)
        },
      })
      registerGauge(
        'latchkey_webhooks',
        'Outgoing webhooks that this process serves; only the delivery leader serves any',
        () => gauges.webhookDeliveryStats().served,
      )
      registerGauge(
        'latchkey_webhooks_failing',
        'Outgoing webhooks whose deliveries fail',
        () => gauges.webhookDeliveryStats().failing,
      )
      registerGauge(
        'latchkey_webhooks_behind',
        'Longest backlog of an outgoing webhook, in changes',
        () => gauges.webhookDeliveryStats().behind,
      )
      registerGauge('latchkey_seam_running', 'Calls to Seam in flight', gauges.runningSeamCalls)
      registerGauge('latchkey_seam_waiting', 'Calls to Seam waiting in the queue', gauges.waitingSeamCalls)
    },
    renderText: () => registry.metrics(),
    contentType: registry.contentType,
  }
}

function toBatchLabel(changeCount: number): 'changes' | 'empty' {
  return changeCount > 0 ? 'changes' : 'empty'
}
