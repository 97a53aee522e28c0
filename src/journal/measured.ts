import type { Metrics } from '../metrics.ts'
import type { Journal } from './journal.ts'

/** A journal that counts what comes in: how old the news was, and what was there already. */
export function measured(journal: Journal, metrics: Pick<Metrics, 'ingested' | 'duplicateDropped'>): Journal {
  return {
    ...journal,
    async append(...args) {
      const results = await journal.append(...args)
      for (const { duplicate, changes } of results) {
        if (duplicate) metrics.duplicateDropped()
        for (const change of changes) {
          metrics.ingested(change.origin, Date.parse(change.recordedAt) - Date.parse(change.occurredAt))
        }
      }
      return results
    },
  }
}
