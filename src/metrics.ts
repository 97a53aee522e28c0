import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/** What is looked up whenever somebody reads the metrics. */
export type Gauges = {
  readonly journalHead: () => number
  readonly journalUp: () => number
  readonly reconciliations: () => number
  readonly reconciliationReads: () => number
  readonly subscribers: () => number
  readonly pendingChanges: () => number
  readonly catalogEntities: () => number
  /** Webhooks that this process sends to, those of them whose receiver fails, and how far the slowest is behind, in changes. */
  readonly webhooks: () => { readonly served: number; readonly failing: number; readonly behind: number }
  readonly seamRunning: () => number
  readonly seamWaiting: () => number
}

/** The process's figures, in Prometheus' form. */
export type Metrics = {
  seamCall(route: string, outcome: string, durationMs: number): void
  /** An entry came to the journal; `lagMs` is how old its news was. */
  ingested(origin: string, lagMs: number): void
  duplicateDropped(): void
  gapGiven(reason: string): void
  resumed(): void
  /** An operation names something deprecated; `key` is its viewer's name. */
  deprecatedUsed(coordinate: string, key: string): void
  /** Something asked for was refused before it was executed; `code` is the error's. */
  refused(code: string): void
  /** A message was sent to a webhook. */
  webhookTried(outcome: 'delivered' | 'failed'): void
  /** A query was answered with the answer of a moment ago. */
  answerReused(): void
  /** From now on the gauges are read here. */
  watch(gauges: Gauges): void
  text(): Promise<string>
  readonly contentType: string
}

const lagBuckets = [0.1, 0.5, 1, 5, 15, 60, 300, 3_600, 86_400]

export function createMetrics(): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const calls = new Counter({
    name: 'latchkey_seam_calls_total',
    help: 'Attempts of calls to Seam, by route and outcome',
    labelNames: ['route', 'outcome'],
    registers,
  })
  const durations = new Histogram({
    name: 'latchkey_seam_call_seconds',
    help: 'How long attempts of calls to Seam took',
    registers,
  })
  const lag = new Histogram({
    name: 'latchkey_ingest_lag_seconds',
    help: 'Age of news when it reached the journal, by how it came',
    labelNames: ['origin'],
    buckets: lagBuckets,
    registers,
  })
  const duplicates = new Counter({
    name: 'latchkey_duplicates_total',
    help: 'Events that were in the journal already',
    registers,
  })
  const gaps = new Counter({
    name: 'latchkey_gaps_total',
    help: 'Gaps told to subscribers, by reason',
    labelNames: ['reason'],
    registers,
  })
  const resumes = new Counter({
    name: 'latchkey_resumes_total',
    help: 'Subscriptions that went on after a cursor',
    registers,
  })

  const deprecated = new Counter({
    name: 'latchkey_deprecated_uses_total',
    help: 'Operations that named something deprecated, by its schema coordinate and by key',
    labelNames: ['coordinate', 'key'],
    registers,
  })
  const refusals = new Counter({
    name: 'latchkey_refused_total',
    help: 'What was refused before it was executed, by the code of the error',
    labelNames: ['code'],
    registers,
  })
  const tries = new Counter({
    name: 'latchkey_webhook_tries_total',
    help: 'Messages sent to webhooks, by what became of them',
    labelNames: ['outcome'],
    registers,
  })
  const reuses = new Counter({
    name: 'latchkey_answers_reused_total',
    help: 'Queries that were answered with the answer of a moment ago',
    registers,
  })

  function gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read())
      },
    })
  }

  /** Of what is counted elsewhere. */
  function counter(name: string, help: string, read: () => number): void {
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
    seamCall(route, outcome, durationMs) {
      calls.inc({ route, outcome })
      durations.observe(durationMs / 1000)
    },
    ingested: (origin, lagMs) => lag.observe({ origin }, Math.max(0, lagMs) / 1000),
    duplicateDropped: () => duplicates.inc(),
    gapGiven: (reason) => gaps.inc({ reason }),
    resumed: () => resumes.inc(),
    deprecatedUsed: (coordinate, key) => deprecated.inc({ coordinate, key }),
    refused: (code) => refusals.inc({ code }),
    webhookTried: (outcome) => tries.inc({ outcome }),
    answerReused: () => reuses.inc(),
    watch(gauges) {
      gauge('latchkey_journal_head', 'Newest offset of the journal that is told', gauges.journalHead)
      gauge('latchkey_journal_up', '1 while the journal answers, 0 while it does not', gauges.journalUp)
      gauge('latchkey_subscribers', 'Subscriptions that are open', gauges.subscribers)
      gauge(
        'latchkey_feed_pending_changes',
        'Changes that wait for an execution, over all operations',
        gauges.pendingChanges,
      )
      gauge('latchkey_catalog_entities', 'Users, entrances and credentials in memory', gauges.catalogEntities)
      counter(
        'latchkey_reconciliations_total',
        'How often this process compared everything with Seam',
        gauges.reconciliations,
      )
      counter(
        'latchkey_reconciliation_reads_total',
        'Reads of Seam that the comparisons took',
        gauges.reconciliationReads,
      )
      gauge(
        'latchkey_webhooks',
        'Webhooks that this process sends to; one process does for all',
        () => gauges.webhooks().served,
      )
      gauge(
        'latchkey_webhooks_failing',
        'Those of them whose receiver fails',
        () => gauges.webhooks().failing,
      )
      gauge(
        'latchkey_webhooks_behind',
        'Changes that the one furthest behind has still to look through',
        () => gauges.webhooks().behind,
      )
      gauge('latchkey_seam_running', 'Calls to Seam that run', gauges.seamRunning)
      gauge('latchkey_seam_waiting', 'Calls to Seam that wait for a place', gauges.seamWaiting)
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  }
}
