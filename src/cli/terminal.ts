/** A command's environment and output: results go to `writeResult` (stdout), messages to `writeMessage` (stderr). */
export type Terminal = {
  readonly env: Readonly<Record<string, string | undefined>>
  writeResult(line: string): void
  writeMessage(line: string): void
  /** Shows progress; absent if stderr is not a terminal. */
  showProgress?(text: string): void
}

/** Options of a command line by their names in camel case: strings, and `true` for a flag. */
export type CommandOptions = Readonly<Record<string, string | true | undefined>>

/** Returns the value of a string option, or `undefined` if it is not set. */
export function readTextOption(options: CommandOptions, name: string): string | undefined {
  const value = options[name]
  return value === true ? undefined : value
}

/** The command line or its input is invalid. The message says how to correct it. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
