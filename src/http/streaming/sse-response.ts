import type { ServerResponse } from 'node:http'
import type { MutationProgress } from '../../../schema/context.ts'
import { sizeLimits } from '../size-limits.ts'

/**
 * A response as server-sent events, in the "distinct connections" mode of graphql-sse: one `next` event per result, then `complete`.
 * The id of a `next` event is the cursor of the feed, which a reconnecting client sends as Last-Event-ID.
 */
export type SseResponse = {
  sendNext(body: string, cursor: string | null): void
  /** Sends `complete` and ends the response. The client does not reconnect. */
  sendComplete(): void
  /** Ends the response without `complete`. The client reconnects and resumes from its last event id. */
  end(): void
  /** Whether the unread data of the client is below `sizeLimits.maxUnreadBytes`. */
  isReady(): boolean
  /** Sends an empty comment, which clients ignore. */
  sendHeartbeat(): void
  /** Sends the progress of a mutation as a comment, which other clients ignore. */
  sendProgress(progress: MutationProgress): void
}

const sseHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  // nginx and compatible proxies would otherwise buffer events.
  'x-accel-buffering': 'no',
}

/** Starts the response. All methods do nothing after the client has disconnected. */
export function openSseResponse(response: ServerResponse): SseResponse {
  response.on('error', () => {})
  response.writeHead(200, sseHeaders)
  const write = (text: string) => {
    if (!response.writableEnded && !response.destroyed) response.write(text)
  }
  const end = () => {
    if (!response.writableEnded) response.end()
  }
  // Some browsers deliver the response only after the first byte of its body.
  write(':\n\n')
  return {
    sendNext: (body, cursor) =>
      write(`event: next\n${cursor === null ? '' : `id: ${cursor}\n`}data: ${body}\n\n`),
    sendComplete() {
      write('event: complete\ndata:\n\n')
      end()
    },
    end,
    isReady: () => response.writableLength < sizeLimits.maxUnreadBytes,
    sendHeartbeat: () => write(':\n\n'),
    sendProgress: (progress) => write(`: progress ${JSON.stringify(progress)}\n\n`),
  }
}
