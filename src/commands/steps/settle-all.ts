import type { NewChange } from '../../model/change.ts'
import { PartialStepFailure } from '../errors.ts'

/**
 * Waits until all parts of a step have ended. If one fails, rejects with `PartialStepFailure` around the first error, with the changes of the
 * parts that succeeded; with the error itself if no part made a change.
 */
export async function settleAll(parts: readonly Promise<readonly NewChange[]>[]): Promise<void> {
  const results = await Promise.allSettled(parts)
  const failed = results.find((result) => result.status === 'rejected')
  if (failed === undefined) return
  const changes = results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []))
  throw changes.length === 0 ? failed.reason : new PartialStepFailure(changes, failed.reason)
}
