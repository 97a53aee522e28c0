import type { Leasing } from '../../src/ingest/turn.ts'
import type { Journal } from '../../src/journal/journal.ts'

/** Leases over a journal's store: whoever comes first has one until it forgets it. */
export function createLeases(journal: Journal): Required<Leasing> & { release(name: string): Promise<void> } {
  return {
    async lease(name, holder, ttlMs) {
      const token = await journal.remember(`lease/${name}`, holder, ttlMs)
      return token === holder ? { name, token } : null
    },
    append: (entries) => journal.append(entries),
    release: (name) => journal.forget(`lease/${name}`),
  }
}
