import { setTimeout as delay } from 'node:timers/promises'
import { sightOf, type Viewer } from '../auth/viewer.ts'
import type { Catalog } from '../catalog/catalog.ts'
import type { GapReason } from '../feed/batch.ts'
import type { Cursors } from '../feed/cursors.ts'
import type { Hub } from '../feed/hub.ts'
import { select } from '../feed/select.ts'
import type { Journal } from '../journal/journal.ts'
import type { Logger } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import type { Change } from '../model/change.ts'
import { asksForOwners, passesFilter } from '../model/change-filter.ts'
import type { Endpoint, Progress } from './endpoint.ts'
import { changeMessage, gapMessage, type Message, type MessageSource } from './message.ts'
import { giveUpMs, waitAfter } from './schedule.ts'
import type { Failed, Sender, Target } from './sender.ts'

/** What all couriers work with. */
export type CourierTools = {
  readonly journal: Pick<Journal, 'epoch' | 'read' | 'head'>
  readonly hub: Pick<Hub, 'position' | 'reached'>
  readonly catalog: Pick<Catalog, 'locate' | 'sees'>
  readonly cursors: Pick<Cursors, 'write'>
  readonly sender: Pick<Sender, 'send'>
  /** In whose name an endpoint is sent to; `null` when its key is no more. */
  viewerOf(endpoint: Endpoint): Promise<Viewer | null>
  readonly log: Pick<Logger, 'warn' | 'debug'>
  readonly metrics: Pick<Metrics, 'webhookTried' | 'gapGiven'>
  readonly now: () => number
  /** The length of a second in the waits between tries, where it isn't to be as usual. */
  readonly secondMs?: number
}

export type CourierOptions = {
  readonly endpoint: Endpoint
  readonly progress: Progress | null
  readonly tools: CourierTools
  /** Writes progress down, durably. Rejects once another process is the one that sends. */
  keep(progress: Progress): Promise<void>
  /** Ends it: no message is begun any more, and the one that is under way is finished. */
  readonly signal: AbortSignal
  /** Ends it at once. */
  readonly cut: AbortSignal
}

/** One endpoint being served. */
export type Courier = {
  /** Resolves when it has ended: told to, or because the endpoint was stopped. Rejects where progress can't be written. */
  readonly done: Promise<void>
  readonly progress: Progress | null
}

/** Changes that are looked through at once. */
const pageSize = 200
/** What can't be decided just now is asked again after this. */
const againMs = 1_000
/** How long to wait for changes, before waiting anew. */
const idleMs = 30_000

/**
 * Sends one endpoint what it wants, in the journal's order and one message at a time: the next begins when the last was taken. How far it
 * is, is written down after each, so that a process that takes over repeats one message at most, under the same id.
 */
