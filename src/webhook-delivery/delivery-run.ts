import { setMaxListeners } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { serializeAccessScope, type Viewer } from '../auth/viewer.ts'
import { searchVisible } from '../feed/visibility-filter.ts'
import type { SearchRange, SearchResult } from '../journal/stepwise-search.ts'
import type { Change } from '../model/change.ts'
import { getBackOffMs, giveUpAfterMs } from './back-off.ts'
import {
  type DeliveryTools,
  findEntitledViewer,
  pause,
  readOrPause,
  resolveUnlessAborted,
} from './delivery-tools.ts'
import { createDeliveryWindow } from './delivery-window.ts'
import type { DeliveryProgress, Endpoint, FailingMessage, StopReason } from './endpoint.ts'
import { createGroupedSave } from './grouped-save.ts'
import { getSendTarget, type SendFailure } from './http-sender.ts'
import { createChangeMessage, createGapMessage, type Message, type MessageSource } from './message.ts'

export type DeliveryRunOptions = {
  readonly endpoint: Endpoint
  readonly viewer: Viewer
  /** Position in this journal, and the state of failing messages. */
  readonly progress: DeliveryProgress
  readonly tools: DeliveryTools
  /** Saves progress durably. Rejects if another process sends now. */
  saveProgress(progress: DeliveryProgress): Promise<unknown>
  /** Returns whether this process certainly holds the lease now. */
  isHeld(): boolean
  /** Starts no more messages; those in flight are finished. */
  readonly signal: AbortSignal
  /** Cancels messages in flight, whose outcome is then unknown. */
  readonly hardStop: AbortSignal
}

/** Number of changes that are read at once. */
const pageSize = 200
/** Maximum number of changes that are read and not delivered, for endpoints with several messages in flight. */
const maxWindowSize = 5 * pageSize
/** Maximum time of one wait for changes. */
const idleWaitMs = 30_000
/** Time for which accepted messages are collected before they are saved together, if other messages are in flight. */
const collectMs = 10

/**
 * Sends changes to an endpoint until a signal aborts or the endpoint is stopped. Up to `endpoint.parallel` messages are in flight; of changes that share
 * an ordering key, a later one is sent after the acceptance of the earlier one was saved. A failing message keeps its place among
 * those in flight until it is accepted.
 *
 * Resolves to the progress to save, once no message is in flight. Rejects, also then, if progress cannot be saved.
 */
