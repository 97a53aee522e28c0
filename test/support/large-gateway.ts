import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { ExecutionResult } from 'graphql'
import { openFileApiKeyStore } from '../../src/auth/api-keys/file-api-key-store.ts'
import { scopes } from '../../src/auth/viewer.ts'
import { openSqliteJournal } from '../../src/journal/sqlite/sqlite-journal.ts'
import type { AcsUserId } from '../../src/model/ids.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { type GatewayProcess, startGatewayProcess } from './gateway-process.ts'

/** A gateway in its own process, with a large sandbox and a long journal. */
export type LargeGateway = AsyncDisposable & {
  readonly sandbox: Sandbox
  readonly wsUrl: string
  readonly key: string
  /** An API key whose access scope is one ACS user. */
  readonly residentKey: string
  post(body: unknown, key?: string): Promise<{ status: number; body: ExecutionResult }>
  /** Returns the maximum processor time of one turn of the gateway's event loop since the previous call, in ms. */
  longestTurnMs(): Promise<number>
}

export type LargeGatewayOptions = {
  readonly residents: number
  readonly entrances: number
  readonly changes: number
}

export async function startLargeGateway(options: LargeGatewayOptions): Promise<LargeGateway> {
  await using starting = new AsyncDisposableStack()
  const sandbox = await startSandbox({
    ...{ port: 0, activity: false, issueDelayMs: 0 },
    ...{ systems: 1, residents: options.residents, doors: options.entrances },
  })
  starting.defer(sandbox.close)
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-large-'))
  starting.defer(() => rm(folder, { recursive: true, force: true }))
  await fillJournal(join(folder, `journal-${sandbox.workspaceId}.db`), sandbox, options.changes)
  const keys = await openFileApiKeyStore({ file: join(folder, 'keys.db') })
  const { key } = await keys.create({ name: 'large', scopes: [...scopes] })
  const residentId = sandbox.ids().acsUserIds[0] as AcsUserId
  const resident = await keys.create({ name: 'resident', scopes: ['read', 'events'], residentId })
  await keys.close()
  const probe = join(folder, 'probe')
  const gateway: GatewayProcess = await startGatewayProcess({
    ...{ PORT: '0', DATA_DIR: folder, LOG_LEVEL: 'error', LOOP_PROBE: probe, RETENTION_CHANGES: '2000000' },
    // The receiver of webhooks runs on this machine.
    WEBHOOK_INTERNAL_HOSTS: '127.0.0.1',
    ...{ SEAM_API_KEY: sandbox.apiKey, SEAM_ENDPOINT: sandbox.url },
    NODE_OPTIONS: `--import=${new URL('./event-loop-probe.ts', import.meta.url).href}`,
  })
  starting.defer(gateway.kill)
  const open = starting.move()

  return {
    sandbox,
    key,
    residentKey: resident.key,
    wsUrl: gateway.wsUrl,
    async post(body, as = key) {
      const response = await fetch(`${gateway.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${as}` },
        body: JSON.stringify(body),
      })
      return { status: response.status, body: (await response.json()) as ExecutionResult }
    },
    async longestTurnMs() {
      const socket = connect(probe)
      let text = ''
      socket.on('data', (chunk) => {
        text += chunk
      })
      await once(socket, 'close')
      return Number(text)
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

/** Fills the journal with changes of every subject, with ACS users and entrances of the sandbox; some changes have an unknown ACS user. */
async function fillJournal(file: string, sandbox: Sandbox, count: number): Promise<void> {
  const journal = await openSqliteJournal({ file })
  await journal.close()
  const { acsSystemIds, acsUserIds, acsEntranceIds, acsCredentialIds, connectedAccountIds } = sandbox.ids()
  const db = new DatabaseSync(file)
  db.exec('PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA cache_size = -200000; BEGIN')
  const insert = db.prepare('INSERT INTO changes VALUES (?, ?, ?)')
  const recordedAt = new Date().toISOString()
  const at = <T>(list: readonly T[], n: number): T | undefined => list[n % list.length]
  const subjects = ['CREDENTIAL', 'CREDENTIAL', 'USER', 'ENTRANCE', 'CONNECTION'] as const
  for (let n = 1; n <= count; n++) {
    const subject = at(subjects, n)
    const isCredential = subject === 'CREDENTIAL'
    const isKnown = n % 7 !== 0
    const content = {
      ...{ subject, kind: n % 3 === 0 ? 'ISSUED' : 'UPDATED', origin: 'WEBHOOK', occurredAt: recordedAt },
      ...{ actor: null, seamEventId: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}` },
      acsSystemId: acsSystemIds[0],
      acsUserId: (isCredential && isKnown) || subject === 'USER' ? at(acsUserIds, n >> 2) : null,
      acsEntranceIds:
        subject === 'ENTRANCE' || (isCredential && isKnown) ? [at(acsEntranceIds, n >> 3)] : null,
      acsCredentialId: isCredential ? at(acsCredentialIds, n) : null,
      connectedAccountId: subject === 'CONNECTION' ? connectedAccountIds[0] : null,
      ...{ connectWebviewId: null, changedFields: [], problem: null },
    }
    insert.run(n, recordedAt, JSON.stringify(content))
  }
  db.exec('COMMIT')
  db.close()
}
