import { randomUUID } from 'node:crypto'
import type { Budget } from '../../auth/limits.ts'
import type { Viewer } from '../../auth/viewer.ts'
import { errorsOf, formatErrors, reportErrors } from '../errors.ts'
import { type Asked, executeOnce, type Prepared, prepare, serialise } from '../execution.ts'
import { bounds } from '../face.ts'
import { createFeedOperation } from '../operation.ts'
import { Refusal } from '../respond.ts'
import type { Transport } from '../transport.ts'
import { type Closing, closings, nextMessagesOf } from './messages.ts'

/** The socket, as its operations see it. */
export type Wire = {
  send(text: string): void
  /** False while the client leaves too much unread. */
  ready(): boolean
  close(closing: Closing): void
}

/** The operations that run on one socket, by the id its client gave them. */
export type Operations = {
  has(id: string): boolean
  start(id: string, payload: Asked | string): void
  refuse(id: string, refusal: Refusal): void
  /** The client wants no more of it. */
  stop(id: string): void
  stopAll(): void
}

/**
 * One operation, from `subscribe` until it is completed from either side. `leave` comes once it has joined the feed; a subscription
 * gives its place back when it's over.
 */
type Running = { leave: (() => void) | null; giveBack: (() => void) | null }

export function createOperations(transport: Transport, wire: Wire, viewer: Viewer): Operations {
  const running = new Map<string, Running>()
  const { engines, hub, log, metrics, trusted } = transport

  /** An id may be used anew once its operation is over: what belongs to the old one is told by identity, not by id. */
  const isCurrent = (id: string, operation: Running) => running.get(id) === operation

  function complete(id: string, operation: Running): void {
    if (!isCurrent(id, operation)) return
    running.delete(id)
    wire.send(JSON.stringify({ id, type: 'complete' }))
  }

  function fail(id: string, operation: Running, thrown: unknown): void {
    operation.giveBack?.()
    if (thrown instanceof Refusal) metrics.refused(thrown.code)
    if (!isCurrent(id, operation)) return
    running.delete(id)
    const payload = formatErrors(reportErrors(errorsOf(thrown), randomUUID(), log))
    wire.send(JSON.stringify({ id, type: 'error', payload }))
  }

  async function runOnce(
    id: string,
    operation: Running,
    prepared: Prepared,
    budget: Budget | null,
  ): Promise<void> {
    const requestId = randomUUID()
    const result = await executeOnce(engines, prepared, {
      viewer,
      requestId,
      after: prepared.params.after ?? null,
      budget,
    })
    if (isCurrent(id, operation)) wire.send(nextMessagesOf(id)(serialise(result, requestId, log)))
    complete(id, operation)
  }

  async function joinFeed(id: string, operation: Running, prepared: Prepared): Promise<void> {
    operation.giveBack = transport.allowance.open('subscriptions', viewer)
    const feed = await createFeedOperation(transport, prepared, viewer)
    if (!isCurrent(id, operation)) return
    const next = nextMessagesOf(id)
    const leave = await hub.join(feed, viewer, feed.after, {
      deliver(frame) {
        if (isCurrent(id, operation)) wire.send(next(frame.body))
      },
      ready: wire.ready,
      end: (reason) => wire.close(reason === 'shutdown' ? closings.restart : closings.tryAgain),
    })
    // Completed while it was joining: nobody else knows how to leave.
    if (isCurrent(id, operation)) operation.leave = leave
    else leave()
  }

  async function run(id: string, operation: Running, payload: Asked | string): Promise<void> {
    if (typeof payload === 'string') throw new Refusal(400, 'BAD_REQUEST', payload)
    const prepared = prepare(engines, trusted.resolve(viewer, payload), { viewer, requestId: id })
    if ('errors' in prepared) throw new AggregateError(prepared.errors)
    const budget = transport.allowance.spend(viewer, prepared)
    if (prepared.operation.operation === 'subscription') await joinFeed(id, operation, prepared)
    else await runOnce(id, operation, prepared, budget)
  }

  function begin(id: string): Running {
    const operation: Running = { leave: null, giveBack: null }
    running.set(id, operation)
    return operation
  }

  function refuse(id: string, refusal: Refusal): void {
    fail(id, begin(id), refusal)
  }

  function start(id: string, payload: Asked | string): void {
    const operation = begin(id)
    run(id, operation, payload).catch((error: unknown) => fail(id, operation, error))
  }

  function stop(id: string): void {
    const operation = running.get(id)
    running.delete(id)
    operation?.giveBack?.()
    operation?.leave?.()
  }

  return {
    has: (id) => running.has(id),
    start: (id, payload) =>
      running.size < bounds.subscriptionsPerSocket ? start(id, payload) : refuse(id, tooMany()),
    refuse,
    stop,
    stopAll() {
      for (const id of [...running.keys()]) stop(id)
    },
  }
}

function tooMany(): Refusal {
  const most = bounds.subscriptionsPerSocket
  return new Refusal(429, 'TOO_MANY_OPERATIONS', `One socket runs at most ${most} operations; open another.`)
}
