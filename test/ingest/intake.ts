import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCatalog } from '../../src/catalog/catalog.ts'
import { type Ingest, type IngestOptions, startIngest } from '../../src/ingest/ingest.ts'
import type { Journal } from '../../src/journal/journal.ts'
import { openSqliteJournal } from '../../src/journal/sqlite.ts'
import { createLogger } from '../../src/log.ts'
import type { Change } from '../../src/model/change.ts'
import { Secret } from '../../src/model/secret.ts'
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/sandbox.ts'
import { createSeamClient, type SeamClient } from '../../src/seam/client.ts'

/** A building, a client for it and a journal, all real; no HTTP server in front. */
export type Ground = AsyncDisposable & {
  readonly sandbox: Sandbox
  readonly seam: SeamClient
  readonly journal: Journal
  /** Starts to take news in, without a webhook unless options say otherwise. */
  ingest(options?: Partial<IngestOptions>): Promise<Ingest>
  told(): Promise<readonly Change[]>
}

/** Starts a quiet building with an empty journal; all ingests that were started are closed with it. */
export async function startGround(options: SandboxOptions = {}): Promise<Ground> {
  const sandbox = await startSandbox({ port: 0, activity: false, issueDelayMs: 0, ...options })
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-intake-'))
  const journal = await openSqliteJournal({ file: join(folder, 'journal.db') })
  const seam = createSeamClient({ apiKey: new Secret(sandbox.apiKey), endpoint: sandbox.url })
  const started: Ingest[] = []
  return {
    sandbox,
    seam,
    journal,
    async ingest(wanted = {}) {
      const ingest = await startIngest({
        seam,
        journal,
        catalog: createCatalog({ seam, maxAgeMs: 60_000 }),
        log: createLogger('silent'),
        workspaceId: sandbox.workspaceId,
        publicUrl: null,
        webhookSecret: null,
        reconcileSeconds: 3_600,
        ...wanted,
      })
      started.push(ingest)
      await ingest.started
      return ingest
    },
    told: () => journal.read(0, 10_000),
    async [Symbol.asyncDispose]() {
      for (const ingest of started) await ingest.close()
      await journal.close()
      await sandbox.close()
      await rm(folder, { recursive: true })
    },
  }
}
