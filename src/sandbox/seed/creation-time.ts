import { formatIsoMicros } from '../clock.ts'
import { createSeededRandom } from '../seeded-random.ts'

/** Creation time of the oldest object. */
const madeAtMicros = Date.UTC(2025, 2, 1, 8, 30) * 1000

/** Returns the creation time of the object with this index: always the same, and later for higher indexes. */
export function createCreationTime(kind: string, index: number, minutesApart: number): string {
  const jitter = createSeededRandom(`made/${kind}/${index}`).below(59_999_999)
  return formatIsoMicros(madeAtMicros + index * minutesApart * 60_000_000 + jitter)
}
