import { setTimeout as delay } from 'node:timers/promises'
import { type App, type AppOptions, startApp } from './app.ts'
import type { DataDirLock } from './storage/data-dir-lock.ts'

/** A gateway that is restarted within the process whenever its journal is replaced. */
export type SupervisedApp = {
  readonly app: App
  /** Stops the gateway without restarting it. */
  stop(): Promise<void>
}

/** The caller owns the lock and holds it across restarts, so that no other gateway can start in between. */
type SupervisedAppOptions = AppOptions & { readonly dataDirLock: DataDirLock }

const restartDelayMs = 1_000

/**
 * Starts a gateway, and restarts it on the same port whenever its journal is replaced: subscribers are disconnected, reconnect with
 * cursors of the old journal, and receive a gap with the reason `JOURNAL_REPLACED`. Rejects if the first start fails.
 */
export async function superviseApp(options: SupervisedAppOptions): Promise<SupervisedApp> {
  const { log } = options
  const stopped = new AbortController()
  let app = await startApp(options)
  const restartOptions = { ...options, signal: stopped.signal, config: { ...options.config, port: app.port } }

  async function restartApp(): Promise<App | null> {
    while (!stopped.signal.aborted) {
      try {
        return await startApp(restartOptions)
      } catch (error) {
        log.error({ err: error }, 'the gateway could not restart; it tries again')
        await delay(restartDelayMs, undefined, { signal: stopped.signal }).catch(() => undefined)
      }
    }
    return null
  }

  async function restartOnJournalLoss(): Promise<void> {
    const stop = new Promise((resolve) => stopped.signal.addEventListener('abort', resolve))
    for (;;) {
      await Promise.race([app.journalLost, stop])
      if (!stopped.signal.aborted)
        log.warn('the journal was replaced: the gateway restarts on the current one')
      await app.close()
      if (stopped.signal.aborted) return
      const next = await restartApp()
      if (next === null) return
      app = next
    }
  }
  const supervision = restartOnJournalLoss()

  return {
    get app() {
      return app
    },
    async stop() {
      stopped.abort()
      await supervision
    },
  }
}
