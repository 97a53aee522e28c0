import type { ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Webhook } from 'standardwebhooks'
import type { NewApiKey } from '../../src/auth/api-keys/api-key-store.ts'
import { openApiKeyStore } from '../../src/auth/api-keys/open-api-key-store.ts'
import { eventIdOf } from './event-ids.ts'
import {
  createUsageReport,
  forkMeasured,
  type MeasuredServer,
  stopProcess,
  type UsageReport,
} from './measured-server.ts'
import type { SandboxProcess } from './sandbox-process.ts'

/** Latchkey in its own process. */
export type Gateway = MeasuredServer & {
  /** `Authorization` of an API key with the scopes `read` and `events`. */
  readonly authorization: string
  /** Creates an API key. Resolves to its `Authorization` header. */
  authorize(key: NewApiKey): Promise<string>
  /**
   * Sends Seam's webhook about one change: a credential was issued, or without `subject` an unknown credential was deleted, which makes no cached
   * object outdated. Resolves when the gateway has answered that the change is durable.
   */
  publish(eventNumber: number, subject?: EventSubject): Promise<void>
  /** Returns the samples of the gateway's metrics by name, with labels as in `name{label="value"}`. */
  readMetrics(): Promise<ReadonlyMap<string, number>>
  /** Ends the process with SIGKILL, and starts another one with the same data. */
  killAndRestart(): Promise<void>
}

/** A credential that a change is about, its ACS system and its ACS user. */
export type EventSubject = {
  readonly acs_system_id: string
  readonly acs_user_id: string
  readonly acs_credential_id: string
}

/** Webhook secret of the gateway, with which a benchmark signs webhooks in place of Seam. */
export const webhookSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

/** Starts Latchkey as an operator does, with an empty data directory. `settings` are environment variables. */
export async function startGateway(
  sandbox: SandboxProcess,
  settings: Readonly<Record<string, string>> = {},
): Promise<Gateway> {
  const home = await createGatewayHome(sandbox, settings)
  let running = await startGatewayProcess(home)

  return {
    get url() {
      return `${running.address}/graphql`
    },
    authorization: home.authorization,
    authorize: home.authorize,
    publish: (eventNumber, subject) => sendWebhook(running.address, home.workspaceId, eventNumber, subject),
    readMetrics: () => readMetrics(running, home),
    cpuMicros: () => running.usage.cpuMicros(),
    heapBytes: () => running.usage.heapBytes(),
    profile: (work) => running.usage.profile(work),
    async killAndRestart() {
      await stopProcess(running.child, 'SIGKILL')
      running = await startGatewayProcess(home)
    },
    async stop() {
      await stopProcess(running.child)
      await home.remove()
    },
  }
}

/** A data directory with API keys, and the environment of the gateways that use it one after the other. */
export type GatewayHome = Pick<Gateway, 'authorization' | 'authorize'> & {
  readonly folder: string
  readonly env: NodeJS.ProcessEnv
  readonly workspaceId: string
  readonly adminAuthorization: string
  remove(): Promise<void>
}

/** Creates an empty data directory. `settings` are further variables of the gateway's environment. */
export async function createGatewayHome(
  sandbox: SandboxProcess,
  settings: Readonly<Record<string, string>> = {},
): Promise<GatewayHome> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-bench-'))
  const env = {
    ...process.env,
    SEAM_ENDPOINT: sandbox.url,
    SEAM_API_KEY: sandbox.apiKey,
    DATA_DIR: folder,
    PORT: '0',
    LOG_LEVEL: 'fatal',
    // With a webhook secret, the gateway does not poll Seam's events every few seconds.
    SEAM_WEBHOOK_SECRET: webhookSecret,
    // The gateway reconciles with Seam at its start, and not again during the measurement.
    RECONCILE_SECONDS: '86400',
    LIMIT_COMPLEXITY: '0',
    ...settings,
  }
  const workspaceId = await sandbox.readWorkspaceId()
  const apiKeys = await openApiKeyStore({
    redisUrl: null,
    dataDir: folder,
    workspaceId: async () => workspaceId,
  })
  const authorize = async (key: NewApiKey): Promise<string> => `Bearer ${(await apiKeys.create(key)).key}`
  const authorization = await authorize({ name: 'dashboard', scopes: ['read', 'events'] })
  const adminAuthorization = await authorize({ name: 'operator', scopes: ['admin'] })
  return {
    ...{ folder, env, workspaceId, authorization, adminAuthorization, authorize },
    async remove() {
      await apiKeys.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Returns the samples of the metrics of a gateway. */
export async function readMetrics(
  { address }: Pick<GatewayProcess, 'address'>,
  { adminAuthorization }: Pick<GatewayHome, 'adminAuthorization'>,
): Promise<ReadonlyMap<string, number>> {
  const headers = { authorization: adminAuthorization }
  return parseMetrics(await (await fetch(`${address}/metrics`, { headers })).text())
}

/** A running gateway. */
export type GatewayProcess = {
  readonly child: ChildProcess
  readonly address: string
  readonly usage: UsageReport
}

/** Starts a gateway. `flags` are further options of Node. */
export async function startGatewayProcess(
  { env }: Pick<GatewayHome, 'env'>,
  flags: readonly string[] = [],
): Promise<GatewayProcess> {
  const child = forkMeasured('src/main.ts', [], { env, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] }, flags)
  const { stdout } = child
  if (stdout === null) throw new Error('The output of the gateway is not available.')
  let text = ''
  for await (const chunk of stdout.iterator({ destroyOnReturn: false })) {
    text += String(chunk)
    const address = /GraphiQL +(\S+)\/graphql/.exec(text)?.[1]
    if (address === undefined) continue
    stdout.resume()
    return { child, address, usage: createUsageReport(child) }
  }
  throw new Error(`The gateway did not start: ${text}`)
}

function createUnknownSubject(): EventSubject {
  return { acs_system_id: randomUUID(), acs_user_id: randomUUID(), acs_credential_id: randomUUID() }
}

async function sendWebhook(
  address: string,
  workspaceId: string,
  eventNumber: number,
  subject?: EventSubject,
): Promise<void> {
  const sentAt = new Date()
  const eventId = eventIdOf(eventNumber)
  // With the ACS user of the credential in the event, the gateway does not ask Seam for it.
  const { acs_system_id, acs_user_id, acs_credential_id } = subject ?? createUnknownSubject()
  const body = JSON.stringify({
    event_id: eventId,
    event_type: subject === undefined ? 'acs_credential.deleted' : 'acs_credential.issued',
    workspace_id: workspaceId,
    ...{ acs_system_id, acs_user_id, acs_credential_id },
    created_at: sentAt.toISOString(),
    occurred_at: sentAt.toISOString(),
  })
  const headers = {
    'content-type': 'application/json',
    'svix-id': eventId,
    'svix-timestamp': `${Math.floor(sentAt.getTime() / 1000)}`,
    'svix-signature': new Webhook(webhookSecret).sign(eventId, sentAt, body),
  }
  const response = await fetch(`${address}/webhooks/seam`, { method: 'POST', headers, body })
  if (!response.ok) throw new Error(`The webhook was answered ${response.status}: ${await response.text()}`)
  await response.arrayBuffer()
}

/** Parses Prometheus' text format. */
function parseMetrics(text: string): ReadonlyMap<string, number> {
  const samples = text.matchAll(/^([a-z_]+(?:\{.*\})?) (\S+)/gm)
  return new Map(samples.map(([, name = '', value]) => [name, Number(value)] as const))
}
