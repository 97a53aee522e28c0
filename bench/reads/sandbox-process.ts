import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'

/** The bundled building in a process of its own, as slow as Seam is. */
export type SandboxProcess = {
  readonly url: string
  readonly apiKey: string
  /** API calls since the last time that this was asked. */
  takeCallCount(): Promise<number>
  stop(): Promise<void>
}

export type SandboxProcessOptions = {
  readonly residents: number
  readonly entrances: number
  /** How long each call takes at least. */
  readonly latencyMs: number
}

export async function startSandboxProcess({
  residents,
  entrances,
  latencyMs,
}: SandboxProcessOptions): Promise<SandboxProcess> {
  const flags = ['--residents', `${residents}`, '--doors', `${entrances}`, '--no-activity', '--quiet']
  const child = fork('src/sandbox/main.ts', flags, { env: { ...process.env, PORT: '0' } })
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

/** Ends a process, and waits until it's gone. */
export async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  await gone
}
