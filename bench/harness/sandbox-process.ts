import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { stopProcess } from './measured-server.ts'

/** The bundled sandbox in its own process, with a latency such as Seam's. */
export type SandboxProcess = {
  readonly url: string
  readonly apiKey: string
  readWorkspaceId(): Promise<string>
  /** Calls Seam's API, and returns the list `name` of the response. */
  list<T>(route: string, name: string): Promise<readonly T[]>
  /** Returns the number of API calls since the previous call of this function. */
  takeCallCount(): Promise<number>
  /** Resolves when no API call was received for 500 ms, and resets the count. */
  waitForQuiet(): Promise<void>
  stop(): Promise<void>
}

export type SandboxProcessOptions = {
  readonly residents: number
  readonly entrances: number
  /** Number of credentials of each resident; 3 by default. */
  readonly credentials?: number
  /** 2 by default. */
  readonly systems?: number
  /** Minimum duration of each API call. */
  readonly latencyMs: number
}

const quietMs = 500

export async function startSandboxProcess({
  residents,
  entrances,
  credentials = 3,
  systems = 2,
  latencyMs,
}: SandboxProcessOptions): Promise<SandboxProcess> {
  const sizes = { residents, doors: entrances, credentials, systems }
  const flags = Object.entries(sizes).flatMap(([name, size]) => [`--${name}`, `${size}`])
  const child = fork('src/sandbox/main.ts', [...flags, '--no-activity', '--quiet'], {
    env: { ...process.env, PORT: '0' },
  })
  const [{ url, apiKey }] = (await once(child, 'message')) as [{ url: string; apiKey: string }]
  const control = (path: string, init: RequestInit): Promise<Response> =>
    fetch(`${url}/_sandbox/${path}`, init)
  const fault = { kind: 'latency', route: '*', ms: latencyMs }
  if (latencyMs > 0) await control('faults', { method: 'POST', body: JSON.stringify(fault) })
  async function call<T>(route: string): Promise<T> {
    const request = { method: 'POST', headers: { authorization: `Bearer ${apiKey}` } }
    return (await (await fetch(`${url}/${route}`, request)).json()) as T
  }
  async function takeCallCount(): Promise<number> {
    const { total } = (await (await control('calls', {})).json()) as { total: number }
    await control('calls', { method: 'DELETE' })
    return total
  }
  return {
    url,
    apiKey,
    async readWorkspaceId() {
      return (await call<{ workspace: { workspace_id: string } }>('workspaces/get')).workspace.workspace_id
    },
    async list<T>(route: string, name: string) {
      return (await call<Record<string, readonly T[]>>(route))[name] ?? []
    },
    takeCallCount,
    async waitForQuiet() {
      do await delay(quietMs)
      while ((await takeCallCount()) > 0)
    },
    stop: () => stopProcess(child),
  }
}
