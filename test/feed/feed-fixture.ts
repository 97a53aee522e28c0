import { demoViewer } from '../../src/auth/authenticator.ts'
import { createCatalog } from '../../src/catalog/catalog.ts'
import { type Cursors, createCursors } from '../../src/feed/cursors.ts'
import type { SubscriberSink, SubscriptionOperation } from '../../src/feed/subscription.ts'
import {
  createSubscriptionHub,
  type SubscriptionHub,
  type SubscriptionHubOptions,
} from '../../src/feed/subscription-hub.ts'
import type { Journal } from '../../src/journal/journal.ts'
import { allChanges } from '../../src/model/change-filter.ts'
import { Secret } from '../../src/model/secret.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { createMetrics } from '../../src/observability/metrics.ts'
import { createSeamClient } from '../../src/seam/client.ts'

export type FeedFixture = { readonly hub: SubscriptionHub; readonly cursors: Cursors; close(): Promise<void> }

/** Opens a feed over a journal. Seam is not called, since a viewer with an unlimited access scope needs no owners. */
export async function openFeed(
  journal: Journal,
  options: Pick<SubscriptionHubOptions, 'onJournalLost' | 'heartbeatMs'> = {},
): Promise<FeedFixture> {
  const seam = createSeamClient({ apiKey: new Secret('seam_unused'), endpoint: 'http://127.0.0.1:9' })
  const catalog = createCatalog({ seam, maxAgeMs: 1000 })
  const cursors = await createCursors(journal)
  const log = createLogger('silent')
  const hub = await createSubscriptionHub({
    journal,
    catalog,
    cursors,
    log,
    metrics: createMetrics(),
    ...options,
  })
  return {
    hub,
    cursors,
    async close() {
      await hub.close()
      cursors.close()
      seam.close()
    },
  }
}

/** Renders every change as its event id. */
export const everyChangeOperation: SubscriptionOperation = {
  key: 'everything',
  filter: allChanges,
  render: async ({ changes, gap }) =>
    JSON.stringify({ eventIds: changes.map(({ seamEventId }) => seamEventId), gap: gap?.reason ?? null }),
}

type ReceivedBatch = { eventIds: string[]; gap: string | null }

/** Creates a subscriber that collects what it receives. */
export function createReader() {
  const eventIds: string[] = []
  const gaps: string[] = []
  const ends: string[] = []
  const sink: SubscriberSink = {
    deliver({ body }) {
      const batch = JSON.parse(body) as ReceivedBatch
      eventIds.push(...batch.eventIds)
      if (batch.gap !== null) gaps.push(batch.gap)
    },
    isReady: () => true,
    end: (reason) => void ends.push(reason),
  }
  return { eventIds, gaps, ends, sink }
}

export const subscribeAfter = (hub: SubscriptionHub, cursor: string | null, sink: SubscriberSink) =>
  hub.subscribe(everyChangeOperation, demoViewer, cursor === null ? [] : [cursor], sink)
