import { setTimeout as delay } from 'node:timers/promises'
import { feedScopes, serializeAccessScope, type Viewer } from '../auth/viewer.ts'
import type { Catalog } from '../catalog/catalog.ts'
import type { Cursors } from '../feed/cursors.ts'
import type { GapReason } from '../feed/subscription.ts'
import type { SubscriptionHub } from '../feed/subscription-hub.ts'
import { searchVisible } from '../feed/visibility-filter.ts'
import type { Journal } from '../journal/journal.ts'
import type { Change } from '../model/change.ts'
import type { Logger } from '../observability/logger.ts'
import type { Metrics } from '../observability/metrics.ts'
import { getBackOffMs, giveUpAfterMs } from './back-off.ts'
import type { DeliveryProgress, Endpoint, ServedVersion } from './endpoint.ts'
import { getSendTarget, type HttpSender, type SendFailure } from './http-sender.ts'
import { createChangeMessage, createGapMessage, type Message, type MessageSource } from './message.ts'

/** Dependencies that all workers share. */
export type DeliveryTools = {
  readonly journal: Pick<Journal, 'epoch' | 'termAt' | 'search' | 'readHead'>
  readonly hub: Pick<SubscriptionHub, 'position' | 'waitForOffset'>
  readonly catalog: Pick<Catalog, 'unlockableEntranceIds' | 'recordFilterUsage'>
  readonly cursors: Pick<Cursors, 'write'>
  readonly sender: Pick<HttpSender, 'send'>
  /** Returns the viewer whose access scope an endpoint uses, or `null` if its API key has ended. */
  findViewer(endpoint: Endpoint): Promise<Viewer | null>
  readonly log: Pick<Logger, 'warn' | 'debug'>
  readonly metrics: Pick<Metrics, 'countWebhookAttempt' | 'countGap'>
  readonly now: () => number
  /** Length of a second in the delays between attempts, in ms. Default: 1,000. */
  readonly secondMs?: number
}

export type DeliveryWorkerOptions = {
  readonly endpoint: Endpoint
  readonly progress: DeliveryProgress | null
  readonly tools: DeliveryTools
  /** Saves progress durably. Rejects if another process sends now. */
  saveProgress(progress: DeliveryProgress): Promise<void>
  /** Stops the worker: it starts no more messages and finishes the one in flight. */
  readonly signal: AbortSignal
  /** Version of the endpoint and lease under which the worker sends. */
  readonly serving: ServedVersion
  /** Returns whether that version is still the newest in the store. */
  isLatestVersion(): Promise<boolean>
  /** Returns whether this process certainly holds the lease now. */
  isHeld(): boolean
  /** Cancels the worker and its message in flight, whose outcome is then unknown. */
  readonly hardStop: AbortSignal
}

/** A worker of one endpoint. */
export type DeliveryWorker = {
  /** Resolves when the worker has stopped: on request, because the endpoint was stopped, or because its API key was narrowed. Rejects if progress cannot be saved. */
  readonly finished: Promise<void>
  readonly progress: DeliveryProgress | null
}

/** Number of changes that are read at once. */
const pageSize = 200
/** Delay before a failed read of the store or of Seam is retried. */
const retryDelayMs = 1_000
/** Maximum time of one wait for changes. */
const idleWaitMs = 30_000

/**
 * Sends the changes of one endpoint in the journal's order, one message at a time: the next one after the previous one was accepted. Saves its
 * position after each message, so that a process that takes over repeats one message at most, with the same ID.
 *
 * Before the first message, saves the version of the endpoint that it uses and then checks that this is the newest; clears it after the last
 * message. A process that changes the endpoint and then reads the saved version knows whether an older version may still be sent.
 */
