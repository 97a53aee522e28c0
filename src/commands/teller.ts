import type { Entry, Journal } from '../journal/journal.ts'
import { type NewChange, onceKeys } from '../model/change.ts'

/** Tells everybody what a command did. */
export type Teller = {
  /**
   * Journals changes under the actor's name, once however often the step is repeated; answers a journal position that includes them.
   */
  tell(changes: readonly NewChange[], by: { readonly actor: string; readonly step: string }): Promise<number>
}

/** Changes at the journal's end among which Seam's news of a write of ours is. */
const recent = 1_000

export function createTeller(journal: Journal, now: () => number): Teller {
  /** Whether a change stands in the journal under somebody's name. */
  async function isSigned(change: NewChange): Promise<boolean> {
    const head = await journal.head()
    const [key] = onceKeys([change])
    const last = await journal.read(Math.max(0, head - recent), recent)
    return last.some((told) => told.actor === change.actor && onceKeys([told])[0] === key)
  }

  /** Seam's own event was faster, and tells it without a name: the name is told beside it, as a difference in nothing. */
  async function sign(changes: readonly NewChange[], step: string): Promise<void> {
    const entries: Entry[] = []
    for (const [index, change] of changes.entries())
      if (!(await isSigned(change)))
        entries.push({
          dedupeKeys: [`command ${step} ${index} signed`],
          changes: [{ ...change, kind: 'UPDATED', changedFields: [] }],
        })
    if (entries.length > 0) await journal.append(entries)
  }

  return {
    async tell(unsigned, { actor, step }) {
      if (unsigned.length === 0) return 0
      const occurredAt = new Date(now()).toISOString()
      const changes = unsigned.map((change) => ({ ...change, actor, occurredAt }))
      const appended = await journal.append(
        changes.map((change, index) => ({
          // Seam may send an event of the same: whoever comes first tells it.
          dedupeKeys: [`command ${step} ${index}`, ...onceKeys([change])],
          changes: [change],
        })),
      )
      const known = changes.filter(
        (change, index) => appended[index]?.duplicate && onceKeys([change]).length > 0,
      )
      if (known.length > 0) await sign(known, step)
      const last = appended.at(-1)?.changes.at(-1)
      // What was told already stands somewhere before the head.
      return known.length > 0 || last === undefined ? journal.head() : last.offset
    },
  }
}
