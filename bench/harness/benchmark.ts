/** A count that does not depend on the machine, and its limit. */
export type CountCheck = {
  readonly what: string
  readonly counted: number
  readonly expected: number
  /** Whether less than `expected` is correct as well. */
  readonly isMaximum?: boolean
}

/** Module of a benchmark. */
export type Benchmark = {
  /** Measures, and prints a Markdown table. Resolves to the exit code. Throws `UsageError` for a wrong command line. */
  run(args: readonly string[]): Promise<number>
  /** Runs the benchmark in a small size, and counts instead of measuring time. */
  checkCounts?(): Promise<readonly CountCheck[]>
}

export function isCorrect({ counted, expected, isMaximum = false }: CountCheck): boolean {
  return isMaximum ? counted <= expected : counted === expected
}
