import { serializeAccessScope, type Viewer } from '../auth/viewer.ts'
import { runDelivery } from './delivery-run.ts'
import { type DeliveryTools, findEntitledViewer, readOrPause } from './delivery-tools.ts'
import {
  createPosition,
  type DeliveryProgress,
  type Endpoint,
  getStartPosition,
  type ServedVersion,
} from './endpoint.ts'

export type DeliveryWorkerOptions = {
  readonly endpoint: Endpoint
  readonly progress: DeliveryProgress | null
  readonly tools: DeliveryTools
  /** Saves progress durably. Rejects if another process sends now. */
  saveProgress(progress: DeliveryProgress): Promise<void>
  /** Stops the worker: it starts no more messages and finishes those in flight. */
  readonly signal: AbortSignal
  /** Version of the endpoint and lease under which the worker sends. */
  readonly serving: ServedVersion
  /** Returns whether that version is still the newest in the store. */
  isLatestVersion(): Promise<boolean>
  /** Returns whether this process certainly holds the lease now. */
  isHeld(): boolean
  /** Cancels the worker and its messages in flight, whose outcome is then unknown. */
  readonly hardStop: AbortSignal
}

/** A worker of one endpoint. */
export type DeliveryWorker = {
  /** Resolves when the worker has stopped: on request, because the endpoint was stopped, or because its API key was narrowed. Rejects if progress cannot be saved. */
  readonly finished: Promise<void>
  readonly progress: DeliveryProgress | null
}

/**
 * Sends the changes of one endpoint (`runDelivery`). A process that takes over repeats, with the same IDs, only messages whose acceptance was not
 * saved: at most as many as may be in flight.
 *
 * Before the first message, saves the version of the endpoint that it uses and then checks that this is the newest; clears it after the last
 * message. A process that changes the endpoint and then reads the saved version knows whether an older version may still be sent.
 */
export function startDeliveryWorker(options: DeliveryWorkerOptions): DeliveryWorker {
  const { endpoint, tools, signal, serving } = options
  const { journal, hub, log, metrics, now } = tools
  let savedProgress: DeliveryProgress | null = null

  async function saveProgress(progress: DeliveryProgress): Promise<DeliveryProgress> {
    await options.saveProgress(progress)
    savedProgress = progress
    return progress
  }

  async function run(): Promise<void> {
    const viewer = await readUntilStopped(() => findEntitledViewer(tools, endpoint))
    if (viewer === undefined) return
    if (viewer === null)
      return void (await saveProgress({ ...createInitialProgress(null), stopped: 'KEY_ENDED' }))
    const initial = createInitialProgress(serializeAccessScope(viewer))
    if (initial.stopped !== null) return
    const progress = await saveProgress({ ...(await addGapIfReplaced(initial)), serving })
    await saveProgress({ ...(await deliver(progress, viewer)), serving: null })
  }

  async function deliver(progress: DeliveryProgress, viewer: Viewer): Promise<DeliveryProgress> {
    if ((await readUntilStopped(options.isLatestVersion)) !== true) return progress
    return runDelivery({ ...options, viewer, progress, saveProgress })
  }

  /** Returns the start position: the saved one, or the one that the owner requested. `null` is an empty access scope. */
  function createInitialProgress(sight: string | null): DeliveryProgress {
    const before = options.progress
    const { generation } = endpoint
    if (before?.generation === generation) return before
    const start = getStartPosition(options) ?? createPosition({ epoch: journal.epoch, offset: hub.position })
    const { epoch, offset, frontier, incomplete } = start
    const knownSight = sight ?? before?.sight ?? ''
    const isSightChanged = before !== null && before.sight !== knownSight
    return {
      ...{ epoch, offset, frontier, incomplete, generation },
      sight: knownSight,
      deliveredAt: before?.deliveredAt ?? null,
      ...{ failing: [], failure: null, stopped: null, serving: null },
      gap: isSightChanged
        ? { reason: 'SIGHT_CHANGED', at: new Date(now()).toISOString() }
        : (before?.gap ?? null),
    }
  }

  /** A position in another journal is unusable: the worker sends a gap first and continues at the end of this journal. */
  async function addGapIfReplaced(progress: DeliveryProgress): Promise<DeliveryProgress> {
    const { epoch, frontier } = progress
    // Another process may have delivered changes that this process has not read yet.
    const isKnown =
      epoch === journal.epoch && (frontier <= hub.position || frontier <= (await journal.readHead()))
    if (isKnown) return progress
    metrics.countGap('JOURNAL_REPLACED')
    return {
      ...progress,
      ...createPosition({ epoch: journal.epoch, offset: hub.position }),
      failing: [],
      gap: { reason: 'JOURNAL_REPLACED', at: new Date(now()).toISOString() },
    }
  }

  async function readUntilStopped<T>(read: () => Promise<T>): Promise<T | undefined> {
    let result: T | undefined
    while (result === undefined && !signal.aborted)
      result = await readOrPause(read, signal, (error) =>
        log.debug({ err: error, endpoint: endpoint.id }, 'a webhook waits'),
      )
    return result
  }

  const finished = run()
  return {
    finished,
    get progress() {
      return savedProgress
    },
  }
}
