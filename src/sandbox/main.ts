import { type CommandLine, readCommandLine } from './command-line.ts'
import { type Sandbox, startSandbox } from './sandbox.ts'

/** Runs the sandbox as a process. Exits with 0 after SIGTERM or SIGINT, and with 1 and one message if it cannot start. */
async function main(): Promise<void> {
  let stop = (): void => process.exit(0)
  // Registered before the first await, so that a signal during the start ends the process.
  for (const event of ['SIGTERM', 'SIGINT', 'disconnect']) process.once(event, () => stop())
  const asked = readCommandLine(process.argv.slice(2), process.env)
  const sandbox = await startSandbox({ ...asked.options, isWaiting: process.send !== undefined })
  stop = () => void sandbox.close().then(() => process.exit(0))
  announce(sandbox, asked)
}

/** Sends the address to a parent process, and ends when the parent ends. Without a parent, prints a banner. */
function announce({ url, apiKey, begin }: Sandbox, { isQuiet }: CommandLine): void {
  if (process.send !== undefined) {
    if (!process.connected) return
    process.on('message', begin)
    process.send({ type: 'listening', url, apiKey })
    return
  }
  if (!isQuiet) process.stdout.write(banner(url, apiKey))
}

function banner(url: string, apiKey: string): string {
  return `A Latch building behind Seam's API is at ${url}
  key      ${apiKey}
  try      curl -H 'Authorization: Bearer ${apiKey}' ${url}/acs/systems/list
  control  curl ${url}/_sandbox/state
`
}

try {
  await main()
} catch (thrown) {
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  process.stderr.write(`The sandbox can't start: ${message}\n`)
  process.exitCode = 1
}
