import { once } from 'node:events'
import { type SupervisedApp, superviseApp } from './app-supervisor.ts'
import { ApiKeyStoreUnavailable } from './auth/api-keys/api-key-store.ts'
import { type BundledBuilding, startBundledBuilding } from './bundled-building.ts'
import { type Config, ConfigError, readConfig } from './config/config.ts'
import { JournalUnavailable } from './journal/journal.ts'
import { Secret } from './model/secret.ts'
import { createLogger, type Logger } from './observability/logger.ts'
import { seamUrl } from './seam/calls/sdk-transport.ts'
import { renderBanner } from './startup-banner.ts'
import { StartupError } from './startup-error.ts'
import { lockDataDir } from './storage/data-dir-lock.ts'

type Gateway = { readonly supervisedApp: SupervisedApp; readonly bundled: BundledBuilding | null }

/** How long an aborted start may take to close its resources before the process exits. */
const startAbortTimeoutMs = 2_000

/**
 * Runs a gateway until `stop` aborts, then ends the process: with 0 when `stop` aborts, even during the start, and with 1 and one
 * message for the operator when the gateway cannot start.
 */
export async function runGatewayProcess(stop: AbortSignal): Promise<void> {
  const config = orExit(() => readConfig(process.env))
  const log = createLogger(config.logLevel)
  const gateway = await startOrExit(config, log, stop)
  process.stdout.write(renderBanner(gateway.supervisedApp.app, describeBuilding(config)))
  gateway.bundled?.startActivity()
  if (!stop.aborted) await once(stop, 'abort')
  log.info('stopping')
  await gateway.supervisedApp.stop()
  await gateway.bundled?.close()
  process.exit(0)
}

async function startOrExit(config: Config, log: Logger, stop: AbortSignal): Promise<Gateway> {
  const exitAfterTimeout = (): void => void setTimeout(() => process.exit(0), startAbortTimeoutMs).unref()
  stop.addEventListener('abort', exitAfterTimeout)
  try {
    const gateway = await startGateway(config, log, stop)
    stop.removeEventListener('abort', exitAfterTimeout)
    return gateway
  } catch (error) {
    if (stop.aborted) process.exit(0)
    if (log.isLevelEnabled('debug')) log.fatal({ err: error }, 'Latchkey could not start')
    return exitWithError(error)
  }
}

async function startGateway(config: Config, log: Logger, stop: AbortSignal): Promise<Gateway> {
  const { seamApiKey, seamEndpoint } = config
  const dataDirLock = await lockDataDir(config.dataDir)
  process.once('exit', dataDirLock.release)
  const bundled = seamApiKey === null ? await startBundledBuilding(stop) : null
  const seam = bundled ?? { apiKey: seamApiKey ?? new Secret(''), endpoint: seamEndpoint }
  try {
    const supervisedApp = await superviseApp({
      config,
      log,
      seam,
      isBundled: bundled !== null,
      dataDirLock,
      signal: stop,
    })
    bundled?.ended.then((sentence) => {
      // Ctrl-C also reaches the building's process, whose end is then expected.
      if (!stop.aborted) log.error(sentence)
    })
    return { supervisedApp, bundled }
  } catch (error) {
    await bundled?.close()
    throw error
  }
}

function describeBuilding({ seamApiKey, seamEndpoint }: Config): string {
  if (seamApiKey === null) return 'the bundled one, with simulated activity'
  return `your workspace at ${seamEndpoint ?? seamUrl}`
}

function orExit<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    return exitWithError(error)
  }
}

function exitWithError(error: unknown): never {
  process.stderr.write(`${describeError(error as Error)}\n`)
  process.exit(1)
}

/** Errors whose message is shown to the operator unchanged. */
const operatorErrors = [ConfigError, StartupError, JournalUnavailable, ApiKeyStoreUnavailable]

function describeError(error: Error): string {
  if (operatorErrors.some((type) => error instanceof type)) return error.message
  return `Latchkey could not start (${error.message.replace(/\.$/, '')}). Set LOG_LEVEL=debug to see the stack trace.`
}
