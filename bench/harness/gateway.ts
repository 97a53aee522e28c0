import { type ChildProcess, execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Webhook } from 'standardwebhooks'
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
export type Gateway = MeasuredServer &
  UsageReport & {
    /** `Authorization` of an API key with the scopes `read` and `events`. */
    readonly authorization: string
    /** `Authorization` of an API key with the scope `admin`. */
    readonly adminAuthorization: string
    /** Sends Seam's webhook about one change of a credential. Resolves when the gateway has answered that the change is durable. */
    publish(eventNumber: number): Promise<void>
    /** Returns the sums of the gateway's metrics, by name without labels. */
    readMetrics(): Promise<ReadonlyMap<string, number>>
    /** Ends the process with SIGKILL, and starts another one with the same data. */
    killAndRestart(): Promise<void>
  }

/** Webhook secret of the gateway, with which a benchmark signs webhooks in place of Seam. */
export const webhookSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

/** Starts Latchkey as an operator does, with an empty data directory. `settings` are environment variables. */
export async function startGateway(
  sandbox: SandboxProcess,
  settings: Readonly<Record<string, string>> = {},
): Promise<Gateway> {
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
  const [apiKey, adminApiKey] = [
    await createApiKey(env, 'dashboard', 'read,events'),
    await createApiKey(env, 'operator', 'admin,read,events'),
  ]
  const workspaceId = await readWorkspaceId(sandbox)
  let running = await startProcess(env)

  return {
    get url() {
      return `${running.address}/graphql`
    },
    authorization: `Bearer ${apiKey}`,
    adminAuthorization: `Bearer ${adminApiKey}`,
    publish: (eventNumber) => sendWebhook(running.address, workspaceId, eventNumber),
    async readMetrics() {
      const headers = { authorization: `Bearer ${adminApiKey}` }
      return sumMetrics(await (await fetch(`${running.address}/metrics`, { headers })).text())
    },
    cpuMicros: () => running.usage.cpuMicros(),
    readMemory: () => running.usage.readMemory(),
    countHandles: () => running.usage.countHandles(),
    async killAndRestart() {
      await stopProcess(running.child, 'SIGKILL')
      running = await startProcess(env)
    },
    async stop() {
      await stopProcess(running.child)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function createApiKey(env: NodeJS.ProcessEnv, name: string, scopes: string): Promise<string> {
  const args = ['src/cli.ts', 'keys', 'create', '--name', name, '--scopes', scopes]
  return (await promisify(execFile)(process.execPath, args, { env })).stdout.trim()
}

type GatewayProcess = {
  readonly child: ChildProcess
  readonly address: string
  readonly usage: UsageReport
}

async function startProcess(env: NodeJS.ProcessEnv): Promise<GatewayProcess> {
  const child = forkMeasured('src/main.ts', [], { env, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
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

async function readWorkspaceId({ url, apiKey }: SandboxProcess): Promise<string> {
  const request = { method: 'POST', headers: { authorization: `Bearer ${apiKey}` } }
  const response = await fetch(`${url}/workspaces/get`, request)
  const { workspace } = (await response.json()) as { workspace: { workspace_id: string } }
  return workspace.workspace_id
}

async function sendWebhook(address: string, workspaceId: string, eventNumber: number): Promise<void> {
  const sentAt = new Date()
  const eventId = eventIdOf(eventNumber)
  const body = JSON.stringify({
    event_id: eventId,
    event_type: 'acs_credential.issued',
    workspace_id: workspaceId,
    acs_system_id: randomUUID(),
    // With the ACS user of the credential in the event, the gateway does not ask Seam for it.
    acs_user_id: randomUUID(),
    acs_credential_id: randomUUID(),
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
function sumMetrics(text: string): ReadonlyMap<string, number> {
  const sums = new Map<string, number>()
  for (const [, name = '', value] of text.matchAll(/^([a-z_]+)(?:\{.*\})? (\S+)/gm))
    sums.set(name, (sums.get(name) ?? 0) + Number(value))
  return sums
}
