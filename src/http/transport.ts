import type { Allowance } from './allowance.ts'
import type { DocumentCache } from './document-cache.ts'
import type { Engines } from './engine.ts'
import type { HttpDeps } from './face.ts'

/** What WebSocket and event streams share: the pipeline that runs operations, and the feed. */
export type Transport = Pick<
  HttpDeps,
  'schemas' | 'trusted' | 'metrics' | 'hub' | 'log' | 'watchViewer' | 'authenticate'
> & {
  readonly engines: Engines
  readonly allowance: Allowance
  /** Keys of subscriptions that have passed their rehearsal. */
  readonly proven: DocumentCache<true>
}
