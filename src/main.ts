import { banner } from './banner.ts'
import { startBundledBuilding } from './bundled.ts'
import { type Config, ConfigError, readConfig } from './config.ts'
import { createLogger, type Logger } from './log.ts'
import { Secret } from './model/secret.ts'
import { type Running, runApp } from './run.ts'

const seamUrl = 'https://connect.getseam.com'

await main()

async function main(): Promise<void> {
  const config = configOrExit()
  const log = createLogger(config.logLevel)
  try {
    await run(config, log)
  } catch (error) {
    if (error instanceof ConfigError) process.stderr.write(`${error.message}\n`)
    else log.fatal({ err: error }, 'Latchkey could not start')
    process.exit(1)
  }
}

function configOrExit(): Config {
  try {
    return readConfig(process.env)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exit(1)
  }
}

async function run(config: Config, log: Logger): Promise<void> {
  const { seamApiKey, seamEndpoint } = config
  const bundled = seamApiKey === null ? await startBundledBuilding() : null
  const seam = bundled ?? { apiKey: seamApiKey ?? new Secret(''), endpoint: seamEndpoint }
  const running = await runApp({ config, log, seam, isBundled: bundled !== null })
  const stopped = new AbortController()
  const stop = once(() => {
    stopped.abort()
    return stopAll(running, bundled, log)
  })
  process.on('SIGTERM', stop).on('SIGINT', stop)
  bundled?.ended.then((sentence) => {
    // Ctrl-C reaches the building as well: then it was told to end.
    if (!stopped.signal.aborted) log.error(sentence)
  })
  const building =
    bundled === null
      ? `your workspace at ${seamEndpoint ?? seamUrl}`
      : 'the bundled one, with a day of its own'
  process.stdout.write(banner(running.app, building))
}

async function stopAll(
  running: Running,
  bundled: { close(): Promise<void> } | null,
  log: Logger,
): Promise<void> {
  log.info('stopping')
  await running.stop()
  await bundled?.close()
  process.exit(0)
}

function once(run: () => Promise<void>): () => void {
  let isStarted = false
  return () => {
    if (isStarted) return
    isStarted = true
    void run()
  }
}
