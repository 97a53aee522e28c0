import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'

/** The bundled sandbox in its own process, with a latency such as Seam's. */
export type SandboxProcess = {
  readonly url: string
  readonly apiKey: string
  /** Returns the number of API calls since the previous call of this function. */
  takeCallCount(): Promise<number>
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
  return {
    url,
    apiKey,
    async takeCallCount() {
      const { total } = (await (await control('calls', {})).json()) as { total: number }
      await control('calls', { method: 'DELETE' })
      return total
    },
    stop: () => stopProcess(child),
  }
}

/** Stops a process with SIGTERM and waits for its exit. */
export async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  await exit
}
