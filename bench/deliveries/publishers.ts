import { type ChildProcess, fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { Webhook } from 'standardwebhooks'
import { type SandboxProcess, stopProcess } from '../reads/sandbox-process.ts'
import { startLatchkey, webhookSecret } from '../reads/variants.ts'

/** A server with subscribers, in its own process. */
export type Publisher = {
  readonly url: string
  readonly authorization: string
  /** Makes the server send a message that contains `eventId` to all subscribers. */
  publish(eventId: string): Promise<void>
  /** Returns the CPU time that the process has used so far, in microseconds. */
  cpuMicros(): Promise<number>
  stop(): Promise<void>
}

/** Starts Latchkey. `publish` sends a signed webhook to Latchkey. */
export async function startGateway(sandbox: SandboxProcess): Promise<Publisher> {
  const gateway = await startLatchkey(sandbox)
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
  const child: ChildProcess = fork('bench/deliveries/raw-server.ts')
  const [{ port }] = (await once(child, 'message')) as [{ port: number }]
  return {
    url: `http://127.0.0.1:${port}/graphql`,
    authorization: '',
    async publish(id) {
      child.send(message.replaceAll(eventId, id))
    },
    async cpuMicros() {
      const reply = once(child, 'message')
      child.send(null as never)
      const [{ cpuMicros }] = (await reply) as [{ cpuMicros: number }]
      return cpuMicros
    },
    stop: () => stopProcess(child),
  }
}
