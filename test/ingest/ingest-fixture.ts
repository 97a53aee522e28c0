import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Webhook } from 'standardwebhooks'
import { type Catalog, createCatalog } from '../../src/catalog/catalog.ts'
import { type Ingest, type IngestOptions, startIngest } from '../../src/ingest/ingest.ts'
import type { Journal } from '../../src/journal/journal.ts'
import { openRedisJournal } from '../../src/journal/redis/redis-journal.ts'
import { openSqliteJournal } from '../../src/journal/sqlite/sqlite-journal.ts'
import type { Change } from '../../src/model/change.ts'
import { Secret } from '../../src/model/secret.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/sandbox.ts'
import { createSeamClient, type SeamClient } from '../../src/seam/client.ts'

/** A sandbox, a client for it and a journal, without an HTTP server. */
export type IngestFixture = AsyncDisposable & {
  readonly sandbox: Sandbox
  readonly seam: SeamClient
  readonly journal: Journal
  /** Starts an ingest, by default without a webhook. */
  startIngest(options?: Partial<IngestOptions>): Promise<Ingest>
  appendedChanges(): Promise<readonly Change[]>
}

/** Sends events to an ingest as Seam's webhooks. */
export type WebhookSender = {
  /** Signing secret, to be passed to the ingest. */
  readonly secret: Secret
  /** Sends the events one after the other; resolves when all were accepted. */
  send(ingest: Ingest, events: readonly SandboxEvent[]): Promise<void>
}

type SandboxEvent = ReturnType<Sandbox['events']>[number]

/** Creates a sender of webhooks with a new signing secret. */
export function createWebhookSender(): WebhookSender {
  const secret = `whsec_${randomBytes(24).toString('base64')}`
  const webhook = new Webhook(secret)
  return {
    secret: new Secret(secret),
    async send(ingest, events) {
      for (const event of events) {
        const [id, at, body] = [`msg_${randomUUID()}`, new Date(), JSON.stringify(event)]
        const { status } = await ingest.receiveWebhook(Buffer.from(body), {
          'svix-id': id,
          'svix-timestamp': String(Math.floor(at.getTime() / 1000)),
          'svix-signature': webhook.sign(id, at, body),
        })
        if (status !== 204) throw new Error(`A webhook was answered with ${status}.`)
      }
    },
  }
}

/** Starts a sandbox without simulated activity and an empty journal, in Redis at `redisUrl` or in a file. Disposal closes all started ingests. */
export async function startIngestFixture({
  redisUrl,
  ...options
}: SandboxOptions & { readonly redisUrl?: string } = {}): Promise<IngestFixture> {
  const sandbox = await startSandbox({ port: 0, activity: false, issueDelayMs: 0, ...options })
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-intake-'))
  const journal =
    redisUrl === undefined
      ? await openSqliteJournal({ file: join(folder, 'journal.db') })
      : await openRedisJournal({ url: redisUrl, workspaceId: randomUUID() })
  const seam = createSeamClient({ apiKey: new Secret(sandbox.apiKey), endpoint: sandbox.url })
  const started: Ingest[] = []
  const closed = new AbortController()
  const following: Promise<void>[] = []

  /** Passes every change to the catalog, as the feed does. */
  function follow(catalog: Catalog): void {
    const read = async () => {
      for await (const batch of journal.tail(0, closed.signal))
        if (batch.kind === 'changes') catalog.applyChanges(batch.changes)
    }
    following.push(read())
  }

  return {
    sandbox,
    seam,
    journal,
    async startIngest(wanted = {}) {
      const catalog = createCatalog({ seam, maxAgeMs: 60_000 })
      follow(catalog)
      const ingest = await startIngest({
        seam,
        journal,
        catalog,
        log: createLogger('silent'),
        workspaceId: sandbox.workspaceId,
        publicUrl: null,
        webhookSecret: null,
        reconcileSeconds: 3_600,
        ...wanted,
      })
      started.push(ingest)
      await ingest.firstReconciliation
      return ingest
    },
    appendedChanges: () => journal.read(0, 10_000),
    async [Symbol.asyncDispose]() {
      for (const ingest of started) await ingest.close()
      closed.abort()
      await Promise.all(following)
      await journal.close()
      await sandbox.close()
      await rm(folder, { recursive: true })
    },
  }
}
