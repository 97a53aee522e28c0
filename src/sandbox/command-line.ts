import { parseArgs } from 'node:util'
import { defaultApiKey, type SandboxOptions } from './sandbox.ts'
import { maxCredentialsPerResident } from './seed/acs-users.ts'

/** The options from the command line and the environment. */
export type CommandLine = { readonly options: SandboxOptions; readonly isQuiet: boolean }

const flags = {
  residents: { type: 'string' },
  doors: { type: 'string' },
  systems: { type: 'string' },
  credentials: { type: 'string' },
  quiet: { type: 'boolean' },
  'no-activity': { type: 'boolean' },
  'activity-interval-ms': { type: 'string' },
  'issue-delay-ms': { type: 'string' },
  'delete-delay-ms': { type: 'string' },
  'webhook-retry-ms': { type: 'string' },
} as const

/** Reads `PORT`, `HOST`, `SANDBOX_API_KEY` and the flags. Throws an `Error` with one message for the first invalid value. */
export function readCommandLine(args: readonly string[], env: NodeJS.ProcessEnv): CommandLine {
  const { values } = parseArgs({ args: [...args], options: flags, strict: true, allowPositionals: false })
  const retries = values['webhook-retry-ms']?.split(',')
  const options: SandboxOptions = {
    port: whole('PORT', env.PORT, 0, 65_535) ?? 4010,
    host: env.HOST || '127.0.0.1',
    apiKey: env.SANDBOX_API_KEY || defaultApiKey,
    activity: values['no-activity'] !== true,
    ...given('residents', whole('--residents', values.residents, 0, 100_000)),
    ...given('doors', whole('--doors', values.doors, 1, 10_000)),
    ...given('systems', whole('--systems', values.systems, 1, 1_000)),
    ...given('credentials', whole('--credentials', values.credentials, 1, maxCredentialsPerResident)),
    ...given(
      'activityIntervalMs',
      milliseconds('--activity-interval-ms', values['activity-interval-ms'], 10),
    ),
    ...given('issueDelayMs', milliseconds('--issue-delay-ms', values['issue-delay-ms'])),
    ...given('deleteDelayMs', milliseconds('--delete-delay-ms', values['delete-delay-ms'])),
    ...given(
      'webhookRetryMs',
      retries?.map((one) => milliseconds('--webhook-retry-ms', one) ?? 0),
    ),
  }
  return { options, isQuiet: values.quiet === true }
}

function milliseconds(name: string, text: string | undefined, least = 0): number | undefined {
  return whole(name, text, least, 2_147_483_647)
}

function whole(name: string, text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined || text === '') return undefined
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= least && value <= most) return value
  throw new Error(`${name} must be a whole number from ${least} to ${most}, not "${text}".`)
}

function given<Key extends keyof SandboxOptions>(
  key: Key,
  value: SandboxOptions[Key] | undefined,
): SandboxOptions {
  return value === undefined ? {} : { [key]: value }
}
