import { randomUUID } from 'node:crypto'
import type { Viewer } from '../../auth/viewer.ts'
import type { RenderedBatch, SubscriberSink } from '../../feed/subscription.ts'
import type { PreparedOperation } from '../graphql/graphql-request.ts'
import { respondToOperation } from '../graphql/operation-execution.ts'
import type { ComplexityCharge } from '../graphql/rate-limiter.ts'
import { createFeedSubscription, type FeedSubscription } from '../streaming/feed-subscription.ts'
import type { OperationServices } from '../streaming/operation-services.ts'
import {
  type CloseReason,
  closeReasons,
  createFeedMessage,
  createNextMessage,
  createProgressMessage,
  writeNextHead,
} from './messages.ts'

/** The interface of a socket for its operations. */
export type SocketConnection = {
  /** Sends a text message, as a string or in UTF-8. Terminates a socket with too much unread data. */
  send(message: string | Buffer): void
  /** Whether the unread data of the client is below `sizeLimits.maxUnreadBytes`. */
  isReady(): boolean
  /** Whether the socket is closed or closing. Nothing is sent then. */
  readonly isClosed: boolean
  closeFor(reason: CloseReason): void
}

export type OperationOptions = {
  readonly services: OperationServices
  readonly socket: SocketConnection
  readonly viewer: Viewer
  /** The id that the client has chosen for the operation. */
  readonly id: string
  readonly prepared: PreparedOperation
}

const ended = { done: true, value: undefined } as const
type Ended = typeof ended

/**
 * An operation for graphql-ws: an async iterator without values, which ends or throws. It starts when `next` is called. It writes its `next`
 * messages to the socket itself, since the group of a subscription shares their bodies. graphql-ws writes `complete` when the operation
 * ends, and `error` when it throws.
 *
 * `return` ends it synchronously, even if it waits, and afterwards it neither sends nor throws. graphql-ws identifies operations only by id:
 * a late end would complete a newer operation with the same id.
 *
 * A class, since a gateway has thousands of subscriptions, which share its methods.
 */
export class SocketOperation implements AsyncIterableIterator<never, undefined>, SubscriberSink {
  readonly #services: OperationServices
  readonly #socket: SocketConnection
  readonly #viewer: Viewer
  readonly #id: string
  readonly #outcome: Promise<Ended>
  readonly #resolve: (outcome: Ended) => void
  readonly #reject: (error: unknown) => void
  #nextHead = ''
  /** Released when the operation starts: a group of subscribers keeps one document for all of them. */
  #waiting: PreparedOperation | null
  #isOver = false
  #formatBody: FeedSubscription['formatBody'] | null = null
  #releaseSlot: (() => void) | null = null
  #unsubscribe: (() => void) | null = null

  constructor({ services, socket, viewer, id, prepared }: OperationOptions) {
    this.#services = services
    this.#socket = socket
    this.#viewer = viewer
    this.#id = id
    this.#waiting = prepared
    const { promise, resolve, reject } = Promise.withResolvers<Ended>()
    this.#outcome = promise
    this.#resolve = resolve
    this.#reject = reject
  }

  next(): Promise<Ended> {
    if (this.#waiting !== null) this.#run(this.#waiting).catch((error: unknown) => this.#fail(error))
    this.#waiting = null
    return this.#outcome
  }

  return(): Promise<Ended> {
    this.#finish()
    return Promise.resolve(ended)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  deliver(batch: RenderedBatch): void {
    if (this.#isOver || this.#formatBody === null) return
    this.#socket.send(createFeedMessage(this.#nextHead, this.#formatBody(batch)))
  }

  isReady(): boolean {
    return this.#socket.isReady()
  }

  end(reason: 'shutdown' | 'failed'): void {
    this.#socket.closeFor(reason === 'shutdown' ? closeReasons.restart : closeReasons.tryAgain)
  }

  async #run(operation: PreparedOperation): Promise<void> {
    // The watch detects a revoked credential only within a second. No operation starts in between.
    const end = await this.#services.findEndReason(this.#viewer)
    if (end !== null) return this.#socket.closeFor(closeReasons[end])
    if (this.#isOver) return
    const charge = this.#services.rateLimiter.charge(this.#viewer, operation)
    this.#nextHead = writeNextHead(this.#id)
    try {
      if (operation.operation.operation === 'subscription') await this.#runSubscription(operation, charge)
      else await this.#runOnce(operation, charge)
    } finally {
      charge?.refundUnlessStarted()
    }
  }

  /** Executes a query or mutation. It continues after its client has completed it: others may reuse the response, and a mutation is never interrupted. */
  async #runOnce(operation: PreparedOperation, charge: ComplexityCharge | null): Promise<void> {
    const { body } = await respondToOperation(this.#services, operation, {
      viewer: this.#viewer,
      requestId: randomUUID(),
      after: operation.params.after ?? null,
      charge,
      onProgress: (progress) => {
        if (!this.#isOver) this.#socket.send(createProgressMessage(this.#id, progress))
      },
    })
    if (!this.#isOver) this.#socket.send(createNextMessage(this.#nextHead, body))
    this.#finish()
  }

  async #runSubscription(operation: PreparedOperation, charge: ComplexityCharge | null): Promise<void> {
    const { rateLimiter, hub } = this.#services
    this.#releaseSlot = rateLimiter.acquireSlot('subscriptions', this.#viewer)
    const subscription = await createFeedSubscription(this.#services, operation, this.#viewer)
    if (this.#isOver) return
    this.#formatBody = subscription.formatBody
    const cursors = [operation.params.after ?? null, subscription.after].filter((cursor) => cursor !== null)
    const unsubscribe = await hub.subscribe(subscription, this.#viewer, cursors, this)
    charge?.markStarted()
    if (this.#isOver) unsubscribe()
    else this.#unsubscribe = unsubscribe
  }

  #finish(): void {
    this.#release()
    this.#resolve(ended)
  }

  #fail(error: unknown): void {
    this.#release()
    this.#reject(error)
  }

  /** Releases what the operation uses. Its outcome is settled only once, so later reports have no effect. */
  #release(): void {
    this.#isOver = true
    this.#releaseSlot?.()
    this.#unsubscribe?.()
    this.#releaseSlot = null
    this.#unsubscribe = null
  }
}
