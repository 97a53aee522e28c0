import type { AcsSystemId } from '../../model/ids.ts'

/** Lists that Seam may have truncated, by system. */
export type TruncatedLists = {
  /** Records the last reading of a list: `reason` is why it may be truncated, or `null` if it is complete. */
  record(acsSystemId: AcsSystemId, list: string, reason: string | null): void
  /** Returns why lists of a system may be incomplete; `null` if none is. */
  reasonFor(acsSystemId: AcsSystemId): string | null
  isTruncated(acsSystemId: AcsSystemId, list: string): boolean
  evict(acsSystemId: AcsSystemId): void
}

export function createTruncatedLists(): TruncatedLists {
  const bySystem = new Map<AcsSystemId, Map<string, string>>()
  return {
    record(acsSystemId, list, reason) {
      const reasons = bySystem.get(acsSystemId) ?? new Map<string, string>()
      if (reason === null) reasons.delete(list)
      else reasons.set(list, reason)
      if (reasons.size === 0) bySystem.delete(acsSystemId)
      else bySystem.set(acsSystemId, reasons)
    },
    reasonFor(acsSystemId) {
      const reasons = [...(bySystem.get(acsSystemId)?.values() ?? [])]
      const [first] = reasons
      if (first === undefined) return null
      return reasons.length === 1
        ? first
        : `${first} Lists that may also be incomplete: ${reasons.length - 1}.`
    },
    isTruncated: (acsSystemId, list) => bySystem.get(acsSystemId)?.has(list) ?? false,
    evict: (acsSystemId) => void bySystem.delete(acsSystemId),
  }
}
