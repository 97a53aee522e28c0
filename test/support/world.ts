import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionResult } from 'graphql'
import { type App, type AppTiming, startApp } from '../../src/app.ts'
import { type Config, readConfig } from '../../src/config/config.ts'
import { Secret } from '../../src/model/secret.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/sandbox.ts'

export type WorldOptions = {
  readonly sandbox?: SandboxOptions
  readonly config?: Partial<Config>
  /** Whether the gateway treats the sandbox as the bundled one of `npm start`, which needs no API key. */
  readonly isBundled?: boolean
  /** A data folder that is kept afterwards. A temporary one is created and removed without this option. */
  readonly dataDir?: string
  readonly timing?: AppTiming
  /** Runs after the sandbox has started and before the gateway starts. */
  readonly beforehand?: (sandbox: Sandbox) => unknown
  /** Whether `startWorld` returns before the gateway's first reconciliation has ended. */
  readonly isComparing?: boolean
}

/** A sandbox and a gateway that uses it, both real, with their public addresses. */
export type World = AsyncDisposable & {
  readonly sandbox: Sandbox
  readonly app: App
  readonly dataDir: string
  readonly url: string
  readonly wsUrl: string
  /** Sends a query to the gateway over HTTP and returns its data. Throws if the answer has errors. */
  ask<T = Record<string, unknown>>(
    query: string,
    variables?: Record<string, unknown>,
    key?: string,
  ): Promise<T>
  /** Sends a request to the gateway over HTTP and returns the status and the whole answer. */
  post(body: unknown, headers?: Record<string, string>): Promise<{ status: number; body: ExecutionResult }>
  /** Stops the gateway, runs `meanwhile`, and starts another gateway with the same folder and sandbox. `isComparing` as above. */
  restart(meanwhile?: () => unknown, isComparing?: boolean): Promise<void>
}

/** Starts a sandbox without activity of its own, and a gateway that uses it. */
export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const sandbox = await startSandbox({ port: 0, activity: false, issueDelayMs: 0, ...options.sandbox })
  await options.beforehand?.(sandbox)
  const ownDir = options.dataDir === undefined ? await mkdtemp(join(tmpdir(), 'latchkey-')) : null
  const dataDir = options.dataDir ?? ownDir ?? ''
  const config: Config = { ...readConfig({ PORT: '0', DATA_DIR: dataDir }), ...options.config }
  async function start(isComparing = false): Promise<App> {
    const started = await startApp({
      config,
      log: createLogger('silent'),
      seam: { apiKey: new Secret(sandbox.apiKey), endpoint: sandbox.url },
      isBundled: options.isBundled ?? true,
      ...(options.timing === undefined ? {} : { timings: options.timing }),
    })
    // Otherwise a test that counts calls would count those of the first reconciliation too.
    if (!isComparing) await started.ingest.firstReconciliation
    return started
  }
  let app = await start(options.isComparing)

  async function post(body: unknown, headers: Record<string, string> = {}) {
    const response = await fetch(`${app.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
    return { status: response.status, body: (await response.json()) as ExecutionResult }
  }

  return {
    sandbox,
    get app() {
      return app
    },
    dataDir,
    get url() {
      return app.url
    },
    get wsUrl() {
      return `${app.url.replace('http', 'ws')}/graphql`
    },
    post,
    async ask<T>(query: string, variables?: Record<string, unknown>, key?: string) {
      const { body } = await post(
        { query, variables },
        key === undefined ? {} : { authorization: `Bearer ${key}` },
      )
      if (body.errors !== undefined) throw new Error(JSON.stringify(body.errors))
      return body.data as T
    },
    async restart(meanwhile, isComparing) {
      await app.close()
      await meanwhile?.()
      app = await start(isComparing)
    },
    async [Symbol.asyncDispose]() {
      await app.close()
      await sandbox.close()
      if (ownDir !== null) await rm(ownDir, { recursive: true, force: true })
    },
  }
}
