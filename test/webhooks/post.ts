import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { demoViewer } from '../../src/auth/doorkeeper.ts'
import type { Viewer } from '../../src/auth/viewer.ts'
import { createCatalog } from '../../src/catalog/catalog.ts'
import { createCursors } from '../../src/feed/cursors.ts'
import { createHub } from '../../src/feed/hub.ts'
import type { Journal } from '../../src/journal/journal.ts'
import { openSqliteJournal } from '../../src/journal/sqlite.ts'
import { createLogger } from '../../src/log.ts'
import { createMetrics } from '../../src/metrics.ts'
import { Secret } from '../../src/model/secret.ts'
import { createSeamClient } from '../../src/seam/client.ts'
import { createAddresses } from '../../src/webhooks/address.ts'
import { createSender } from '../../src/webhooks/sender.ts'
import { startWebhooks, type Webhooks } from '../../src/webhooks/webhooks.ts'

/** Webhooks over a journal of their own, with a clock that tests move. Nobody asks Seam: whoever sees everything needs no owners. */
export type Post = AsyncDisposable & {
  readonly journal: Journal
  readonly webhooks: Webhooks
  /** How far the clock is ahead, in ms. */
  aheadMs: number
  /** Whom every key lets in. */
  viewerOf: () => Promise<Viewer | null>
  /** Up to where the catalog is known to be when it's opened next; the journal's end otherwise. */
  position: number | null
  /** Stops all of it, and opens it anew. */
  reopen(meanwhile?: (journal: Journal) => Promise<void>): Promise<void>
}

export async function openPost(): Promise<Post> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-post-'))
  let post: Post | undefined
  let open = await start()

  async function start() {
    await using opening = new AsyncDisposableStack()
    const log = createLogger('silent')
    const metrics = createMetrics()
    const journal = await openSqliteJournal({ file: join(folder, 'journal.db') })
    opening.defer(journal.close)
    const seam = createSeamClient({ apiKey: new Secret('seam_nobody_asks'), endpoint: 'http://127.0.0.1:9' })
    const catalog = createCatalog({ seam, maxAgeMs: 1_000 })
    const cursors = await createCursors(journal)
    opening.defer(cursors.close)
    const position = post?.position ?? (await journal.head())
    const hub = await createHub({ journal, catalog, cursors, log, metrics, position })
    opening.defer(hub.close)
    const addresses = createAddresses(['127.0.0.1'])
    const sender = createSender({ addresses })
    opening.defer(sender.close)
    const webhooks = startWebhooks({
      ...{ journal, addresses, log },
      tools: {
        ...{ journal, hub, catalog, cursors, sender, log, metrics },
        viewerOf: async () => post?.viewerOf() ?? demoViewer,
        now: () => Date.now() + (post?.aheadMs ?? 0),
        secondMs: 1,
      },
    })
    opening.defer(webhooks.close)
    return { journal, webhooks, close: opening.move() }
  }

  post = {
    get journal() {
      return open.journal
    },
    get webhooks() {
      return open.webhooks
    },
    aheadMs: 0,
    position: null,
    viewerOf: async () => demoViewer,
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
  return post
}
