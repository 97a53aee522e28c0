import type { IncomingHttpHeaders } from 'node:http'
import type { GraphQLSchema } from 'graphql'
import type { GraphContext } from '../../schema/context.ts'
import type { AuthenticationEndReason } from '../auth/authenticator.ts'
import type { UsageLimits } from '../auth/usage-limits.ts'
import type { GraphName, Viewer } from '../auth/viewer.ts'
import type { Config } from '../config/config.ts'
import type { SubscriptionHub } from '../feed/subscription-hub.ts'
import type { Logger } from '../observability/logger.ts'
import type { Metrics } from '../observability/metrics.ts'
import type { TrustedDocuments } from './graphql/trusted-documents.ts'

/** The response to a webhook request from Seam. `message` is sent to the sender if the request is rejected; `retryAfter` is in seconds. */
type SeamWebhookResponse = {
  readonly status: number
  readonly code: string
  readonly message: string
  readonly retryAfter?: number
}

/** The dependencies of the HTTP layer. */
export type HttpDependencies = {
  readonly config: Pick<
    Config,
    'host' | 'port' | 'publicUrl' | 'allowedOrigins' | 'keepAliveSeconds' | 'login'
  >
  readonly log: Logger
  readonly schemas: Readonly<Record<GraphName, GraphQLSchema>>
  /** Creates the GraphQL context of one request, or of one batch of a subscription. */
  createContext(viewer: Viewer): GraphContext
  readonly trustedDocuments: TrustedDocuments
  readonly hub: SubscriptionHub
  readonly usageLimits: UsageLimits
  /** Resolves when this replica has processed every change up to `cursor`. Rejects if the time limit is reached first. */
  waitForCursor(viewer: Viewer, cursor: string): Promise<void>
  readonly metrics: Pick<
    Metrics,
    | 'renderText'
    | 'contentType'
    | 'countReusedResponse'
    | 'countDeprecatedUse'
    | 'countRefusal'
    | 'countFeedExecution'
    | 'countFeedSerialization'
  >
  /** Returns the origin of the token endpoint that the login of the dashboard uses, or `null` if there is no login or it is not known. */
  findTokenOrigin(): Promise<string | null>
  /** Authenticates the value of an `Authorization` header. Resolves to `null` if it is not valid. */
  authenticate(authorization: string | null): Promise<Viewer | null>
  /** Resolves to the reason why the viewer's credential is no longer valid, or to `null` if it is valid. */
  findEndReason(viewer: Viewer): Promise<AuthenticationEndReason | null>
  /** Checks the viewer's credential, then watches it. Calls `onEnd` once when it expires or is revoked. Resolves to a function that stops watching. */
  watchViewer(viewer: Viewer, onEnd: (reason: AuthenticationEndReason) => void): Promise<() => void>
  receiveSeamWebhook(body: Buffer, headers: IncomingHttpHeaders): Promise<SeamWebhookResponse>
  checkReadiness(): { readonly ok: boolean; readonly checks: Readonly<Record<string, string>> }
}

/** The HTTP server of the gateway. */
export type HttpServer = {
  /** Starts to listen. Rejects with a `StartupError` if the address is not available. */
  listen(): Promise<{ readonly url: string; readonly port: number; readonly localUrl: string }>
  /** Reports not ready, accepts no new connections, finishes pending requests, and closes sockets and event streams so that clients reconnect. */
  drain(): Promise<void>
  /** Numbers of open WebSockets and of event streams of subscriptions. */
  readonly openConnections: { readonly sockets: number; readonly streams: number }
}
