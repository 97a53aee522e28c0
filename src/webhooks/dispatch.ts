import { setTimeout as delay } from 'node:timers/promises'
import type { Journal } from '../journal/journal.ts'
import { createTurns, type Held } from '../journal/turn.ts'
import type { Logger } from '../log.ts'
import { type Courier, type CourierTools, startCourier } from './courier.ts'
import { type EndpointReport, stateOf } from './endpoint.ts'
import { type EndpointStore, progressKey, writeEndpoint } from './store.ts'

/** What this process sends now; nothing, while another one does. */
export type Served = { readonly served: number; readonly failing: number; readonly behind: number }

/** Sends to every endpoint, in one process at a time. */
export type Dispatch = {
  /** Looks at once for what owners have changed. */
  wake(): void
  readonly served: Served
  /** Begins no message any more, waits for those that are under way, and lets another process send. */
  close(): Promise<void>
}

export type DispatchOptions = {
  readonly journal: Journal
  readonly store: EndpointStore
  readonly tools: CourierTools
  readonly log: Logger
  /** Names this process, and no other. */
  readonly holder: string
  /** How often it looks for what owners have changed through another process. */
  readonly lookMs?: number
}

/** What is under way when the process stops has this long. */
const finishMs = 5_000

type Service = { readonly written: string; readonly courier: Courier; readonly end: AbortController }

export function startDispatch(options: DispatchOptions): Dispatch {
  const { journal, store, tools, log, holder, lookMs = 1_000 } = options
  const stopping = new AbortController()
  const services = new Map<string, Service>()
  let awake = Promise.withResolvers<void>()
  /** Whether endpoints are to be looked at, whatever their revision. */
  let isDue = true
  const turns = createTurns({ journal, name: 'webhooks', holder, log, onTaken: wake })

  function wake(): void {
    isDue = true
    awake.resolve()
  }

  /** A moment, which ends early when there is something to do. */
  async function moment(signal: AbortSignal): Promise<void> {
    await Promise.race([awake.promise, delay(lookMs, undefined, { signal, ref: false })]).catch(
      () => undefined,
    )
    awake = Promise.withResolvers()
  }

  function serve(report: EndpointReport, held: Held, cut: AbortSignal): void {
    const { endpoint } = report
    const end = new AbortController()
    const courier = startCourier({
      ...report,
      tools,
      keep: (progress) => held.keep(progressKey(endpoint.id), JSON.stringify(progress)),
      signal: AbortSignal.any([held.signal, end.signal]),
      cut,
    })
    services.set(endpoint.id, { written: writeEndpoint(endpoint), courier, end })
    courier.done
      .then(() => awake.resolve())
      // What couldn't be written down is read again, a moment later.
      .catch((error: unknown) => log.debug({ err: error, endpoint: endpoint.id }, 'a webhook begins anew'))
      .finally(() => {
        services.delete(endpoint.id)
        isDue = true
      })
  }

  /** Begins what owners have added, ends what they have taken away; what they have changed ends, and begins once it has. */
  async function compare(held: Held, cut: AbortSignal): Promise<void> {
    const reports = await store.all()
    const active = new Map(
      reports.filter((report) => stateOf(report) === 'ACTIVE').map((report) => [report.endpoint.id, report]),
    )
    for (const [id, { written, end }] of services) if (written !== writtenOf(active.get(id))) end.abort()
    for (const id of active.keys()) {
      if (services.has(id)) continue
      // What has ended meanwhile may have left other progress than was read above.
      const report = await store.get(id)
      if (report !== null && stateOf(report) === 'ACTIVE' && !held.signal.aborted) serve(report, held, cut)
    }
  }

  /** While it's this process's turn. */
  async function work(held: Held): Promise<void> {
    const cut = new AbortController()
    let seen: string | null | undefined
    try {
      while (!held.signal.aborted) {
        const revision = await store.revision()
        if (isDue || revision !== seen) {
          isDue = false
          await compare(held, cut.signal)
          seen = revision
        }
        await moment(held.signal)
      }
    } finally {
      await endAll(cut)
    }
  }

  /** Lets finish what is under way, unless another process may send the same by now. */
  async function endAll(cut: AbortController): Promise<void> {
    const all = [...services.values()]
    for (const { end } of all) end.abort()
    const cutting = setTimeout(() => cut.abort(), stopping.signal.aborted ? finishMs : 0)
    await Promise.allSettled(all.map(({ courier }) => courier.done))
    clearTimeout(cutting)
    isDue = true
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      await turns
        .take(stopping.signal, work)
        .catch((error: unknown) => log.debug({ err: error }, 'webhooks wait'))
      await moment(stopping.signal)
    }
  }

  const running = run()
  return {
    wake,
    get served() {
      const all = [...services.values()]
        .map(({ courier }) => courier.progress)
        .filter((each) => each !== null)
      return {
        served: services.size,
        failing: all.filter(({ failure }) => failure !== null).length,
        behind: Math.max(0, ...all.map(({ offset }) => tools.hub.position - offset)),
      }
    },
    async close() {
      stopping.abort()
      await running
      await turns.close()
    },
  }
}

const writtenOf = (report: EndpointReport | undefined): string | null =>
  report === undefined ? null : writeEndpoint(report.endpoint)
