import { setTimeout as delay } from 'node:timers/promises'
import { type Journal, JournalUnavailable } from '../journal/journal.ts'
import { deliveryLeaseName, drainTimeoutMs } from './delivery-dispatcher.ts'
import type { Endpoint } from './endpoint.ts'
import type { EndpointStore } from './endpoint-store.ts'

const pollMs = 20
/** A message in flight has `drainTimeoutMs`; the lease of a killed process ends less than this time after that. */
const waitTimeoutMs = drainTimeoutMs + 10_000

/**
 * Resolves once no process can send a message under an older version of an endpoint: the sending process uses this version, has stopped, or
 * its lease has expired. Rejects with `JournalUnavailable` after a time limit.
 */
export async function waitUntilVersionServed(
  { id, version }: Pick<Endpoint, 'id' | 'version'>,
  store: Pick<EndpointStore, 'getProgress'>,
  journal: Pick<Journal, 'getLease'>,
): Promise<void> {
  for (
    const deadline = performance.now() + waitTimeoutMs;
    performance.now() < deadline;
    await delay(pollMs)
  ) {
    const servedVersion = (await store.getProgress(id))?.serving ?? null
    if (servedVersion === null || servedVersion.version >= version) return
    const lease = await journal.getLease(deliveryLeaseName)
    if (lease?.token !== servedVersion.token) return
  }
  throw new JournalUnavailable(
    'The change is kept, but the process that sends webhooks has not taken it up yet: a message may still be sent. Ask again.',
  )
}
