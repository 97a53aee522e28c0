import { setTimeout as delay } from 'node:timers/promises'
import { type App, type AppOptions, startApp } from './app.ts'

/** A gateway that stays, whatever becomes of its journal. */
export type Running = {
  readonly app: App
  /** Stops it for good. */
  stop(): Promise<void>
}

const retryMs = 1_000

/**
 * Starts a gateway, and starts it anew on the same port whenever its journal was replaced: its subscribers are sent away, come back
 * with cursors of the old journal, and are told so. Rejects when the first start fails.
 */
export async function runApp(options: AppOptions): Promise<Running> {
  const { log } = options
  const stopped = new AbortController()
  let app = await startApp(options)
  const again = { ...options, config: { ...options.config, port: app.port } }

  async function startAgain(): Promise<App | null> {
    while (!stopped.signal.aborted) {
      try {
        return await startApp(again)
      } catch (error) {
        log.error({ err: error }, 'the gateway could not start again; it is tried once more')
        await delay(retryMs, undefined, { signal: stopped.signal }).catch(() => undefined)
      }
    }
    return null
  }

  async function keepRunning(): Promise<void> {
    const stop = new Promise((resolve) => stopped.signal.addEventListener('abort', resolve))
    for (;;) {
      await Promise.race([app.lost, stop])
      if (!stopped.signal.aborted)
        log.warn('the journal was replaced: the gateway starts anew on the one there is now')
      await app.close()
      if (stopped.signal.aborted) return
      const next = await startAgain()
      if (next === null) return
      app = next
    }
  }
  const running = keepRunning()

  return {
    get app() {
      return app
    },
    async stop() {
      stopped.abort()
      await running
    },
  }
}
