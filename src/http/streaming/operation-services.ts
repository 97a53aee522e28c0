import type { DocumentCache } from '../graphql/document-cache.ts'
import type { GraphqlEngines } from '../graphql/graphql-engine.ts'
import type { RateLimiter } from '../graphql/rate-limiter.ts'
import type { ResponseCache } from '../graphql/response-cache.ts'
import type { HttpDependencies } from '../types.ts'

/** What was verified for the first subscriber of an operation, and need not be computed again for the others. */
export type VerifiedSubscription = { readonly maxChangesPerBatch: number }

/** The services that WebSocket and event streams share: execution of operations and the feed. */
export type OperationServices = Pick<
  HttpDependencies,
  | 'schemas'
  | 'createContext'
  | 'trustedDocuments'
  | 'metrics'
  | 'hub'
  | 'log'
  | 'watchViewer'
  | 'findEndReason'
  | 'authenticate'
  | 'waitForCursor'
> & {
  readonly engines: GraphqlEngines
  readonly rateLimiter: RateLimiter
  readonly responseCache: ResponseCache
  /** The subscriptions that were executed with an empty batch without an error, by the key of their group. */
  readonly verifiedSubscriptions: DocumentCache<VerifiedSubscription>
}
