import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AuthenticationEndReason } from '../../auth/authenticator.ts'
import type { Viewer } from '../../auth/viewer.ts'
import { toGraphqlErrors } from '../graphql/graphql-errors.ts'
import type { PreparedOperation } from '../graphql/graphql-request.ts'
import { respondToOperation, serializeResult } from '../graphql/operation-execution.ts'
import type { RequestContext } from '../graphql/request-context.ts'
import { createFeedSubscription } from './feed-subscription.ts'
import type { OperationServices } from './operation-services.ts'
import { openSseResponse, type SseResponse } from './sse-response.ts'

/** Serves operations as event streams, and manages the open streams. */
export type SseHandler = {
  readonly streamCount: number
  /** Responds with the results of an operation of any kind as events. Rejects, before a response has started, if the operation is rejected. */
  serve(
    request: IncomingMessage,
    response: ServerResponse,
    prepared: PreparedOperation,
    context: RequestContext,
  ): Promise<void>
  sendHeartbeats(): void
  /** Ends the streams of all subscriptions. Their readers reconnect and resume from the last cursor. */
  endAll(): void
}

export function createSseHandler(services: OperationServices): SseHandler {
  const openStreams = new Set<SseResponse>()
  /** Streams of queries and mutations. They get heartbeats, and `endAll` does not end them. */
  const executingStreams = new Set<SseResponse>()
  /** Subscriptions that wait for their first batch. A stream starts with that batch or with the next heartbeat; until then an error is sent with an HTTP status. */
  const joiningStreams = new Set<() => SseResponse>()

  async function serveOperation(
    response: ServerResponse,
    prepared: PreparedOperation,
    context: RequestContext,
  ): Promise<void> {
    const stream = openSseResponse(response)
    executingStreams.add(stream)
    const onProgress = stream.sendProgress
    const { body } = await respondToOperation(services, prepared, { ...context, onProgress })
    executingStreams.delete(stream)
    stream.sendNext(body.toString(), null)
    stream.sendComplete()
  }

  /** Acquires a connection slot and a subscription slot, since a stream is both. Returns a function that releases them. */
  function acquireSlots(viewer: Viewer): () => void {
    const { rateLimiter } = services
    const releaseConnectionSlot = rateLimiter.acquireSlot('connections', viewer)
    try {
      const releaseSubscriptionSlot = rateLimiter.acquireSlot('subscriptions', viewer)
      return () => {
        releaseSubscriptionSlot()
        releaseConnectionSlot()
      }
    } catch (error) {
      releaseConnectionSlot()
      throw error
    }
  }

  async function serveSubscription(
    request: IncomingMessage,
    response: ServerResponse,
    prepared: PreparedOperation,
    { viewer, requestId, after, charge }: RequestContext,
  ): Promise<void> {
    const { hub, log, watchViewer } = services
    const releaseSlots = acquireSlots(viewer)
    response.once('close', releaseSlots)
    const operation = await createFeedSubscription(services, prepared, viewer)
    let stream: SseResponse | null = null
    const startStream = () => {
      stream ??= openSseResponse(response)
      return stream
    }
    // Frames that the hub delivers after the end of the stream are discarded by the stream.
    const endForReason = (reason: AuthenticationEndReason) => {
      if (reason === 'expired') return startStream().end()
      const error = {
        message: 'The API key was revoked.',
        extensions: { code: 'UNAUTHENTICATED', requestId },
      }
      startStream().sendNext(JSON.stringify({ errors: [error] }), null)
      startStream().sendComplete()
    }
    const unwatch = await watchViewer(viewer, endForReason)
    response.once('close', unwatch)
    if (response.destroyed || response.writableEnded) return unwatch()
    const cursors = [readLastEventId(request), after ?? null, operation.after].filter(
      (cursor) => cursor !== null,
    )
    joiningStreams.add(startStream)
    const unsubscribe = await hub
      .subscribe(operation, viewer, cursors, {
        deliver: (frame) => startStream().sendNext(operation.formatBody(frame), frame.cursor),
        isReady: () => stream?.isReady() ?? true,
        end: () => startStream().end(),
      })
      .catch((error: unknown) => {
        // If the stream has started, the HTTP status is sent already, and the error is sent as an event.
        stream?.sendNext(serializeResult({ errors: toGraphqlErrors(error) }, requestId, log), null)
        stream?.sendComplete()
        throw error
      })
      .finally(() => joiningStreams.delete(startStream))
    charge?.markStarted()
    if (response.destroyed) return unsubscribe()
    const openStream = startStream()
    openStreams.add(openStream)
    response.once('close', () => {
      openStreams.delete(openStream)
      unsubscribe()
    })
  }

  return {
    get streamCount() {
      return openStreams.size
    },
    serve(request, response, prepared, context) {
      if (prepared.operation.operation === 'subscription')
        return serveSubscription(request, response, prepared, context)
      return serveOperation(response, prepared, context)
    },
    sendHeartbeats() {
      for (const stream of openStreams) stream.sendHeartbeat()
      for (const stream of executingStreams) stream.sendHeartbeat()
      for (const startJoining of joiningStreams) startJoining().sendHeartbeat()
    },
    endAll() {
      for (const stream of openStreams) stream.end()
    },
  }
}

/**
 * Reads the cursor that a reconnecting client sends, which is newer than `after` of the repeated request. Clients that cannot set headers
 * send it in the query string, with the parameter name of event-source-polyfill.
 */
function readLastEventId({ headers, method, url }: IncomingMessage): string | null {
  const header = headers['last-event-id']
  if (typeof header === 'string' && header !== '') return header
  if (method === 'POST') return null
  return new URLSearchParams(url?.split('?')[1] ?? '').get('lastEventId') || null
}
