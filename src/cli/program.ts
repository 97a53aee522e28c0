import { Command, CommanderError } from 'commander'
import { scopes } from '../auth/viewer.ts'
import { environmentVariables } from '../config/config.ts'
import { createApiKey, listApiKeys, narrowApiKey, revokeApiKey } from './api-key-commands.ts'
import { runBackup, runRestore } from './backup.ts'
import { renewJournal, rotateCursorKey } from './journal-commands.ts'
import { type CommandOptions, type Terminal, UsageError } from './terminal.ts'

/** Runs a command with its arguments and options. Returns the exit code. */
type CommandHandler = (
  terminal: Terminal,
  args: readonly string[],
  options: CommandOptions,
) => Promise<number>

const usageErrorExitCode = 2

const importColumns = `
Columns: fullName, startsAt, endsAt, emailAddress, phoneNumber, mobileKeyDoors, codeDoors (names or ids of entrances, separated by ;),
sameUser. A date without a time means the start of that day in the building's time zone, or its last second in endsAt.`

/**
 * Runs one command line. Returns 0 for success, 1 for a failure, and 2 for an invalid command line, after printing the problem and
 * the usage of its command.
 */
export async function runCommandLine(args: readonly string[], terminal: Terminal): Promise<number> {
  const outcome = { code: 0 }
  const program = createProgram(terminal, outcome)
  if (args.length === 0) {
    program.outputHelp()
    return 0
  }
  try {
    await program.parseAsync([...args], { from: 'user' })
    return outcome.code
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return error.exitCode === 0 ? 0 : usageErrorExitCode
  }
}

function createProgram(terminal: Terminal, outcome: { code: number }): Command {
  const program = new Command('latchkey')
    .usage('COMMAND [options]')
    .description(
      'Administers a gateway; needs the same environment variables as the gateway. In this repository: npm run latchkey -- COMMAND',
    )
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.writeResult(text.trimEnd()),
      writeErr: (text) => terminal.writeMessage(text.trimEnd()),
      outputError: (text, write) => write(text.replace(/^error: /, '')),
    })
    .addHelpText('after', `\nEnvironment (npm start reads the same):\n${formatEnvironment()}`)

  /** Adds a command. After a `UsageError`, only the usage of that command is printed. */
  function addCommand(
    parent: Command,
    nameAndArguments: string,
    description: string,
    handler: CommandHandler,
  ): Command {
    const command = parent.command(nameAndArguments).description(description)
    return command.action(async () => {
      try {
        outcome.code = await handler(terminal, command.args, command.opts<CommandOptions>())
      } catch (error) {
        if (!(error instanceof UsageError)) throw error
        command.error(error.message, { exitCode: usageErrorExitCode })
      }
    })
  }

  const keys = program.command('keys').description('Creates, lists, narrows and revokes API keys.')
  addCommand(keys, 'create', 'Creates an API key and prints it; it cannot be shown again.', createApiKey)
    .requiredOption('--name <name>', 'unique name of the API key')
    .requiredOption('--scopes <scopes>', `scopes, separated by commas: ${scopes.join(', ')}`)
    .option('--systems <ids>', 'limits access to these ACS systems (ids, separated by commas)')
    .option('--resident <id>', 'limits access to one ACS user')
    .option('--graph <graph>', 'partner: limits access to the graph for partners')
    .option('--expires <time>', 'expiry: 90d, 12h, 4w, or a date')
  addCommand(keys, 'list', 'Lists the API keys, without their secrets.', listApiKeys)
  addCommand(
    keys,
    'narrow <name>',
    'Takes permissions from an API key, which itself stays the same. It cannot get more. Its open connections close within two seconds.',
    narrowApiKey,
  )
    .option('--scopes <scopes>', 'scopes to keep, separated by commas')
    .option('--systems <ids>', 'ACS systems to keep (ids, separated by commas)')
    .option('--resident <id>', 'limits access to one ACS user')
    .option('--expires <time>', 'earlier expiry: 90d, 12h, 4w, or a date')
  addCommand(
    keys,
    'revoke <name>',
    'Revokes an API key. Its open connections close within two seconds.',
    revokeApiKey,
  )

  addCommand(
    program.command('cursors').description('Manages the key that signs cursors.'),
    'rotate',
    'Signs cursors with a new key. Cursors issued before are valid until the next rotation.',
    rotateCursorKey,
  )
  addCommand(
    program.command('journal').description('Manages the journal.'),
    'renew',
    'Begins a new epoch, so that subscribers receive a gap and fetch their data again. Use it after you restored a backup without the command restore. The gateway must be stopped, unless REDIS_URL is set.',
    renewJournal,
  )

  // Commands with Seam's SDK are imported on demand: it takes longer to load than everything else together.
  const webhook = program.command('webhook').description("Manages the gateway's webhook at Seam.")
  addCommand(
    webhook,
    'status',
    "Lists the gateway's webhooks at Seam, and the messages refused in the last day.",
    async (terminal) => (await import('./seam-webhook-commands.ts')).showWebhookStatus(terminal),
  )
  addCommand(
    webhook,
    'rotate',
    'Replaces the webhook by one with another secret, whether or not the gateway runs. Both are valid for a day.',
    async (terminal) => (await import('./seam-webhook-commands.ts')).rotateWebhook(terminal),
  )

  addCommand(
    program,
    'backup <dir>',
    'Copies the journal and the API keys from DATA_DIR to a new or empty folder, whether or not the gateway runs.',
    runBackup,
  )
  addCommand(
    program,
    'restore <dir>',
    'Copies a backup into a DATA_DIR without a journal and API keys, and begins a new epoch. The gateway must be stopped.',
    runRestore,
  )
  addCommand(
    program,
    'import <file>',
    'Moves in the residents of a CSV file, through a running gateway. Set LATCHKEY_KEY to an API key of the gateway.',
    async (...args) => (await import('./import/import-command.ts')).importResidents(...args),
  )
    .requiredOption('--system <id>', 'id of the ACS system to move the residents into')
    .option('--time <time>', "time of day for dates without one, such as 15:00, in the building's time zone")
    .option(
      '--encoding <name>',
      'encoding of the file if it is neither UTF-8 nor UTF-16, such as windows-1252',
    )
    .option('--url <url>', 'URL of the gateway', 'http://127.0.0.1:4000')
    .option('--dry-run', 'checks every line and changes nothing')
    .addHelpText('after', importColumns)
  addCommand(
    program,
    'doctor',
    'Checks the configuration, Seam, the storage and the webhook, and says how to correct each problem. It appends an empty entry to the journal, and sends a signed message through PUBLIC_URL.',
    async (terminal) => (await import('./doctor/doctor.ts')).runDoctor(terminal),
  )
  for (const command of [program, ...program.commands, ...program.commands.flatMap((each) => each.commands)])
    command.showHelpAfterError(`Usage: ${getCommandPath(command)} ${command.usage()}`)
  return program
}

function getCommandPath(command: Command): string {
  return command.parent === null ? command.name() : `${getCommandPath(command.parent)} ${command.name()}`
}

function formatEnvironment(): string {
  const width = Math.max(...environmentVariables.map(({ name }) => name.length))
  return environmentVariables
    .map(({ name, description }) => `  ${name.padEnd(width)}  ${description}`)
    .join('\n')
}
