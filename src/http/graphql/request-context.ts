import type { GraphContext } from '../../../schema/context.ts'
import type { Viewer } from '../../auth/viewer.ts'
import type { ComplexityCharge } from './rate-limiter.ts'

/** Context of an execution over any transport, in addition to `GraphContext`. */
export type RequestContext = {
  readonly viewer: Viewer
  readonly requestId: string
  /** A cursor that the client has received, possibly from another replica: the data must be at least as new. */
  readonly after?: string | null
  /** Time limit after which the response is the error IN_PROGRESS. Absent if the transport has no time limit. */
  readonly responseTimeoutMs?: number
  /** See `GraphContext`. */
  readonly onProgress?: GraphContext['onProgress']
  /** The complexity that was charged to the viewer's budget for this operation. */
  readonly charge?: ComplexityCharge | null
}
