import type { Metrics } from '../observability/metrics.ts'
import type { Journal } from './journal.ts'

/** Wraps a journal so that each append records the age of its changes, and counts its duplicates. */
export function instrumentJournal(
  journal: Journal,
  metrics: Pick<Metrics, 'recordIngestLag' | 'countDuplicate'>,
): Journal {
  return {
    ...journal,
    async append(...args) {
      const results = await journal.append(...args)
      for (const { isDuplicate, changes } of results) {
        if (isDuplicate) metrics.countDuplicate()
        for (const change of changes) {
          metrics.recordIngestLag(
            change.origin,
            Date.parse(change.recordedAt) - Date.parse(change.occurredAt),
          )
        }
      }
      return results
    },
  }
}
