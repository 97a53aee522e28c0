import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '../log.ts'
import type { Registration } from './registration.ts'

/** How long, and how often, a start looks for a secret that another process is about to get. */
const waits = { times: 100, ms: 300 }

/**
 * The start waits for the webhook: without its secret nothing could be taken. Where Seam can't be asked, one that was registered before
 * will do. Answers whether one was made.
 */
export async function firstWebhook(
  registration: Registration,
  signal: AbortSignal,
  log: Logger,
): Promise<boolean> {
  for (let left = waits.times; left > 0; left--) {
    const found = await registration.check(signal).catch(async (error: unknown) => {
      await registration.reload()
      if (registration.secrets().length === 0) throw error
      log.warn({ err: error }, 'the webhook could not be checked; the one known will do')
      return 'FOUND' as const
    })
    if (found !== 'WAITING') return found === 'MADE'
    await sleep(waits.ms, undefined, { signal })
  }
  throw new Error('No process has registered the webhook. Start one of them alone.')
}
