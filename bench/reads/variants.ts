import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { type Gateway, startGateway } from '../harness/gateway.ts'
import { stopProcess } from '../harness/measured-server.ts'
import type { SandboxProcess } from '../harness/sandbox-process.ts'
import { type Answer, dashboardQuery, readAnswer } from './dashboard-query.ts'

export type RequestHeaders = Readonly<Record<string, string>>

/** A GraphQL server to measure, in its own process. */
export type Variant = {
  readonly url: string
  readonly headers: RequestHeaders
  /** Headers of the viewers that send the requests in turn. Default: one viewer with `headers`. */
  readonly viewers?: readonly RequestHeaders[]
  readonly body: string
  /** Called before each request. Its duration is not measured. */
  beforeRequest?(): Promise<void>
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

/** Latchkey as a variant. */
export type LatchkeyVariant = Variant & { readonly gateway: Gateway }

/** Starts Latchkey with an empty cache. */
export async function startLatchkey(sandbox: SandboxProcess): Promise<LatchkeyVariant> {
  return toVariant(await startGateway(sandbox))
}

export function toVariant(gateway: Gateway): LatchkeyVariant {
  return {
    gateway,
    url: gateway.url,
    headers: { authorization: gateway.authorization },
    body: requestBody,
    read: readAnswer,
    stop: gateway.stop,
  }
}
