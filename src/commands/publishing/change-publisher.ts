import type { Entry, Journal } from '../../journal/journal.ts'
import { lifecycleDedupeKeys, type NewChange, subjectNodeIdOf } from '../../model/change.ts'

/** Publishes the changes of commands in the journal. */
export type ChangePublisher = {
  /**
   * Appends changes with the name of the actor, once even if the step is repeated. Returns a journal offset that includes them.
   */
  publish(
    changes: readonly NewChange[],
    source: { readonly actor: string; readonly step: string },
  ): Promise<number>
}

/** Dedupe key of a change: a step publishes at most one change of a kind per object, in however many attempts and parts. */
function toDedupeKey(step: string, change: NewChange): string {
  return `command ${step} ${change.kind} ${subjectNodeIdOf(change)} ${change.changedFields.join()}`
}

/** Number of newest changes in which the change from Seam's event of the same write is searched. */
const recentChangeCount = 1_000

export function createChangePublisher(journal: Journal, now: () => number): ChangePublisher {
  /** Whether the journal has this change with the name of the actor. */
  async function isAttributed(change: NewChange): Promise<boolean> {
    const head = await journal.readHead()
    const [key] = lifecycleDedupeKeys([change])
    const recentChanges = await journal.read(Math.max(0, head - recentChangeCount), recentChangeCount)
    return recentChanges.some(
      (recentChange) => recentChange.actor === change.actor && lifecycleDedupeKeys([recentChange])[0] === key,
    )
  }

  /** Publishes the actor of changes that Seam's event has published without one, as an update without changed fields. */
  async function publishAttribution(changes: readonly NewChange[], step: string): Promise<void> {
    const entries: Entry[] = []
    for (const change of changes)
      if (!(await isAttributed(change)))
        entries.push({
          dedupeKeys: [`${toDedupeKey(step, change)} signed`],
          changes: [{ ...change, kind: 'UPDATED', changedFields: [] }],
        })
    if (entries.length > 0) await journal.append(entries)
  }

  return {
    async publish(newChanges, { actor, step }) {
      if (newChanges.length === 0) return 0
      const occurredAt = new Date(now()).toISOString()
      const changes = newChanges.map((change) => ({ ...change, actor, occurredAt }))
      const appended = await journal.append(
        changes.map((change) => ({
          // Seam may send an event about the same change: the first of the two is published.
          dedupeKeys: [toDedupeKey(step, change), ...lifecycleDedupeKeys([change])],
          changes: [change],
        })),
      )
      const duplicates = changes.filter(
        (change, index) => appended[index]?.isDuplicate && lifecycleDedupeKeys([change]).length > 0,
      )
      if (duplicates.length > 0) await publishAttribution(duplicates, step)
      const lastChange = appended.at(-1)?.changes.at(-1)
      // A duplicate is somewhere before the head.
      return duplicates.length > 0 || lastChange === undefined ? journal.readHead() : lastChange.offset
    },
  }
}
