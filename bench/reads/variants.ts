import { type ChildProcess, execFile, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Answer, dashboardQuery, readAnswer } from './dashboard-query.ts'
import { type SandboxProcess, stopProcess } from './sandbox-process.ts'

/** A GraphQL server to measure, in its own process. */
export type Variant = {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Converts a response body to the form that all variants share. */
  read(text: string): Answer
  stop(): Promise<void>
}

const requestBody = JSON.stringify({ query: dashboardQuery })
const createSeamEnv = ({ url, apiKey }: SandboxProcess) => ({ SEAM_ENDPOINT: url, SEAM_API_KEY: apiKey })

async function createVariant(child: ChildProcess, path: string): Promise<Variant> {
  const [{ port }] = (await once(child, 'message')) as [{ port: number }]
  return {
    url: `http://127.0.0.1:${port}${path}`,
    headers: {},
    body: requestBody,
    read: readAnswer,
    stop: () => stopProcess(child),
  }
}

/** Starts the simple GraphQL server, without or with DataLoader. */
export function startPlain(kind: 'naive' | 'loaders', sandbox: SandboxProcess): Promise<Variant> {
  const env = { ...process.env, ...createSeamEnv(sandbox) }
  return createVariant(fork('bench/reads/plain-server.ts', [kind], { env }), '/')
}

/** Starts a server that returns a prepared response: the upper limit for requests per second. */
export function startCeiling(bytes: string): Promise<Variant> {
  const child = fork('bench/reads/static-server.ts')
  child.send(bytes)
  return createVariant(child, '/')
}

/** Latchkey with its metrics. */
export type LatchkeyVariant = Variant & { readonly process: ChildProcess; metrics(): Promise<string> }

/** Webhook secret of the gateway, with which the benchmark signs webhooks in place of Seam. */
export const webhookSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

/** A data directory with two API keys, and the environment of a gateway that uses it. */
export type LatchkeyHome = {
  readonly folder: string
  readonly env: NodeJS.ProcessEnv
  readonly apiKey: string
  readonly adminApiKey: string
}

/** Creates an empty data directory. `settings` are further variables of the gateway's environment. */
export async function createLatchkeyHome(
  sandbox: SandboxProcess,
  settings: NodeJS.ProcessEnv = {},
): Promise<LatchkeyHome> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-bench-'))
  const env = {
    ...process.env,
    ...createSeamEnv(sandbox),
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
  const createApiKey = async (name: string, scopes: string): Promise<string> => {
    const args = ['src/cli.ts', 'keys', 'create', '--name', name, '--scopes', scopes]
    return (await promisify(execFile)(process.execPath, args, { env })).stdout.trim()
  }
  const apiKey = await createApiKey('dashboard', 'read,events')
  const adminApiKey = await createApiKey('operator', 'admin')
  return { folder, env, apiKey, adminApiKey }
}

/** Starts Latchkey as an operator does, with an empty data directory. `flags` are options of Node. */
export async function startLatchkey(
  sandbox: SandboxProcess,
  flags: readonly string[] = [],
): Promise<LatchkeyVariant> {
  const home = await createLatchkeyHome(sandbox)
  const variant = await startLatchkeyIn(home, flags)
  return {
    ...variant,
    async stop() {
      await variant.stop()
      await rm(home.folder, { recursive: true, force: true })
    },
  }
}

/** Starts Latchkey with a data directory, which is kept when it stops. `flags` are options of Node. */
export async function startLatchkeyIn(
  { env, apiKey, adminApiKey }: LatchkeyHome,
  flags: readonly string[] = [],
): Promise<LatchkeyVariant> {
  const child = fork('src/main.ts', {
    execArgv: [...flags],
    env,
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  let text = ''
  let address: string | undefined
  for await (const chunk of child.stdout ?? []) {
    text += String(chunk)
    address = /GraphiQL +(\S+)\/graphql/.exec(text)?.[1]
    if (address !== undefined) break
  }
  child.stdout?.resume()
  if (address === undefined) throw new Error(`The gateway did not start: ${text}`)
  return {
    url: `${address}/graphql`,
    metrics: async () => {
      const headers = { authorization: `Bearer ${adminApiKey}` }
      return (await fetch(`${address}/metrics`, { headers })).text()
    },
    headers: { authorization: `Bearer ${apiKey}` },
    body: requestBody,
    read: readAnswer,
    process: child,
    stop: () => stopProcess(child),
  }
}
