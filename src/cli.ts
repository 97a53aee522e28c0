import { help } from './cli/help.ts'
import { renewJournal, rotateCursors } from './cli/journal.ts'
import { createKey, listKeys, revokeKey } from './cli/keys.ts'
import { type Console, UsageError } from './cli/usage.ts'
import { ConfigError } from './config.ts'

/** What `npm run latchkey --` is followed by, each with what it answers as the exit code. */
const commands: Readonly<Record<string, (args: readonly string[], console: Console) => Promise<number>>> = {
  'keys create': createKey,
  'keys list': listKeys,
  'keys revoke': revokeKey,
  'cursors rotate': rotateCursors,
  'journal renew': renewJournal,
  import: async (args, console) => (await import('./cli/import.ts')).importResidents(args, console),
  // Read only when it's asked for: Seam's SDK takes longer to load than all the rest.
  doctor: async (args, console) => (await import('./cli/doctor.ts')).runDoctor(args, console),
  async help(_args, console) {
    console.out(help)
    return 0
  },
}

const terminal: Console = {
  env: process.env,
  out: (text) => void process.stdout.write(`${text}\n`),
  advise: (text) => void process.stderr.write(`${text}\n`),
  ...(process.stderr.isTTY && { progress: (text: string) => void process.stderr.write(`${text}\n`) }),
}

process.exitCode = await run(process.argv.slice(2), terminal)

/** Runs one command. 0 is done, 1 is failed, 2 is that the command line can't be understood. */
async function run(args: readonly string[], console: Console): Promise<number> {
  try {
    const { command, rest } = find(args)
    return await command(rest, console)
  } catch (error) {
    if (error instanceof UsageError) {
      console.advise(error.message)
      return 2
    }
    console.advise(error instanceof ConfigError ? error.message : `Failed: ${(error as Error).message}`)
    return 1
  }
}

function find(args: readonly string[]) {
  if (args.length === 0 || args.includes('--help') || args.includes('-h'))
    return { command: commands.help ?? never(), rest: [] }
  for (const words of [2, 1]) {
    const command = commands[args.slice(0, words).join(' ')]
    if (command !== undefined) return { command, rest: args.slice(words) }
  }
  const known = Object.keys(commands).join(', ')
  throw new UsageError(`There is no command "${args.slice(0, 2).join(' ')}". Known are: ${known}.`)
}

function never(): never {
  throw new Error('unreachable')
}
