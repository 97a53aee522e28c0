/**
 * Groups saves of one state. Returns a function that resolves once a save has succeeded that began after the call, and rejects once one has
 * failed. Saves run one after the other. Calls share a save while the previous one runs and while `collect` is pending.
 */
export function createGroupedSave(
  save: () => Promise<void>,
  collect: () => Promise<unknown>,
): () => Promise<void> {
  let running: Promise<void> = Promise.resolve()
  let next: Promise<void> | null = null

  async function saveNext(): Promise<void> {
    await Promise.all([running, collect()])
    next = null
    running = save()
    await running
  }

  return () => {
    next ??= saveNext()
    return next
  }
}
