import { type App, startApp } from './app.ts'
import { banner } from './banner.ts'
import { startBundledBuilding } from './bundled.ts'
import { type Config, ConfigError, readConfig } from './config.ts'
import { createLogger, type Logger } from './log.ts'

const seamUrl = 'https://connect.getseam.com'

await main()

async function main(): Promise<void> {
  const config = configOrExit()
  const log = createLogger(config.logLevel)
  try {
    await run(config, log)
  } catch (error) {
    log.fatal({ err: error }, 'Latchkey could not start')
    process.exit(1)
  }
}

function configOrExit(): Config {
  try {
    const config = readConfig(process.env)
    const idle = withoutEffect(config)
    if (idle.length > 0) throw new ConfigError(idle)
    return config
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exit(1)
  }
}

/** A setting that nothing here acts on is refused: who sets it relies on it. */
function withoutEffect({ auth, redisUrl }: Config): string[] {
  return [
    ...(redisUrl === null
      ? []
      : ['REDIS_URL is set, but this version keeps its journal in SQLite only; unset it.']),
    ...(auth === null ? [] : ['AUTH_JWKS_URL is set, but this version knows API keys only; unset AUTH_….']),
  ]
}

async function run(config: Config, log: Logger): Promise<void> {
  const { seamApiKey, seamEndpoint } = config
  const bundled = seamApiKey === null ? await startBundledBuilding() : null
  const seam = bundled ?? { apiKey: seamApiKey ?? '', endpoint: seamEndpoint }
  const app = await startApp({ config, log, seam, isBundled: bundled !== null })
  const stopped = new AbortController()
  const stop = once(() => {
    stopped.abort()
    return stopAll(app, bundled, log)
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
  process.stdout.write(banner(app, building))
}

async function stopAll(app: App, bundled: { close(): Promise<void> } | null, log: Logger): Promise<void> {
  log.info('stopping')
  await app.close()
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
