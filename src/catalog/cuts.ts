import type { AcsSystemId } from '../model/ids.ts'

/** Lists that Seam may have cut short, by system. */
export type Cuts = {
  /** What was found of one list at its last reading: why it may be cut short, or `null` for a whole one. */
  note(acsSystemId: AcsSystemId, list: string, why: string | null): void
  /** Why something of a system may be missing; `null` where nothing is. */
  of(acsSystemId: AcsSystemId): string | null
  forget(acsSystemId: AcsSystemId): void
}

export function createCuts(): Cuts {
  const bySystem = new Map<AcsSystemId, Map<string, string>>()
  return {
    note(acsSystemId, list, why) {
      const known = bySystem.get(acsSystemId) ?? new Map<string, string>()
      if (why === null) known.delete(list)
      else known.set(list, why)
      if (known.size === 0) bySystem.delete(acsSystemId)
      else bySystem.set(acsSystemId, known)
    },
    of(acsSystemId) {
      const known = [...(bySystem.get(acsSystemId)?.values() ?? [])]
      const [first] = known
      if (first === undefined) return null
      return known.length === 1 ? first : `${first} And so may ${known.length - 1} more.`
    },
    forget: (acsSystemId) => void bySystem.delete(acsSystemId),
  }
}
