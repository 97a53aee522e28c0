import { formatIsoMicros } from '../clock.ts'
import { createSeededRandom } from '../seeded-random.ts'

/** Earliest creation time. */
const firstMicros = Date.UTC(2025, 2, 1, 8, 30) * 1000

/** Returns the creation time of the object with the index `index` of a kind. It is always the same, and increases with the index. */
export function createCreationTime(kind: string, index: number, minutesApart: number): string {
  const jitter = createSeededRandom(`made/${kind}/${index}`).below(59_999_999)
  return formatIsoMicros(firstMicros + index * minutesApart * 60_000_000 + jitter)
}
