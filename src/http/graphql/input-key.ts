import { serializeAccessScope, type Viewer } from '../../auth/viewer.ts'
import type { GraphqlParams } from './graphql-request.ts'

/** Comparing longer keys takes longer than measuring or executing most operations. */
const maxKeyLength = 2_000

/**
 * Returns a cache key of the inputs of an operation other than its document: the viewer's access scope and scopes, and the variables. `null`
 * if they are too long or nested too deeply.
 */
export function createInputKey(viewer: Viewer, variables: GraphqlParams['variables']): string | null {
  try {
    const key = JSON.stringify([serializeAccessScope(viewer), variables])
    return key.length <= maxKeyLength ? key : null
  } catch {
    return null
  }
}
