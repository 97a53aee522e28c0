import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openApiKeyStore } from '../../src/auth/api-keys/open-api-key-store.ts'
import type { Scope } from '../../src/auth/viewer.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { freePort, type GatewayProcess, startGatewayProcess } from './gateway-process.ts'

/** A sandbox and its gateways, each in its own process. As in production, an API key is required and a webhook secret is configured. */
export type Deployment = AsyncDisposable & {
  readonly sandbox: Sandbox
  readonly secret: string
  readonly key: string
  readonly gateways: readonly GatewayProcess[]
  readonly urls: readonly string[]
  readonly wsUrls: readonly string[]
  readonly dataDirs: readonly string[]
  /** Kills a gateway with SIGKILL, and starts it again. */
  restart(index: number): Promise<void>
  kill(index: number): Promise<void>
}

export type DeploymentOptions = {
  readonly replicas?: number
  readonly redisUrl?: string
  readonly env?: Record<string, string>
  /** The scopes of `key` in addition to `read`, `events` and `admin`. */
  readonly scopes?: readonly Scope[]
}

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

export async function startDeployment({
  replicas = 1,
  redisUrl,
  env = {},
  scopes = [],
}: DeploymentOptions = {}): Promise<Deployment> {
  await using opening = new AsyncDisposableStack()
  const sandbox = await startSandbox({ port: 0, activity: false })
  opening.defer(sandbox.close)
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-deployment-'))
  opening.defer(() => rm(folder, { recursive: true, force: true }))
  const environments = await Promise.all(
    Array.from({ length: replicas }, async (_, index) => ({
      PORT: await freePort(),
      DATA_DIR: join(folder, `${index}`),
      SEAM_API_KEY: sandbox.apiKey,
      SEAM_ENDPOINT: sandbox.url,
      SEAM_WEBHOOK_SECRET: secret,
      ...(redisUrl !== undefined && { REDIS_URL: redisUrl }),
      ...env,
    })),
  )
  const keys = await openApiKeyStore({
    redisUrl: redisUrl ?? null,
    dataDir: join(folder, '0'),
    workspaceId: async () => sandbox.workspaceId,
  })
  const { key } = await keys.create({ name: 'test', scopes: ['read', 'events', 'admin', ...scopes] })
  await keys.close()
  const gateways = await Promise.all(environments.map((env) => startGatewayProcess(env)))
  opening.defer(() => Promise.all(gateways.map((gateway) => gateway.kill())).then(() => undefined))
  const open = opening.move()
  const urls = environments.map(({ PORT }) => `http://127.0.0.1:${PORT}`)
  return {
    sandbox,
    secret,
    key,
    gateways,
    urls,
    wsUrls: urls.map((url) => `${url.replace('http', 'ws')}/graphql`),
    dataDirs: environments.map(({ DATA_DIR }) => DATA_DIR),
    async restart(index) {
      await gateways[index]?.kill()
      gateways[index] = await startGatewayProcess(environments[index] ?? {})
    },
    kill: async (index) => gateways[index]?.kill(),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

/** Sends a query to a gateway over HTTP and returns its data. Throws if the answer has errors. */
export async function ask<T>(
  url: string,
  key: string,
  query: string,
  variables: object = {},
  headers: Record<string, string> = {},
): Promise<T> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}`, ...headers },
    body: JSON.stringify({ query, variables }),
  })
  const { data, errors } = (await response.json()) as { data: T; errors?: unknown }
  if (errors !== undefined) throw new Error(JSON.stringify(errors))
  return data
}

/** Returns the event ids of all changes in the journal, in its order. */
export async function allEvents(url: string, key: string): Promise<string[]> {
  const found: string[] = []
  const query =
    'query Page($after: String) { changes(first: 100, after: $after) { nodes { seamEventId } pageInfo { hasNextPage endCursor } } }'
  type Page = {
    changes: { nodes: { seamEventId: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } }
  }
  for (let after: string | null = null; ; ) {
    const { changes }: Page = await ask<Page>(url, key, query, { after })
    found.push(...changes.nodes.map((change) => change.seamEventId))
    if (!changes.pageInfo.hasNextPage) return found
    after = changes.pageInfo.endCursor
  }
}