export function startDeliveryWorker(options: DeliveryWorkerOptions): DeliveryWorker {
  const { endpoint, tools, saveProgress, signal, hardStop, serving } = options
  const { journal, hub, catalog, cursors, sender, log, metrics, now } = tools
  let savedProgress: DeliveryProgress | null = null
  /** Offset up to which no change is to be sent, and which the saved progress does not include yet. */
  let scannedOffset = 0

  async function writeProgress(next: DeliveryProgress): Promise<DeliveryProgress> {
    const nextProgress = { ...next, serving: next.stopped === null ? next.serving : null }
    await saveProgress(nextProgress)
    savedProgress = nextProgress
    return nextProgress
  }

  /** Returns the viewer of the endpoint, or `null` if its API key has ended or does not have the scopes for webhooks any more. */
  async function findViewer(): Promise<Viewer | null> {
    const viewer = await tools.findViewer(endpoint)
    return viewer !== null && feedScopes.every((scope) => viewer.scopes.has(scope)) ? viewer : null
  }

  async function run(): Promise<void> {
    let viewer = await readOrPause(findViewer)
    while (viewer === undefined && !signal.aborted) viewer = await readOrPause(findViewer)
    if (viewer === undefined) return
    if (viewer === null)
      return void (await writeProgress({ ...createInitialProgress(null), stopped: 'KEY_ENDED' }))
    let current = createInitialProgress(serializeAccessScope(viewer))
    if (current.stopped !== null) return
    current = await writeProgress({ ...(await addGapIfReplaced(current)), serving })
    scannedOffset = current.offset
    current = await sendAll(current, viewer)
    if (current.serving !== null) await writeProgress({ ...current, serving: null })
  }

  async function sendAll(initial: DeliveryProgress, viewer: Viewer): Promise<DeliveryProgress> {
    let current = initial
    let isLatestVersion = await readOrPause(options.isLatestVersion)
    while (isLatestVersion === undefined && !signal.aborted)
      isLatestVersion = await readOrPause(options.isLatestVersion)
    if (isLatestVersion !== true) return current
    while (canSend(current, viewer)) current = await runStep(current, viewer)
    return current
  }

  const canSend = ({ stopped, sight }: DeliveryProgress, viewer: Viewer): boolean =>
    !signal.aborted && stopped === null && sight === serializeAccessScope(viewer)

  /** Returns the start position: the saved one, or the one that the owner requested. `null` is an empty access scope. */
  function createInitialProgress(sight: string | null): DeliveryProgress {
    const before = options.progress
    const { generation, from } = endpoint
    if (before?.generation === generation) return before
    const { epoch, offset } = from ?? before ?? { epoch: journal.epoch, offset: hub.position }
    const deliveredAt = before?.deliveredAt ?? null
    const knownSight = sight ?? before?.sight ?? ''
    const isSightChanged = before !== null && before.sight !== knownSight
    return {
      epoch,
      offset,
      generation,
      sight: knownSight,
      deliveredAt,
      stopped: null,
      serving: null,
      ...noFailure,
      gap: isSightChanged
        ? { reason: 'SIGHT_CHANGED', at: new Date(now()).toISOString() }
        : (before?.gap ?? null),
    }
  }

  /** A position in another journal is unusable: the worker sends a gap first and continues at the end of this journal. */
  async function addGapIfReplaced(current: DeliveryProgress): Promise<DeliveryProgress> {
    // Another process may have delivered changes that this process has not read yet.
    const isKnown =
      current.epoch === journal.epoch &&
      (current.offset <= hub.position || current.offset <= (await journal.readHead()))
    return isKnown ? current : addGap(current, 'JOURNAL_REPLACED', hub.position)
  }

  function addGap(current: DeliveryProgress, reason: GapReason, offset: number): DeliveryProgress {
    metrics.countGap(reason)
    const gap = { reason, at: new Date(now()).toISOString() }
    return { ...current, gap, epoch: journal.epoch, offset }
  }

  async function runStep(current: DeliveryProgress, viewer: Viewer): Promise<DeliveryProgress> {
    if (current.gap !== null) {
      const { isDelivered, progress: latest } = await attemptDelivery(
        current,
        createGapMessage(toMessageSource(current.offset, viewer), current.gap),
      )
      return isDelivered ? writeProgress({ ...latest, gap: null }) : latest
    }
    catalog.recordFilterUsage(viewer, endpoint.filter)
    if (scannedOffset < hub.position) return sendPage(current, viewer)
    await hub.waitForOffset(scannedOffset + 1, idleWaitMs, signal)
    return current
  }

  async function sendPage(current: DeliveryProgress, viewer: Viewer): Promise<DeliveryProgress> {
    const range = { after: scannedOffset, upTo: hub.position, limit: pageSize }
    const selection = { viewer, filter: endpoint.filter }
    const searchResult = await readOrPause(() => searchVisible(selection, catalog, journal, range))
    if (searchResult === undefined) return current
    if (!searchResult.isComplete) {
      scannedOffset = hub.position
      return writeProgress(addGap(current, 'EXPIRED', scannedOffset))
    }
    const { changes } = searchResult
    let latest = current
    for (const change of changes) {
      latest = await deliverChange(latest, change, viewer)
      if (latest.offset !== change.offset) return latest
    }
    if (changes.length < pageSize) scannedOffset = range.upTo
    // The position after changes that were not sent is saved occasionally; reading them again is cheap.
    return scannedOffset - latest.offset >= pageSize
      ? writeProgress({ ...latest, offset: scannedOffset })
      : latest
  }

  /** Sends one change until it is accepted. If the worker is stopped before that, the position does not move. */
  async function deliverChange(
    current: DeliveryProgress,
    change: Change,
    viewer: Viewer,
  ): Promise<DeliveryProgress> {
    const message = createChangeMessage(toMessageSource(change.offset, viewer), change, viewer)
    let latest = current
    while (canSend(latest, viewer)) {
      const attempt = await attemptDelivery(latest, message)
      latest = attempt.progress
      if (!attempt.isDelivered) continue
      scannedOffset = change.offset
      return writeProgress({ ...latest, offset: change.offset })
    }
    return latest
  }

  /** Makes one attempt when it is due. Saves a failure; the caller saves a success. */
  async function attemptDelivery(
    current: DeliveryProgress,
    message: Message,
  ): Promise<{ isDelivered: boolean; progress: DeliveryProgress }> {
    if (current.nextTryAt !== null) await pause(Date.parse(current.nextTryAt) - now())
    const viewer = await readOrPause(findViewer)
    if (viewer === undefined || signal.aborted) return { isDelivered: false, progress: current }
    if (viewer === null)
      return { isDelivered: false, progress: await writeProgress({ ...current, stopped: 'KEY_ENDED' }) }
    const sight = serializeAccessScope(viewer)
    // The API key was narrowed. The message may contain more than it allows now. The next worker starts with the gap.
    if (sight !== current.sight) {
      const gap = addGap(current, 'SIGHT_CHANGED', current.offset)
      return { isDelivered: false, progress: await writeProgress({ ...gap, sight }) }
    }
    if (!options.isHeld()) throw new Error('The lease has ended: another process may be sending.')
    const result = await sender.send(getSendTarget(endpoint, now()), message, hardStop)
    if (result.kind !== 'DELIVERED')
      return {
        isDelivered: false,
        progress: hardStop.aborted ? current : await writeProgress(recordFailure(current, result)),
      }
    metrics.countWebhookAttempt('delivered')
    return {
      isDelivered: true,
      progress: { ...current, ...noFailure, deliveredAt: new Date(now()).toISOString() },
    }
  }

  function recordFailure(current: DeliveryProgress, result: SendFailure): DeliveryProgress {
    const time = new Date(now()).toISOString()
    const failures = current.failures + 1
    const failingSince = current.failingSince ?? time
    const isGivenUp = now() - Date.parse(failingSince) >= giveUpAfterMs
    const stopped = result.kind === 'GONE' ? 'GONE' : isGivenUp ? 'FAILING' : null
    const { status, message } = result
    metrics.countWebhookAttempt('failed')
    if (stopped !== null)
      log.warn({ endpoint: endpoint.id, owner: endpoint.owner, stopped, message }, 'a webhook was stopped')
    else log.debug({ endpoint: endpoint.id, failures, message }, 'a webhook was not taken')
    const nextTryAt = new Date(
      now() + getBackOffMs(failures, result.retryAfterMs, Math.random(), tools.secondMs),
    ).toISOString()
    return { ...current, failure: { at: time, status, message }, failures, failingSince, nextTryAt, stopped }
  }

  function toMessageSource(offset: number, viewer: Viewer): MessageSource {
    const position = { epoch: journal.epoch, offset }
    const term = journal.termAt(offset) ?? ''
    return { endpointId: endpoint.id, position, term, cursor: cursors.write(viewer, offset) }
  }

  /** Reads from the store or Seam. Resolves to `undefined` if that fails, after a delay, or at once if the worker is stopping. */
  async function readOrPause<T>(read: () => Promise<T>): Promise<T | undefined> {
    if (signal.aborted) return undefined
    try {
      return await resolveUnlessAborted(read(), signal)
    } catch (error) {
      log.debug({ err: error, endpoint: endpoint.id }, 'a webhook waits')
      await pause(retryDelayMs)
      return undefined
    }
  }

  const pause = (ms: number): Promise<void> =>
    delay(Math.max(0, ms), undefined, { signal, ref: false }).catch(() => undefined)

  const finished = run()
  return {
    finished,
    get progress() {
      return savedProgress
    },
  }
}

/** Resolves to the result of a promise, or to `undefined` as soon as the signal aborts. */
function resolveUnlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const end = (): void => resolve(undefined)
    signal.addEventListener('abort', end, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', end))
  })
}

const noFailure = { failure: null, failingSince: null, failures: 0, nextTryAt: null } as const
