import { type Asked, readFlags } from './flags.ts'
import { type Sandbox, startSandbox } from './sandbox.ts'

/** Starts the building alone; ends with 0 when told to stop, and with 1 and one sentence when it can't start. */
async function main(): Promise<void> {
  const asked = readFlags(process.argv.slice(2), process.env)
  const sandbox = await startSandbox(asked.options)
  const stop = (): void => void sandbox.close().then(() => process.exit(0))
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  announce(sandbox, asked, stop)
}

/** A parent process is told where the building is, and takes it along when it goes; people get a banner. */
function announce({ url, apiKey }: Sandbox, { isQuiet }: Asked, stop: () => void): void {
  if (process.send !== undefined) {
    process.once('disconnect', stop)
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
