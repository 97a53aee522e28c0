import type { ServerResponse } from 'node:http'
import { bounds } from './face.ts'

/**
 * One answer as server-sent events, in graphql-sse's "distinct connections" form: `next` events with a result each, then `complete`.
 * Each `next` has the feed's cursor for its id, which a reconnecting reader sends back as Last-Event-ID.
 */
export type EventStream = {
  next(body: string, cursor: string | null): void
  /** Says that nothing more will come: the reader doesn't reconnect. */
  complete(): void
  /** Ends without saying so: the reader reconnects from its last id. */
  end(): void
  /** False while the reader leaves too much unread. */
  ready(): boolean
  /** A sign of life, which readers skip. */
  beat(): void
}

const headers = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  // Told to nginx and its like, which would keep events back until a buffer is full.
  'x-accel-buffering': 'no',
}

/** Begins the answer at once. After the reader has gone every method does nothing. */
export function openEventStream(response: ServerResponse): EventStream {
  response.on('error', () => {})
  response.writeHead(200, headers)
  const write = (text: string) => {
    if (!response.writableEnded && !response.destroyed) response.write(text)
  }
  const end = () => {
    if (!response.writableEnded) response.end()
  }
  // Some browsers hold the answer back until its first byte.
  write(':\n\n')
  return {
    next: (body, cursor) =>
      write(`event: next\n${cursor === null ? '' : `id: ${cursor}\n`}data: ${body}\n\n`),
    complete() {
      write('event: complete\ndata:\n\n')
      end()
    },
    end,
    ready: () => response.writableLength < bounds.unreadBytes,
    beat: () => write(':\n\n'),
  }
}