export async function runDelivery(options: DeliveryRunOptions): Promise<DeliveryProgress> {
  const { endpoint, viewer, progress: initial, tools, hardStop } = options
  const { journal, hub, catalog, cursors, sender, log, metrics, now } = tools
  const ended = new AbortController()
  const stop = AbortSignal.any([options.signal, ended.signal])
  setMaxListeners(0, stop)

  const window = createDeliveryWindow(initial)
  const failing = new Map(initial.failing.map((each) => [each.offset, each]))
  const deliveries = new Set<Promise<void>>()
  const errors: unknown[] = []
  let { gap, deliveredAt, failure, sight, stopped } = initial
  /** Offset up to which the journal was read. */
  let scannedOffset = initial.frontier
  let savedFrontier = initial.frontier
  let openRequests = 0
  let released = Promise.withResolvers<void>()

  function createProgress(): DeliveryProgress {
    return {
      ...initial,
      ...window.positionAt(scannedOffset),
      ...{ gap, deliveredAt, failing: [...failing.values()], failure, sight, stopped },
    }
  }

  const save = createGroupedSave(
    async () => {
      const progress = createProgress()
      await options.saveProgress(progress)
      savedFrontier = progress.frontier
    },
    // Without other messages in flight, nothing could share the save.
    async () => openRequests > 0 && delay(collectMs),
  )

  function endWith(reason: StopReason): void {
    stopped ??= reason
    ended.abort()
  }

  /** If the API key was narrowed, messages may contain more than it allows now. Then the next worker starts with a gap. */
  function endIfSightChanged(owner: Viewer): void {
    const currentSight = serializeAccessScope(owner)
    if (sight === currentSight) return
    sight = currentSight
    metrics.countGap('SIGHT_CHANGED')
    gap = { reason: 'SIGHT_CHANGED', at: new Date(now()).toISOString() }
    ended.abort()
  }

  function fail(error: unknown): void {
    errors.push(error)
    ended.abort()
  }

  // ---- Reading

  async function readChanges(): Promise<void> {
    if (gap !== null) await deliverGap()
    await readIncomplete()
    while (!stop.aborted) {
      catalog.recordFilterUsage(viewer, endpoint.filter)
      if (!hasRoom()) await waitForRelease()
      else if (scannedOffset < hub.position) await readPage()
      else await hub.waitForOffset(scannedOffset + 1, idleWaitMs, stop)
    }
  }

  /** With one message in flight, a page is read once the previous one was delivered. */
  const hasRoom = (): boolean =>
    window.size === 0 || (endpoint.parallel > 1 && window.size + pageSize <= maxWindowSize)

  const waitForRelease = (): Promise<unknown> => resolveUnlessAborted(released.promise, stop)

  const read = <T>(run: () => Promise<T>): Promise<T | undefined> =>
    readOrPause(run, stop, (error) => log.debug({ err: error, endpoint: endpoint.id }, 'a webhook waits'))

  const search = (range: SearchRange): Promise<SearchResult | undefined> =>
    read(() => searchVisible({ viewer, filter: endpoint.filter }, catalog, journal, range))

  async function readPage(): Promise<void> {
    const range = { after: scannedOffset, upTo: hub.position, limit: pageSize }
    const page = await search(range)
    if (page === undefined) return
    if (!page.isComplete) return skipTrimmed()
    const { changes } = page
    for (const change of changes) window.add(change)
    scannedOffset = changes.length < pageSize ? range.upTo : (changes.at(-1)?.offset ?? range.upTo)
    startDeliveries()
    const hasExcluded = forgetExcludedFailures()
    // The position after changes that were not sent is saved occasionally; reading them again is cheap.
    if (hasExcluded || createProgress().frontier - savedFrontier >= pageSize) await save()
  }

  /** Reads the changes that the previous worker skipped. Those that the filter excludes now count as delivered. */
  async function readIncomplete(): Promise<void> {
    for (const { after, upTo } of toSpans(initial.incomplete, pageSize)) {
      let span: SearchResult | undefined
      while (span === undefined && !stop.aborted)
        // A change is sent only after the feed has reached it.
        if (hub.position < upTo) await hub.waitForOffset(upTo, idleWaitMs, stop)
        else span = await search({ after, upTo, limit: pageSize })
      if (span === undefined) return
      if (!span.isComplete) return skipTrimmed()
      const selected = new Map(span.changes.map((change) => [change.offset, change]))
      for (const offset of initial.incomplete.filter((each) => each > after && each <= upTo)) {
        const change = selected.get(offset)
        if (change === undefined) window.exclude(offset)
        else window.add(change)
      }
      startDeliveries()
    }
    forgetExcludedFailures()
  }

  /** Forgets failures of messages that are not to be sent any more. Returns whether there were any. */
  function forgetExcludedFailures(): boolean {
    const excluded = [...failing.keys()].filter(
      (offset) => offset <= scannedOffset && !window.isIncomplete(offset),
    )
    for (const offset of excluded) forgetFailure(offset)
    return excluded.length > 0
  }

  function forgetFailure(offset: number): void {
    failing.delete(offset)
    if (failing.size === 0) failure = null
  }

  /** Changes after the position are no longer in the journal: sends a gap after the changes that were read, and continues at its end. */
  async function skipTrimmed(): Promise<void> {
    while (window.size > 0 && !stop.aborted) await waitForRelease()
    if (stop.aborted) return
    for (const offset of initial.incomplete) window.exclude(offset)
    scannedOffset = hub.position
    metrics.countGap('EXPIRED')
    gap = { reason: 'EXPIRED', at: new Date(now()).toISOString() }
    await save()
    await deliverGap()
  }

  // ---- Sending

  function startDeliveries(): void {
    while (!stop.aborted && deliveries.size < endpoint.parallel) {
      const change = window.takeNext()
      if (change === undefined) return
      const delivery = deliverChange(change)
        .catch(fail)
        .finally(() => {
          deliveries.delete(delivery)
          startDeliveries()
        })
      deliveries.add(delivery)
    }
  }

  async function deliverChange(change: Change): Promise<void> {
    const message = createChangeMessage(toMessageSource(change.offset), change, viewer)
    if (!(await sendUntilAccepted(change.offset, message))) return
    window.accept(change)
    await save()
    window.release(change)
    released.resolve()
    released = Promise.withResolvers()
  }

  /** Sends the gap while no other message is in flight. */
  async function deliverGap(): Promise<void> {
    if (gap === null) return
    const { offset } = createProgress()
    if (!(await sendUntilAccepted(offset, createGapMessage(toMessageSource(offset), gap)))) return
    gap = null
    await save()
  }

  /** Resolves to `false` if the worker or the endpoint is stopped before. */
  async function sendUntilAccepted(offset: number, message: Message): Promise<boolean> {
    while (!stop.aborted) {
      const nextTryAt = failing.get(offset)?.nextTryAt
      if (nextTryAt !== undefined) await pause(Date.parse(nextTryAt) - now(), stop)
      const owner = await read(() => findEntitledViewer(tools, endpoint))
      if (owner === null) endWith('KEY_ENDED')
      else if (owner !== undefined) endIfSightChanged(owner)
      if (owner === undefined || stop.aborted) continue
      if (!options.isHeld()) throw new Error('The lease has ended: another process may be sending.')
      openRequests++
      const result = await sender.send(getSendTarget(endpoint, now()), message, hardStop)
      openRequests--
      if (result.kind === 'DELIVERED') {
        metrics.countWebhookAttempt('delivered')
        forgetFailure(offset)
        deliveredAt = new Date(now()).toISOString()
        return true
      }
      if (hardStop.aborted) return false
      recordFailure(offset, result)
      await save()
    }
    return false
  }

  function recordFailure(offset: number, { kind, status, message, retryAfterMs }: SendFailure): void {
    metrics.countWebhookAttempt('failed')
    const at = new Date(now()).toISOString()
    const before = failing.get(offset)
    const failures = (before?.failures ?? 0) + 1
    const failingSince = before?.failingSince ?? at
    const waitMs = getBackOffMs(failures, retryAfterMs, Math.random(), tools.secondMs)
    const next: FailingMessage = {
      ...{ offset, failures, failingSince },
      nextTryAt: new Date(now() + waitMs).toISOString(),
    }
    failing.set(offset, next)
    failure = { at, status, message }
    const isGivenUp = now() - Date.parse(failingSince) >= giveUpAfterMs
    if (kind === 'GONE' || isGivenUp) {
      const reason = kind === 'GONE' ? 'GONE' : 'FAILING'
      log.warn({ endpoint: endpoint.id, owner: endpoint.owner, reason, message }, 'a webhook was stopped')
      endWith(reason)
    } else log.debug({ endpoint: endpoint.id, failures, message }, 'a webhook was not taken')
  }

  function toMessageSource(offset: number): MessageSource {
    const position = { epoch: journal.epoch, offset }
    const term = journal.termAt(offset) ?? ''
    return { endpointId: endpoint.id, position, term, cursor: cursors.write(viewer, offset) }
  }

  await readChanges().catch(fail)
  await Promise.all(deliveries)
  if (errors.length > 0) throw errors[0]
  return createProgress()
}

/** Divides ascending offsets into ranges of at most `maxLength` changes. */
function toSpans(
  offsets: readonly number[],
  maxLength: number,
): readonly { readonly after: number; readonly upTo: number }[] {
  const spans: { after: number; upTo: number }[] = []
  for (const offset of offsets) {
    const last = spans.at(-1)
    if (last !== undefined && offset - last.after <= maxLength) last.upTo = offset
    else spans.push({ after: offset - 1, upTo: offset })
  }
  return spans
}
