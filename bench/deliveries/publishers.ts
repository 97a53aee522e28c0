import { type ChildProcess, fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { Webhook } from 'standardwebhooks'
import { type SandboxProcess, stopProcess } from '../reads/sandbox-process.ts'
import { startLatchkey, webhookSecret } from '../reads/variants.ts'

/** A server in its own process. */
export type MeasuredServer = {
  readonly url: string
  /** Returns the CPU time that the process has used so far, in microseconds. */
  cpuMicros(): Promise<number>
  stop(): Promise<void>
}

/** A server with subscribers. */
export type Publisher = MeasuredServer & {
  readonly authorization: string
  /** Makes the server send a message that contains `eventId` to all subscribers. */
  publish(eventId: string): Promise<void>
}

/** Starts Latchkey. `publish` sends a signed webhook to Latchkey. `settings` are environment variables. */
export async function startGateway(
  sandbox: SandboxProcess,
  settings: Readonly<Record<string, string>> = {},
): Promise<Publisher> {
  const gateway = await startLatchkey(sandbox, [], settings)
  const request = { method: 'POST', headers: { authorization: `Bearer ${sandbox.apiKey}` } }
  const response = await fetch(`${sandbox.url}/workspaces/get`, request)
  const { workspace } = (await response.json()) as { workspace: { workspace_id: string } }
  const webhook = new Webhook(webhookSecret)
  return {
    url: gateway.url,
    authorization: gateway.headers.authorization ?? '',
    async publish(eventId) {
      const sentAt = new Date()
      const body = JSON.stringify({
        event_id: eventId,
        event_type: 'acs_credential.issued',
        workspace_id: workspace.workspace_id,
        acs_system_id: randomUUID(),
        acs_credential_id: randomUUID(),
        created_at: sentAt.toISOString(),
        occurred_at: sentAt.toISOString(),
      })
      const headers = {
        'content-type': 'application/json',
        'svix-id': eventId,
        'svix-timestamp': `${Math.floor(sentAt.getTime() / 1000)}`,
        'svix-signature': webhook.sign(eventId, sentAt, body),
      }
      const response = await fetch(new URL('/webhooks/seam', gateway.url), { method: 'POST', headers, body })
      if (!response.ok) throw new Error(`The webhook was answered ${response.status}.`)
    },
    async cpuMicros() {
      const seconds = Number(/^process_cpu_seconds_total (\S+)/m.exec(await gateway.metrics())?.[1])
      return seconds * 1e6
    },
    stop: gateway.stop,
  }
}

/** Starts a server that uses `ws` alone. `message` is the message that the gateway sends; it contains `eventId`. */
export async function startRaw(message: string, eventId: string): Promise<Publisher> {
  const { child, ...server } = await startMeasuredServer('bench/deliveries/raw-server.ts')
  return {
    ...server,
    authorization: '',
    async publish(id) {
      child.send(message.replaceAll(eventId, id))
    },
  }
}

/** Starts a server of this benchmark, which reports its port, and its CPU time when it is asked with the message `null`. */
export async function startMeasuredServer(
  file: string,
): Promise<MeasuredServer & { readonly child: ChildProcess }> {
  const child: ChildProcess = fork(file)
  const [{ port }] = (await once(child, 'message')) as [{ port: number }]
  return {
    child,
    url: `http://127.0.0.1:${port}/graphql`,
    async cpuMicros() {
      const reply = once(child, 'message')
      child.send(null as never)
      const [{ cpuMicros }] = (await reply) as [{ cpuMicros: number }]
      return cpuMicros
    },
    stop: () => stopProcess(child),
  }
}
