import { fork } from 'node:child_process'
import { once } from 'node:events'
import { stopProcess } from './measured-server.ts'

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
  /** Minimum duration of each API call. */
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
