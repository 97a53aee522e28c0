import { uncounted } from '../cost.ts'

/** What is to be read from Seam again, a moment after somebody was served without it. */
export type Behind<Id, Part> = {
  add(parts: readonly Part[], ids: readonly Id[], isEverything: boolean): void
}

/** How soon: after the answer that it was needed for. */
export const behindMs = 50

/** Gathers what comes within one moment and reads it together, on nobody's account. */
export function createBehind<Id, Part>(
  read: (parts: readonly Part[], ids: readonly Id[], isEverything: boolean) => void,
): Behind<Id, Part> {
  let parts = new Set<Part>()
  let ids = new Set<Id>()
  let isAll = false
  let isDue = false

  function readNow(): void {
    const due = [[...parts], [...ids], isAll] as const
    parts = new Set()
    ids = new Set()
    isAll = false
    isDue = false
    read(...due)
  }

  return {
    add(moreParts, moreIds, isEverything) {
      for (const part of moreParts) parts.add(part)
      for (const id of moreIds) ids.add(id)
      isAll ||= isEverything
      if (isDue) return
      isDue = true
      uncounted(() => setTimeout(readNow, behindMs).unref())
    },
  }
}
