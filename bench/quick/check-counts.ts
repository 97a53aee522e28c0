import { type Benchmark, isCorrect } from '../harness/benchmark.ts'
import { formatTable } from '../harness/statistics.ts'

/** Checks the counts of all benchmarks that count, and prints them. Resolves to 1 if one is wrong, else to 0. */
export async function checkAll(
  benchmarks: Readonly<Record<string, () => Promise<Benchmark>>>,
): Promise<number> {
  const rows: string[][] = []
  let wrong = 0
  for (const [name, load] of Object.entries(benchmarks)) {
    const { checkCounts } = await load()
    for (const check of (await checkCounts?.()) ?? []) {
      const { what, counted, expected, isMaximum = false } = check
      const limit = `${isMaximum ? 'at most ' : ''}${expected}`
      rows.push([name, what, formatCount(counted), limit, isCorrect(check) ? 'yes' : '**no**'])
      if (!isCorrect(check)) wrong++
    }
  }
  const head = ['benchmark', 'count', 'counted', 'expected', 'correct']
  process.stdout.write(`${formatTable(head, rows)}\n`)
  return wrong === 0 ? 0 : 1
}

/** Formats a count, or an average of counts with up to three digits. */
function formatCount(count: number): string {
  return `${Number.isInteger(count) ? count : count.toPrecision(3)}`
}
