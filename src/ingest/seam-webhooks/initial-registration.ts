import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '../../observability/logger.ts'
import { StartupError } from '../../startup-error.ts'
import type { WebhookRegistration } from './webhook-registration.ts'

/** Number and interval of retries while another process registers the webhook. */
const retries = { times: 100, ms: 300 }

/**
 * Waits for the webhook during the start, because no webhook can be verified without its secret. If Seam is unavailable, a previously
 * registered webhook is used. Resolves to whether the webhook was created, found, or not checked.
 */
export async function ensureInitialWebhook(
  registration: WebhookRegistration,
  signal: AbortSignal,
  log: Logger,
): Promise<'MADE' | 'FOUND' | 'UNCHECKED'> {
  for (let attemptsLeft = retries.times; attemptsLeft > 0; attemptsLeft--) {
    const outcome = await registration.check(signal).catch(async (error: unknown) => {
      signal.throwIfAborted()
      await registration.reloadSecrets()
      if (registration.secrets().length === 0) throw error
      log.warn(
        { err: error },
        'the webhook could not be checked; the gateway continues with the registered one',
      )
      return 'UNCHECKED' as const
    })
    if (outcome !== 'WAITING') return outcome
    await sleep(retries.ms, undefined, { signal })
  }
  throw new StartupError(
    'Another gateway of this workspace did not register the webhook within 30 seconds: check SEAM_API_KEY and PUBLIC_URL of that gateway, or stop it and start a single gateway first.',
  )
}