export function startCourier(options: CourierOptions): Courier {
  const { endpoint, tools, keep, signal, cut } = options
  const { journal, hub, catalog, cursors, sender, log, metrics, now } = tools
  let progress: Progress | null = null
  /** Up to where nothing was to be sent that progress doesn't include yet. */
  let passed = 0

  async function write(next: Progress): Promise<Progress> {
    await keep(next)
    progress = next
    return next
  }

  async function run(): Promise<void> {
    let viewer = await asked(() => tools.viewerOf(endpoint))
    while (viewer === undefined && !signal.aborted) viewer = await asked(() => tools.viewerOf(endpoint))
    if (viewer === undefined) return
    if (viewer === null) return void (await write({ ...begin(null), stopped: 'KEY_ENDED' }))
    let at = begin(sightOf(viewer))
    if (at.stopped !== null) return
    at = await write(await withGap(at))
    passed = at.offset
    while (!signal.aborted && at.stopped === null) at = await step(at, viewer)
  }

  /** Where it stands: where it was, or where its owner has it begin. `null` is the sight of nobody. */
  function begin(sight: string | null): Progress {
    const before = options.progress
    const { generation, from } = endpoint
    if (before?.generation === generation) return before
    const { epoch, offset } = from ?? before ?? { epoch: journal.epoch, offset: hub.position }
    const deliveredAt = before?.deliveredAt ?? null
    const seen = sight ?? before?.sight ?? ''
    const isOther = before !== null && before.sight !== seen
    return {
      ...{ epoch, offset, generation, sight: seen, deliveredAt, stopped: null, ...unfailed },
      gap: isOther ? { reason: 'SIGHT_CHANGED', at: new Date(now()).toISOString() } : (before?.gap ?? null),
    }
  }

  /** A place in another journal is none: that is told first, and the journal there is goes on at its end. */
  async function withGap(at: Progress): Promise<Progress> {
    // This process may not have taken up yet what another one has told.
    const isKnown =
      at.epoch === journal.epoch && (at.offset <= hub.position || at.offset <= (await journal.head()))
    return isKnown ? at : gapped(at, 'JOURNAL_REPLACED', hub.position)
  }

  function gapped(at: Progress, reason: GapReason, offset: number): Progress {
    metrics.gapGiven(reason)
    const gap = { reason, at: new Date(now()).toISOString() }
    return { ...at, gap, epoch: journal.epoch, offset }
  }

  async function step(at: Progress, viewer: Viewer): Promise<Progress> {
    if (at.gap !== null) {
      const { isTaken, at: here } = await deliver(at, gapMessage(sourceOf(at.offset, viewer), at.gap))
      return isTaken ? write({ ...here, gap: null }) : here
    }
    if (passed < hub.position) return page(at, viewer)
    await hub.reached(passed + 1, idleMs, signal)
    return at
  }

  async function page(at: Progress, viewer: Viewer): Promise<Progress> {
    const changes = await asked(() => journal.read(passed, Math.min(pageSize, hub.position - passed)))
    if (changes === undefined) return at
    if (changes[0]?.offset !== passed + 1) {
      passed = hub.position
      return write(gapped(at, 'EXPIRED', passed))
    }
    const selection = { viewer, wants, needsOwners: asksForOwners(endpoint.filter) }
    const mine = await asked(() => select(selection, catalog, changes))
    if (mine === undefined) return at
    let here = at
    for (const change of mine) {
      here = await tell(here, change, viewer)
      if (here.offset !== change.offset) return here
    }
    passed = changes.at(-1)?.offset ?? passed
    // What was passed over is written down now and then: to look through it again costs little.
    return passed - here.offset >= pageSize ? write({ ...here, offset: passed }) : here
  }

  const wants = (change: Change): boolean => passesFilter(endpoint.filter, change)

  /** Tells one change, however many tries it takes. The offset isn't beyond it when it was ended, or stopped, before it was taken. */
  async function tell(at: Progress, change: Change, viewer: Viewer): Promise<Progress> {
    const message = changeMessage(sourceOf(change.offset, viewer), change, viewer)
    let here = at
    while (!signal.aborted && here.stopped === null) {
      const tried = await deliver(here, message)
      here = tried.at
      if (!tried.isTaken) continue
      passed = change.offset
      return write({ ...here, offset: change.offset })
    }
    return here
  }

  /** One try, once it's time for it. A failure is written down; that it was taken isn't yet. */
  async function deliver(at: Progress, message: Message): Promise<{ isTaken: boolean; at: Progress }> {
    if (at.nextTryAt !== null) await pause(Date.parse(at.nextTryAt) - now())
    const viewer = await asked(() => tools.viewerOf(endpoint))
    if (viewer === undefined || signal.aborted) return { isTaken: false, at }
    if (viewer === null) return { isTaken: false, at: await write({ ...at, stopped: 'KEY_ENDED' }) }
    const result = await sender.send(targetNow(), message, cut)
    if (result.kind !== 'DELIVERED')
      return { isTaken: false, at: cut.aborted ? at : await write(afterFailure(at, result)) }
    metrics.webhookTried('delivered')
    return { isTaken: true, at: { ...at, ...unfailed, deliveredAt: new Date(now()).toISOString() } }
  }

  function targetNow(): Target {
    const living = endpoint.secrets.filter(({ until }) => until === null || Date.parse(until) > now())
    return { url: endpoint.url, secrets: living.map(({ secret }) => secret) }
  }

  function afterFailure(at: Progress, result: Failed): Progress {
    const time = new Date(now()).toISOString()
    const failures = at.failures + 1
    const failingSince = at.failingSince ?? time
    const isGivenUp = now() - Date.parse(failingSince) >= giveUpMs
    const stopped = result.kind === 'GONE' ? 'GONE' : isGivenUp ? 'FAILING' : null
    const { status, message } = result
    metrics.webhookTried('failed')
    if (stopped !== null)
      log.warn({ endpoint: endpoint.id, owner: endpoint.owner, stopped, message }, 'a webhook was stopped')
    else log.debug({ endpoint: endpoint.id, failures, message }, 'a webhook was not taken')
    const nextTryAt = new Date(
      now() + waitAfter(failures, result.retryAfterMs, Math.random(), tools.secondMs),
    ).toISOString()
    return { ...at, failure: { at: time, status, message }, failures, failingSince, nextTryAt, stopped }
  }

  function sourceOf(offset: number, viewer: Viewer): MessageSource {
    const place = { epoch: journal.epoch, offset }
    return { endpointId: endpoint.id, place, cursor: cursors.write(viewer, offset) }
  }

  /** What a store or Seam answers; `undefined`, a moment later, when it can't say now. */
  async function asked<T>(ask: () => Promise<T>): Promise<T | undefined> {
    try {
      return await ask()
    } catch (error) {
      log.debug({ err: error, endpoint: endpoint.id }, 'a webhook waits')
      await pause(againMs)
      return undefined
    }
  }

  const pause = (ms: number): Promise<void> =>
    delay(Math.max(0, ms), undefined, { signal, ref: false }).catch(() => undefined)

  const done = run()
  return {
    done,
    get progress() {
      return progress
    },
  }
}

const unfailed = { failure: null, failingSince: null, failures: 0, nextTryAt: null } as const
