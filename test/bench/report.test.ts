import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { quantile } from '../../bench/harness/statistics.ts'
import { drawChart } from '../../bench/report/chart.ts'
import { parseTable } from '../../bench/report/markdown-table.ts'
import { fitSlope } from '../../bench/soak/slope.ts'

describe('the statistics of the benchmarks', () => {
  it('should interpolate quantiles', () => {
    expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5)
    expect(quantile([1, 2, 3, 4, 5], 0.25)).toBe(2)
    expect(quantile([], 0.5)).toBeNaN()
  })

  it('should fit a line with the 95 % confidence interval of its slope', () => {
    // The exact interval, with the quantile 3.1824 of Student's t distribution for three degrees of freedom, is ±0.19006.
    const { slope, margin } = fitSlope([
      [1, 2.1],
      [2, 3.9],
      [3, 6.2],
      [4, 7.8],
      [5, 10.1],
    ])
    expect(slope).toBeCloseTo(1.99, 10)
    expect(Math.abs(margin / 0.19006 - 1)).toBeLessThan(0.02)
  })
})

describe('the chart of the benchmarks', () => {
  const text =
    '2 rounds\n\n| variant | CPU beside `ws` | ms |\n| --- | --- | --- |\n| `ws` | 1.00 (1.00–1.00) | 2 |\n| latchkey, a < b | 2.50 (2.40–2.60) | 5 |\n| none | – | – |\n\nend'

  it('should draw the second column of a table, one bar per row with a number', () => {
    const table = parseTable(text)
    expect(table?.rows.map(([name]) => name)).toEqual(['ws', 'latchkey, a < b', 'none'])
    const svg = drawChart(table === null ? [] : [{ name: 'fanout', table }])
    const widths = [...svg.matchAll(/<rect[^>]* width="([\d.]+)"/g)].map(([, barWidth]) => Number(barWidth))
    expect(widths).toHaveLength(2)
    expect((widths[1] ?? 0) / (widths[0] ?? 1)).toBeCloseTo(2.5, 2)
    expect(svg).toContain('fanout: CPU beside ws')
    expect(svg).toContain('latchkey, a &lt; b')
  })

  it('should find no table in a text without one', () => {
    expect(parseTable('no table')).toBeNull()
  })
})

it.each([
  [['nope'], 'Names of benchmarks: reads, '],
  [['fanout', '--nope'], "Unknown option '--nope'"],
  [['fanout', '--rounds', 'many'], '--rounds must be a number'],
  [['--quick', 'fanout'], 'Usage: npm run bench'],
])('should explain the usage for the wrong command line %j, and exit with 2', async (args, sentence) => {
  const run = promisify(execFile)(process.execPath, ['bench/main.ts', ...args])
  await expect(run).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining(sentence) })
})
