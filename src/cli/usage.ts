import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'

/** Where a command reads its environment and writes: results to `out`, everything said to a person to `advise`. */
export type Console = {
  readonly env: Readonly<Record<string, string | undefined>>
  out(line: string): void
  advise(line: string): void
  /** Shows how far something is; only where somebody watches. */
  progress?(text: string): void
}

/** The command line can't be understood; the message says how to put it right. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Reads flags that each take a text, and up to `words` words beside them. Throws `UsageError` for anything else. */
export function readFlags(
  args: readonly string[],
  flags: readonly string[],
  words = 0,
): { readonly values: Readonly<Record<string, string | undefined>>; readonly words: readonly string[] } {
  const options: ParseArgsOptionsConfig = Object.fromEntries(flags.map((flag) => [flag, { type: 'string' }]))
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
    const extra = positionals[words]
    if (extra !== undefined) throw new UsageError(`"${extra}" is one word too many. ${offer(flags)}`)
    return { values: values as Record<string, string | undefined>, words: positionals }
  } catch (error) {
    if (error instanceof UsageError) throw error
    const [sentence] = (error as Error).message.split('. ')
    throw new UsageError(`${sentence}. ${offer(flags)}`)
  }
}

function offer(flags: readonly string[]): string {
  return flags.length === 0
    ? 'It takes no flags.'
    : `Flags are ${flags.map((flag) => `--${flag}`).join(', ')}.`
}
