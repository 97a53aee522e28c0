/** Measurements of a variant over all rounds. */
export type Figures = {
  readonly name: string
  readonly callsPerRequest: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly perSecond: number
}

type Round = {
  readonly requests: number
  readonly seconds: number
  readonly calls: number
  readonly latenciesMs: readonly number[]
}

export function summarizeRounds(name: string, rounds: readonly Round[]): Figures {
  const sum = (pick: (round: Round) => number): number =>
    rounds.reduce((total, round) => total + pick(round), 0)
  const sorted = rounds.flatMap(({ latenciesMs }) => latenciesMs).toSorted((a, b) => a - b)
  const percentile = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
  const requests = sum((round) => round.requests)
  return {
    name,
    callsPerRequest: sum((round) => round.calls) / requests,
    p50Ms: percentile(0.5),
    p99Ms: percentile(0.99),
    perSecond: requests / sum((round) => round.seconds),
  }
}

const formatNumber = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3))

/**
 * Formats a Markdown table with the figures of each variant, and with its requests per second divided by those of the ceiling and of each
 * variant in `versus`.
 */
export function formatTable(rows: readonly Figures[], versus: readonly string[]): string {
  const ceiling = rows.find(({ name }) => name === 'ceiling')
  const others = versus.flatMap((name) => rows.find((row) => row.name === name) ?? [])
  const head = [
    'variant',
    'Seam calls per request',
    'p50 ms',
    'p99 ms',
    'requests/s',
    '… of the ceiling',
    ...others.map(({ name }) => `… times ${name}`),
  ]
  const lines = rows.map((row) => [
    row.name,
    formatNumber(row.callsPerRequest),
    formatNumber(row.p50Ms),
    formatNumber(row.p99Ms),
    formatNumber(row.perSecond),
    ceiling === undefined ? '' : formatNumber(row.perSecond / ceiling.perSecond),
    ...others.map((other) => formatNumber(row.perSecond / other.perSecond)),
  ])
  return [head, head.map(() => '---'), ...lines].map((line) => `| ${line.join(' | ')} |`).join('\n')
}
