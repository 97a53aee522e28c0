import { formatNumber, formatSpread, formatTable, quantile, ratiosTo } from '../harness/statistics.ts'
import type { LoadResult } from './load-generator.ts'

export type Round = LoadResult & { readonly calls: number }

/** Measurements of a variant, one per round. */
export type Measured = { readonly name: string; readonly rounds: readonly Round[] }

const perSecondOf = ({ requests, seconds }: Round): number => requests / seconds

/**
 * Formats a Markdown table with the figures of each variant. The first columns are its requests per second divided, round by round, by those of
 * each variant in `references`.
 */
export function formatFigures(measured: readonly Measured[], references: readonly string[]): string {
  const compared = references.flatMap((name) => measured.find((variant) => variant.name === name) ?? [])
  const head = [
    'variant',
    ...compared.map(({ name }) => `requests/s beside ${name}`),
    'Seam calls per request',
    'p50 ms',
    'p99 ms',
    'requests/s',
  ]
  const rows = measured.map(({ name, rounds }) => {
    const latenciesMs = rounds.flatMap((round) => round.latenciesMs)
    const calls = rounds.reduce((sum, round) => sum + round.calls, 0)
    return [
      name,
      ...compared.map((reference) => formatSpread(ratiosTo(reference.rounds, rounds, perSecondOf))),
      formatNumber(calls / latenciesMs.length),
      formatNumber(quantile(latenciesMs, 0.5)),
      formatNumber(quantile(latenciesMs, 0.99)),
      formatSpread(rounds.map(perSecondOf)),
    ]
  })
  return formatTable(head, rows)
}
