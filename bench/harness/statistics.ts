/** Returns the quantile of values for a share from 0 to 1, interpolated between neighbours. `NaN` without values. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const position = (sorted.length - 1) * share
  const below = sorted[Math.floor(position)] ?? Number.NaN
  const above = sorted[Math.ceil(position)] ?? Number.NaN
  return below + (above - below) * (position - Math.floor(position))
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** Divides a figure by the same figure of a reference in the same round. `NaN` for a round that the reference does not have. */
export function ratiosTo<Round>(
  reference: readonly Round[],
  rounds: readonly Round[],
  figureOf: (round: Round) => number,
): number[] {
  return rounds.map((round, index) => {
    const other = reference[index]
    return other === undefined ? Number.NaN : figureOf(round) / figureOf(other)
  })
}

/** Formats the median of several rounds and, in brackets, the quartiles. */
export function formatSpread(values: readonly number[]): string {
  const [low, middle, high] = [0.25, 0.5, 0.75].map((share) => formatNumber(quantile(values, share)))
  return values.length > 1 ? `${middle} (${low}–${high})` : `${middle}`
}

export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return '–'
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3)
}

/** Formats a Markdown table. */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
}
