import { formatIsoMicros } from '../clock.ts'
import { createSeededRandom } from '../seeded-random.ts'

/** When the first of these things was made. */
const madeAtMicros = Date.UTC(2025, 2, 1, 8, 30) * 1000

/** The time at which the `index`th thing of a kind was made: always the same, later for later ones. */
export function createCreationTime(kind: string, index: number, minutesApart: number): string {
  const jitter = createSeededRandom(`made/${kind}/${index}`).below(59_999_999)
  return formatIsoMicros(madeAtMicros + index * minutesApart * 60_000_000 + jitter)
}
