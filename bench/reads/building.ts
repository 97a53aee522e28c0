import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'

/** The bundled building in a process of its own, as slow as Seam is. */
export type Building = {
  readonly url: string
  readonly apiKey: string
  /** API calls since the last time that this was asked. */
  takeCalls(): Promise<number>
  stop(): Promise<void>
}

export type BuildingOptions = {
  readonly residents: number
  readonly doors: number
  /** How long each call takes at least. */
  readonly latencyMs: number
}

export async function startBuilding({ residents, doors, latencyMs }: BuildingOptions): Promise<Building> {
  const flags = ['--residents', `${residents}`, '--doors', `${doors}`, '--no-activity', '--quiet']
  const child = fork('src/sandbox/main.ts', flags, { env: { ...process.env, PORT: '0' } })
  const [{ url, apiKey }] = (await once(child, 'message')) as [{ url: string; apiKey: string }]
  const control = (path: string, init: RequestInit): Promise<Response> =>
    fetch(`${url}/_sandbox/${path}`, init)
  const fault = { kind: 'latency', route: '*', ms: latencyMs }
  if (latencyMs > 0) await control('faults', { method: 'POST', body: JSON.stringify(fault) })
  return {
    url,
    apiKey,
    async takeCalls() {
      const { total } = (await (await control('calls', {})).json()) as { total: number }
      await control('calls', { method: 'DELETE' })
      return total
    },
    stop: () => stopped(child),
  }
}

/** Ends a process, and waits until it's gone. */
export async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  await gone
}
