import { setTimeout as delay } from 'node:timers/promises'
import type { Journal } from '../journal/journal.ts'
import { createLeaderLease, type Leadership } from '../journal/leader-lease.ts'
import type { Logger } from '../observability/logger.ts'
import type { DeliveryTools } from './delivery-tools.ts'
import { type DeliveryWorker, startDeliveryWorker } from './delivery-worker.ts'
import { type EndpointReport, getEndpointState } from './endpoint.ts'
import { type EndpointStore, encodeEndpoint, progressKey } from './endpoint-store.ts'

/** Endpoints that this process sends to; none while another process sends. */
export type DeliveryStats = { readonly served: number; readonly failing: number; readonly behind: number }

/** Sends to all endpoints, in one process at a time. */
export type DeliveryDispatcher = {
  /** Checks at once for changes of the endpoints. */
  wake(): void
  readonly stats: DeliveryStats
  /** Starts no more messages, waits for messages in flight, and releases the lease. */
  close(): Promise<void>
}

export type DeliveryDispatcherOptions = {
  readonly journal: Journal
  readonly store: EndpointStore
  readonly tools: DeliveryTools
  readonly log: Logger
  /** Unique ID of this process. */
  readonly holder: string
  /** Interval at which changes that other processes made are checked. */
  readonly pollIntervalMs?: number
}

/** The lease of the process that sends. */
export const deliveryLeaseName = 'webhooks'
/** Time limit for messages in flight when the process stops or their endpoint is changed. */
export const drainTimeoutMs = 5_000

type EndpointService = {
  readonly serialized: string
  readonly worker: DeliveryWorker
  /** Starts no more messages; a message in flight has `drainTimeoutMs`. */
  stop(): void
}

export function startDeliveryDispatcher(options: DeliveryDispatcherOptions): DeliveryDispatcher {
  const { journal, store, tools, log, holder, pollIntervalMs = 250 } = options
  const stopping = new AbortController()
  const services = new Map<string, EndpointService>()
  let wakeUp = Promise.withResolvers<void>()
  /** Whether to check the endpoints regardless of their revision. */
  let isComparisonDue = true
  const leaderLease = createLeaderLease({ journal, name: deliveryLeaseName, holder, log, onAcquired: wake })

  function wake(): void {
    isComparisonDue = true
    wakeUp.resolve()
  }

  /** Waits for a moment, or until there is work to do. */
  async function waitForWork(signal: AbortSignal): Promise<void> {
    await Promise.race([wakeUp.promise, delay(pollIntervalMs, undefined, { signal, ref: false })]).catch(
      () => undefined,
    )
    wakeUp = Promise.withResolvers()
  }

  function startService(report: EndpointReport, leadership: Leadership, hardStop: AbortSignal): void {
    const { endpoint } = report
    const stopController = new AbortController()
    const drainTimeout = new AbortController()
    const worker = startDeliveryWorker({
      ...report,
      tools,
      saveProgress: (progress) => leadership.putValue(progressKey(endpoint.id), JSON.stringify(progress)),
      serving: { version: endpoint.version, token: leadership.token },
      isLatestVersion: async () => (await store.get(endpoint.id))?.endpoint.version === endpoint.version,
      isHeld: leadership.isHeld,
      signal: AbortSignal.any([leadership.signal, stopController.signal]),
      hardStop: AbortSignal.any([hardStop, drainTimeout.signal]),
    })
    let drainTimer: NodeJS.Timeout | undefined
    function stop(): void {
      stopController.abort()
      drainTimer ??= setTimeout(() => drainTimeout.abort(), drainTimeoutMs)
    }
    services.set(endpoint.id, { serialized: encodeEndpoint(endpoint), worker, stop })
    worker.finished
      .then(() => wakeUp.resolve())
      // Progress that could not be saved is read again a moment later.
      .catch((error: unknown) => log.debug({ err: error, endpoint: endpoint.id }, 'a webhook begins anew'))
      .finally(() => {
        clearTimeout(drainTimer)
        services.delete(endpoint.id)
        isComparisonDue = true
      })
  }

  /** Starts workers for new endpoints, stops those of deleted ones, and restarts those of changed ones. */
  async function reconcileServices(leadership: Leadership, hardStop: AbortSignal): Promise<void> {
    const reports = await store.list()
    const active = new Map(
      reports
        .filter((report) => getEndpointState(report) === 'ACTIVE')
        .map((report) => [report.endpoint.id, report]),
    )
    for (const [id, { serialized, stop }] of services)
      if (serialized !== serializeEndpoint(active.get(id))) stop()
    for (const report of reports) if (!active.has(report.endpoint.id)) await clearServing(report, leadership)
    for (const id of active.keys()) {
      if (services.has(id)) continue
      // A worker that ended meanwhile may have saved newer progress than was read above.
      const report = await store.get(id)
      if (report !== null && getEndpointState(report) === 'ACTIVE' && !leadership.signal.aborted)
        startService(report, leadership, hardStop)
    }
  }

  /** Clears versions that a process has saved as in use and that no process uses any more. */
  async function clearServing({ endpoint, progress }: EndpointReport, leadership: Leadership): Promise<void> {
    if (progress === null || progress.serving === null || services.has(endpoint.id)) return
    await leadership.putValue(progressKey(endpoint.id), JSON.stringify({ ...progress, serving: null }))
  }

  /** Runs while this process holds the lease. */
  async function supervise(leadership: Leadership): Promise<void> {
    const hardStop = new AbortController()
    let lastRevision: string | null | undefined
    try {
      while (!leadership.signal.aborted) {
        const revision = await store.getRevision()
        if (isComparisonDue || revision !== lastRevision) {
          isComparisonDue = false
          await reconcileServices(leadership, hardStop.signal)
          lastRevision = revision
        }
        await waitForWork(leadership.signal)
      }
    } finally {
      await stopAllServices(hardStop)
    }
  }

  /** Waits for messages in flight, unless another process may send the same messages by now. */
  async function stopAllServices(hardStop: AbortController): Promise<void> {
    const all = [...services.values()]
    for (const { stop } of all) stop()
    const drainTimer = setTimeout(() => hardStop.abort(), stopping.signal.aborted ? drainTimeoutMs : 0)
    await Promise.allSettled(all.map(({ worker }) => worker.finished))
    clearTimeout(drainTimer)
    isComparisonDue = true
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      await leaderLease
        .runAsLeader(stopping.signal, supervise)
        .catch((error: unknown) => log.debug({ err: error }, 'webhooks wait'))
      await waitForWork(stopping.signal)
    }
  }

  const running = run()
  return {
    wake,
    get stats() {
      const all = [...services.values()].map(({ worker }) => worker.progress).filter((each) => each !== null)
      return {
        served: services.size,
        failing: all.filter(({ failure }) => failure !== null).length,
        behind: Math.max(
          0,
          ...all.map(({ frontier, incomplete }) => tools.hub.position - frontier + incomplete.length),
        ),
      }
    },
    async close() {
      stopping.abort()
      await running
      await leaderLease.close()
    },
  }
}

const serializeEndpoint = (report: EndpointReport | undefined): string | null =>
  report === undefined ? null : encodeEndpoint(report.endpoint)
