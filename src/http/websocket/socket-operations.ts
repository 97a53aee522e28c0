import { randomUUID } from 'node:crypto'
import type { Viewer } from '../../auth/viewer.ts'
import type { PreparedOperation } from '../graphql/graphql-request.ts'
import { respondToOperation } from '../graphql/operation-execution.ts'
import type { ComplexityCharge } from '../graphql/rate-limiter.ts'
import { createFeedSubscription } from '../streaming/feed-subscription.ts'
import type { OperationServices } from '../streaming/operation-services.ts'
import { type CloseReason, closeReasons, createNextMessageWriter, createProgressMessage } from './messages.ts'

/** The interface of a socket for its operations. */
export type SocketConnection = {
  send(text: string): void
  /** Whether the unread data of the client is below `sizeLimits.maxUnreadBytes`. */
  isReady(): boolean
  /** Whether the socket is closed or closing. Nothing is sent then. */
  readonly isClosed: boolean
  close(reason: CloseReason): void
}

export type OperationOptions = {
  readonly services: OperationServices
  readonly socket: SocketConnection
  readonly viewer: Viewer
  /** The id that the client has chosen for the operation. */
  readonly id: string
  readonly prepared: PreparedOperation
}

/** An operation for graphql-ws: an async iterator without values, which ends or throws. */
export type Operation = AsyncIterableIterator<never, undefined>

/**
 * Creates an operation, which starts when `next` is called. It writes its `next` messages to the socket itself, since the group of a
 * subscription shares their bodies. graphql-ws writes `complete` when the operation ends, and `error` when it throws.
 *
 * `return` ends it synchronously, even if it waits, and afterwards it neither sends nor throws. graphql-ws identifies operations only by id:
 * a late end would complete a newer operation with the same id.
 */
export function createOperation({ services, socket, viewer, id, prepared }: OperationOptions): Operation {
  const { rateLimiter, hub } = services
  const { promise: outcome, resolve, reject } = Promise.withResolvers<IteratorReturnResult<undefined>>()
  const ended = { done: true, value: undefined } as const
  const writeNext = createNextMessageWriter(id)
  const releases: (() => void)[] = []
  /** Released when the operation starts: a group of subscribers keeps one document for all of them. */
  let waiting: PreparedOperation | null = prepared
  let isOver = false

  /** Calls `release` when the operation is over, or immediately if it is over already. */
  function releaseAtEnd(release: () => void): void {
    if (isOver) release()
    else releases.push(release)
  }

  /** Ends the operation. `outcome` is settled only once, so later reports have no effect. */
  function settle(report: () => void): void {
    isOver = true
    for (const release of releases.splice(0)) release()
    report()
  }

  const finish = (): void => settle(() => resolve(ended))

  async function run(operation: PreparedOperation): Promise<void> {
    // The watch detects a revoked credential only within a second. No operation starts in between.
    const end = await services.findEndReason(viewer)
    if (end !== null) return socket.close(closeReasons[end])
    if (isOver) return
    const charge = rateLimiter.charge(viewer, operation)
    try {
      if (operation.operation.operation === 'subscription') await runSubscription(operation, charge)
      else await runOnce(operation, charge)
    } finally {
      charge?.refundUnlessStarted()
    }
  }

  /** Executes a query or mutation. It continues after its client has completed it: others may reuse the response, and a mutation is never interrupted. */
  async function runOnce(operation: PreparedOperation, charge: ComplexityCharge | null): Promise<void> {
    const { body } = await respondToOperation(services, operation, {
      viewer,
      requestId: randomUUID(),
      after: operation.params.after ?? null,
      charge,
      onProgress(progress) {
        if (!isOver) socket.send(createProgressMessage(id, progress))
      },
    })
    if (!isOver) socket.send(writeNext(body.toString()))
    finish()
  }

  async function runSubscription(
    operation: PreparedOperation,
    charge: ComplexityCharge | null,
  ): Promise<void> {
    releaseAtEnd(rateLimiter.acquireSlot('subscriptions', viewer))
    const subscription = await createFeedSubscription(services, operation, viewer)
    if (isOver) return
    const { formatBody } = subscription
    const cursors = [operation.params.after ?? null, subscription.after].filter((cursor) => cursor !== null)
    const unsubscribe = await hub.subscribe(subscription, viewer, cursors, {
      deliver(frame) {
        if (!isOver) socket.send(writeNext(formatBody(frame)))
      },
      isReady: socket.isReady,
      end: (reason) => socket.close(reason === 'shutdown' ? closeReasons.restart : closeReasons.tryAgain),
    })
    charge?.markStarted()
    releaseAtEnd(unsubscribe)
  }

  return {
    next() {
      if (waiting !== null) run(waiting).catch((error: unknown) => settle(() => reject(error)))
      waiting = null
      return outcome
    },
    return() {
      finish()
      return Promise.resolve(ended)
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
