import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { demoViewer } from '../../src/auth/authenticator.ts'
import type { Viewer } from '../../src/auth/viewer.ts'
import { createCatalog } from '../../src/catalog/catalog.ts'
import { createCursors } from '../../src/feed/cursors.ts'
import { createSubscriptionHub } from '../../src/feed/subscription-hub.ts'
import type { Journal } from '../../src/journal/journal.ts'
import { openSqliteJournal } from '../../src/journal/sqlite/sqlite-journal.ts'
import { Secret } from '../../src/model/secret.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { createMetrics } from '../../src/observability/metrics.ts'
import { createSeamClient } from '../../src/seam/client.ts'
import { progressKey } from '../../src/webhook-delivery/endpoint-store.ts'
import { createHttpSender } from '../../src/webhook-delivery/http-sender.ts'
import { createSsrfGuard } from '../../src/webhook-delivery/ssrf-guard.ts'
import { startWebhookDelivery, type WebhookEndpoints } from '../../src/webhook-delivery/webhook-endpoints.ts'

/**
 * Webhook delivery over its own journal, with a clock that tests set. Seam is not called, since a viewer with an unlimited access
 * scope needs no owners.
 */
export type DeliveryHarness = AsyncDisposable & {
  readonly journal: Journal
  readonly webhooks: WebhookEndpoints
  /** Difference of the clock to the system clock, in ms. */
  clockLeadMs: number
  /** Returns the viewer of every API key. */
  findViewer: () => Promise<Viewer | null>
  /** Offset at which the next `reopen` starts the feed; `null` for the end of the journal. */
  position: number | null
  /** Called before each save of progress with its text. If it throws, nothing is saved. */
  beforeSave: (text: string) => void
  /** Stops everything and starts it again; calls `meanwhile` while delivery is stopped. */
  reopen(meanwhile?: (journal: Journal) => Promise<void>): Promise<void>
}

/** `openJournal` opens the journal anew at each start. Default: an SQLite file. */
export async function startDeliveryHarness(
  openJournal: (folder: string) => Promise<Journal> = (folder) =>
    openSqliteJournal({ file: join(folder, 'journal.db') }),
): Promise<DeliveryHarness> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-webhooks-'))
  let harness: DeliveryHarness | undefined
  let open = await start()

  async function start() {
    await using opening = new AsyncDisposableStack()
    const log = createLogger('silent')
    const metrics = createMetrics()
    const store = await openJournal(folder)
    opening.defer(store.close)
    const journal = observeSaves(store, (text) => harness?.beforeSave(text))
    const seam = createSeamClient({ apiKey: new Secret('seam_unused'), endpoint: 'http://127.0.0.1:9' })
    const catalog = createCatalog({ seam, maxAgeMs: 1_000 })
    const cursors = await createCursors(journal)
    opening.defer(cursors.close)
    const position = harness?.position ?? (await journal.readHead())
    const hub = await createSubscriptionHub({ journal, catalog, cursors, log, metrics, position })
    opening.defer(hub.close)
    const ssrfGuard = createSsrfGuard(['127.0.0.1'])
    const sender = createHttpSender({ ssrfGuard })
    opening.defer(sender.close)
    const webhooks = startWebhookDelivery({
      ...{ journal, ssrfGuard, log },
      tools: {
        ...{ journal, hub, catalog, cursors, sender, log, metrics },
        findViewer: async () => harness?.findViewer() ?? demoViewer,
        now: () => Date.now() + (harness?.clockLeadMs ?? 0),
        secondMs: 1,
      },
    })
    opening.defer(webhooks.close)
    return { journal, webhooks, close: opening.move() }
  }

  harness = {
    get journal() {
      return open.journal
    },
    get webhooks() {
      return open.webhooks
    },
    clockLeadMs: 0,
    position: null,
    findViewer: async () => demoViewer,
    beforeSave: () => undefined,
    async reopen(meanwhile) {
      const { journal, close, webhooks } = open
      await webhooks.close()
      await meanwhile?.(journal)
      await close.disposeAsync()
      open = await start()
    },
    async [Symbol.asyncDispose]() {
      await open.close.disposeAsync()
      await rm(folder, { recursive: true })
    },
  }
  return harness
}

/** Returns the journal with a function that is called before progress is saved. */
function observeSaves(journal: Journal, beforeSave: (text: string) => void): Journal {
  const putValue: Journal['putValue'] = async (key, value, ...rest) => {
    if (key.startsWith(progressKey(''))) beforeSave(value)
    return journal.putValue(key, value, ...rest)
  }
  return new Proxy(journal, {
    get: (target, name) => (name === 'putValue' ? putValue : Reflect.get(target, name)),
  })
}
