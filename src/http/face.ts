import type { IncomingHttpHeaders } from 'node:http'
import type { GraphQLSchema } from 'graphql'
import type { GraphContext } from '../../schema/context.ts'
import type { Limits } from '../auth/limits.ts'
import type { GraphName, Viewer } from '../auth/viewer.ts'
import type { Config } from '../config.ts'
import type { Hub } from '../feed/hub.ts'
import type { Logger } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import type { TrustedDocuments } from './trusted.ts'

/** What became of a webhook. `message` goes to the sender of a refused one; `retryAfter` is in seconds. */
type WebhookAnswer = {
  readonly status: number
  readonly code: string
  readonly message: string
  readonly retryAfter?: number
}

/** Why a viewer who was let in no longer is. */
export type ViewerEnd = 'revoked' | 'expired'

/** What the HTTP layer needs from the rest of the process. */
export type HttpDeps = {
  readonly config: Pick<Config, 'host' | 'port' | 'publicUrl' | 'allowedOrigins'>
  readonly log: Logger
  readonly schemas: Readonly<Record<GraphName, GraphQLSchema>>
  /** A fresh one for each request and for each batch of a subscription. */
  contextFor(viewer: Viewer): GraphContext
  readonly trusted: TrustedDocuments
  readonly hub: Hub
  readonly limits: Limits
  /** Waits, bounded, until everything up to a cursor is known here. Rejects where that can't be. */
  caughtUp(viewer: Viewer, cursor: string): Promise<void>
  /** The process's figures. */
  readonly metrics: Pick<Metrics, 'text' | 'contentType' | 'answerReused' | 'deprecatedUsed' | 'refused'>
  /** Who a credential belongs to, given as in the Authorization header; `null` is not let in. */
  authenticate(authorization: string | null): Promise<Viewer | null>
  /** Calls `onEnd` once when the viewer stops being valid; answers how to stop watching. */
  watchViewer(viewer: Viewer, onEnd: (reason: ViewerEnd) => void): () => void
  receiveWebhook(body: Buffer, headers: IncomingHttpHeaders): Promise<WebhookAnswer>
  ready(): { readonly ok: boolean; readonly checks: Readonly<Record<string, string>> }
}

/** The gateway's HTTP side, running. */
export type HttpFace = {
  /** Starts to accept. Rejects with a message for people when the address can't be had. */
  listen(): Promise<{ readonly url: string; readonly port: number }>
  /** Not ready any more, no new connections; what runs is finished, sockets and streams are told to come back elsewhere. */
  drain(): Promise<void>
  /** How many long-lived readers there are now. */
  readonly open: { readonly sockets: number; readonly streams: number }
}

/** Every length of time the layer knows, in milliseconds. */
export type Timing = {
  /** Between signs of life on sockets and event streams; a socket silent for one whole round is dead. */
  readonly keepAliveMs: number
  /** From a socket's opening to its `connection_init`. */
  readonly initialisationMs: number
  /** Over which a drain spreads the closing of sockets, so that they don't all return in one instant. */
  readonly spreadMs: number
  /** After which a drain ends what still runs. */
  readonly drainMs: number
}

export const defaultTiming: Timing = {
  keepAliveMs: 12_000,
  initialisationMs: 5_000,
  spreadMs: 2_000,
  drainMs: 10_000,
}

/** Every size the layer knows. */
export const bounds = {
  /** Of a request's body, and of one WebSocket message that is executed. */
  bodyBytes: 256 * 1024,
  /** What a slow reader may leave unread before it is skipped. */
  unreadBytes: 1024 * 1024,
  subscriptionsPerSocket: 100,
  operationIdLength: 256,
} as const
