import type { Engine } from './engine.ts'
import type { HttpDeps } from './face.ts'

/** What WebSocket and event streams share: the pipeline that runs operations, and the feed. */
export type Transport = Pick<HttpDeps, 'schema' | 'hub' | 'log' | 'watchViewer' | 'authenticate'> & {
  readonly engine: Engine
}
