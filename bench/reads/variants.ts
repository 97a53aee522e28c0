import { type ChildProcess, execFile, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Answer, dashboardQuery, readAnswer } from './dashboard-query.ts'
import { type SandboxProcess, stopProcess } from './sandbox-process.ts'

/** A server that can be asked, in a process of its own. */
export type Variant = {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Its answer in everybody's shape. */
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

/** A graph written in an afternoon, without or with loaders. */
export function startPlain(kind: 'naive' | 'loaders', building: SandboxProcess): Promise<Variant> {
  const env = { ...process.env, ...createSeamEnv(building) }
  return createVariant(fork('bench/reads/plain-server.ts', [kind], { env }), '/')
}

/** A server that writes ready bytes. */
export function startCeiling(bytes: string): Promise<Variant> {
  const child = fork('bench/reads/static-server.ts')
  child.send(bytes)
  return createVariant(child, '/')
}

/** Latchkey, and what it tells its operator of itself. */
export type LatchkeyVariant = Variant & { metrics(): Promise<string> }

/** With it, whoever is not Seam can sign webhooks. */
export const webhookSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

/** Latchkey as an operator starts it, on a folder of its own, with nothing known yet; `flags` are Node's. */
export async function startLatchkey(
  building: SandboxProcess,
  flags: readonly string[] = [],
): Promise<LatchkeyVariant> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-bench-'))
  const env = {
    ...process.env,
    ...createSeamEnv(building),
    DATA_DIR: folder,
    PORT: '0',
    LOG_LEVEL: 'fatal',
    // With a webhook it doesn't list events every few seconds.
    SEAM_WEBHOOK_SECRET: webhookSecret,
    // It compares with Seam at the start, and not again while it's measured.
    RECONCILE_SECONDS: '86400',
    LIMIT_COMPLEXITY: '0',
  }
  const createKey = async (name: string, scopes: string): Promise<string> => {
    const args = ['src/cli.ts', 'keys', 'create', '--name', name, '--scopes', scopes]
    return (await promisify(execFile)(process.execPath, args, { env })).stdout.trim()
  }
  const [key, adminKey] = [await createKey('dashboard', 'read,events'), await createKey('operator', 'admin')]
  const child = spawn(process.execPath, [...flags, 'src/main.ts'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  let address: string | undefined
  for await (const chunk of child.stdout) {
    text += String(chunk)
    address = /GraphiQL +(\S+)\/graphql/.exec(text)?.[1]
    if (address !== undefined) break
  }
  child.stdout.resume()
  if (address === undefined) throw new Error(`The gateway did not start: ${text}`)
  return {
    url: `${address}/graphql`,
    metrics: async () => {
      const headers = { authorization: `Bearer ${adminKey}` }
      return (await fetch(`${address}/metrics`, { headers })).text()
    },
    headers: { authorization: `Bearer ${key}` },
    body: requestBody,
    read: readAnswer,
    async stop() {
      await stopProcess(child)
      await rm(folder, { recursive: true, force: true })
    },
  }
}
