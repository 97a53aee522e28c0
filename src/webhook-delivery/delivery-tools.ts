import { setTimeout as delay } from 'node:timers/promises'
import { feedScopes, type Viewer } from '../auth/viewer.ts'
import type { Catalog } from '../catalog/catalog.ts'
import type { Cursors } from '../feed/cursors.ts'
import type { SubscriptionHub } from '../feed/subscription-hub.ts'
import type { Journal } from '../journal/journal.ts'
import type { Logger } from '../observability/logger.ts'
import type { Metrics } from '../observability/metrics.ts'
import type { Endpoint } from './endpoint.ts'
import type { HttpSender } from './http-sender.ts'

/** Dependencies that all workers share. */
export type DeliveryTools = {
  readonly journal: Pick<Journal, 'epoch' | 'termAt' | 'search' | 'count' | 'read' | 'readHead' | 'readFloor'>
  readonly hub: Pick<SubscriptionHub, 'position' | 'waitForOffset'>
  readonly catalog: Pick<Catalog, 'unlockableEntranceIds' | 'recordFilterUsage'>
  readonly cursors: Pick<Cursors, 'write'>
  readonly sender: Pick<HttpSender, 'send'>
  /** Returns the viewer whose access scope an endpoint uses, or `null` if its API key has ended. */
  findViewer(endpoint: Endpoint): Promise<Viewer | null>
  readonly log: Pick<Logger, 'warn' | 'debug'>
  readonly metrics: Pick<Metrics, 'countWebhookAttempt' | 'countGap'>
  readonly now: () => number
  /** Length of a second in the delays between attempts, in ms. Default: 1,000. */
  readonly secondMs?: number
}

/** Returns the viewer of an endpoint, or `null` if its API key has ended or does not have the scopes for webhooks any more. */
export async function findEntitledViewer(
  tools: Pick<DeliveryTools, 'findViewer'>,
  endpoint: Endpoint,
): Promise<Viewer | null> {
  const viewer = await tools.findViewer(endpoint)
  return viewer !== null && feedScopes.every((scope) => viewer.scopes.has(scope)) ? viewer : null
}

/** Delay before a failed read of the store or of Seam is retried. */
const retryDelayMs = 1_000

/** Reads from the store or Seam. Resolves to `undefined` if that fails, after a delay, or at once if the signal aborts. */
export async function readOrPause<T>(
  read: () => Promise<T>,
  signal: AbortSignal,
  onError: (error: unknown) => void,
): Promise<T | undefined> {
  if (signal.aborted) return undefined
  try {
    return await resolveUnlessAborted(read(), signal)
  } catch (error) {
    onError(error)
    await pause(retryDelayMs, signal)
    return undefined
  }
}

/** Waits, and returns early if the signal aborts. */
export const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  delay(Math.max(0, ms), undefined, { signal, ref: false }).catch(() => undefined)

/** Resolves to the result of a promise, or to `undefined` as soon as the signal aborts. */
export function resolveUnlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const end = (): void => resolve(undefined)
    signal.addEventListener('abort', end, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', end))
  })
}
