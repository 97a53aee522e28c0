import { type ParseArgsConfig, parseArgs } from 'node:util'

/** Options of a benchmark with their defaults, by name as on the command line. */
export type OptionDefaults = Readonly<Record<string, number | boolean | string>>

/** The command line is wrong. The message says what is. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Reads the options of a benchmark from its arguments. Throws `UsageError` for an unknown option or a value that is no number. */
export function readOptions<Defaults extends OptionDefaults>(
  args: readonly string[],
  defaults: Defaults,
): {
  readonly [Name in keyof Defaults]: Defaults[Name] extends number
    ? number
    : Defaults[Name] extends boolean
      ? boolean
      : string
} {
  const options: ParseArgsConfig['options'] = {}
  for (const [name, value] of Object.entries(defaults))
    options[name] = {
      type: typeof value === 'boolean' ? 'boolean' : 'string',
      default: typeof value === 'number' ? `${value}` : value,
    }
  const values = parse(args, options, defaults)
  const numbers = Object.entries(values).map(([name, value]) =>
    typeof defaults[name] === 'number' ? [name, toNumber(name, String(value))] : [name, value],
  )
  return Object.fromEntries(numbers)
}

function parse(args: readonly string[], options: ParseArgsConfig['options'], defaults: OptionDefaults) {
  try {
    return parseArgs({ args: [...args], options: options ?? {} }).values
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n${describeOptions(defaults)}`)
  }
}

function toNumber(name: string, text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && value >= 0) return value
  throw new UsageError(`--${name} must be a number, not "${text}".`)
}

function describeOptions(defaults: OptionDefaults): string {
  const lines = Object.entries(defaults).map(([name, value]) =>
    typeof value === 'boolean' ? `  --${name}` : `  --${name} ${value === '' ? 'TEXT' : value}`,
  )
  return `Options, with their defaults:\n${lines.join('\n')}`
}
