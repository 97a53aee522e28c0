import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Viewer } from '../auth/viewer.ts'
import type { RequestContext } from './engine.ts'
import { type EventStream, openEventStream } from './event-stream.ts'
import { executeOnce, type Prepared, serialise } from './execution.ts'
import { createFeedOperation } from './operation.ts'
import type { Transport } from './transport.ts'

/** The event streams that are open now, kept alive and ended together. */
export type EventStreams = {
  readonly size: number
  /** Answers an operation of any kind as events. Rejects, with nothing answered yet, for what can't begin. */
  serve(
    request: IncomingMessage,
    response: ServerResponse,
    prepared: Prepared,
    context: RequestContext,
  ): Promise<void>
  beat(): void
  /** Ends all of them; their readers come back from where they are. */
  end(): void
}

export function createEventStreams(transport: Transport): EventStreams {
  const open = new Set<EventStream>()

  async function serveOnce(
    response: ServerResponse,
    prepared: Prepared,
    context: RequestContext,
  ): Promise<void> {
    const result = await executeOnce(transport.engines, prepared, context)
    const stream = openEventStream(response)
    stream.next(serialise(result, context.requestId, transport.log), null)
    stream.complete()
  }

  /** A stream is a connection and a subscription in one. */
  function openBoth(viewer: Viewer): () => void {
    const { allowance } = transport
    const closed = allowance.open('connections', viewer)
    try {
      const ended = allowance.open('subscriptions', viewer)
      return () => {
        ended()
        closed()
      }
    } catch (error) {
      closed()
      throw error
    }
  }

  async function serveFeed(
    request: IncomingMessage,
    response: ServerResponse,
    prepared: Prepared,
    { viewer, requestId }: RequestContext,
  ): Promise<void> {
    const { hub, watchViewer } = transport
    const giveBack = openBoth(viewer)
    response.once('close', giveBack)
    const operation = await createFeedOperation(transport, prepared, viewer)
    let stream: EventStream | null = null
    const started = () => {
      stream ??= openEventStream(response)
      return stream
    }
    const leave = await hub.join(operation, viewer, lastEventId(request) ?? operation.after, {
      deliver: (frame) => started().next(frame.body, frame.cursor),
      ready: () => stream?.ready() ?? true,
      end: () => started().end(),
    })
    if (response.destroyed) return leave()
    const mine = started()
    const unwatch = watchViewer(viewer, (reason) => {
      if (reason === 'expired') return mine.end()
      const message = 'This key was revoked.'
      mine.next(
        JSON.stringify({ errors: [{ message, extensions: { code: 'UNAUTHENTICATED', requestId } }] }),
        null,
      )
      mine.complete()
    })
    open.add(mine)
    response.once('close', () => {
      open.delete(mine)
      unwatch()
      leave()
    })
  }

  return {
    get size() {
      return open.size
    },
    serve(request, response, prepared, context) {
      if (prepared.operation.operation === 'subscription')
        return serveFeed(request, response, prepared, context)
      return serveOnce(response, prepared, context)
    },
    beat() {
      for (const stream of open) stream.beat()
    },
    end() {
      for (const stream of open) stream.end()
    },
  }
}

/** Newer than the `after` that a reconnecting reader repeats. */
function lastEventId({ headers }: IncomingMessage): string | null {
  const id = headers['last-event-id']
  return typeof id === 'string' && id !== '' ? id : null
}
