import { type ChildProcess, fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { Webhook } from 'standardwebhooks'
import { type SandboxProcess, stopProcess } from '../reads/sandbox-process.ts'
import { startLatchkey, webhookSecret } from '../reads/variants.ts'

/** A server with subscribers, in a process of its own. */
export type Publisher = {
  readonly url: string
  readonly authorization: string
  /** Makes it tell all subscribers of one event, in a message that names the event. */
  publish(eventId: string): Promise<void>
  /** The CPU that the process has used so far. */
  cpuMicros(): Promise<number>
  stop(): Promise<void>
}

/** Latchkey, which is told by webhooks. */
export async function startGateway(building: SandboxProcess): Promise<Publisher> {
  const gateway = await startLatchkey(building)
  const asked = { method: 'POST', headers: { authorization: `Bearer ${building.apiKey}` } }
  const answer = await fetch(`${building.url}/workspaces/get`, asked)
  const { workspace } = (await answer.json()) as { workspace: { workspace_id: string } }
  const webhook = new Webhook(webhookSecret)
  return {
    url: gateway.url,
    authorization: gateway.headers.authorization ?? '',
    async publish(eventId) {
      const at = new Date()
      const body = JSON.stringify({
        event_id: eventId,
        event_type: 'acs_credential.issued',
        workspace_id: workspace.workspace_id,
        acs_system_id: randomUUID(),
        acs_credential_id: randomUUID(),
        created_at: at.toISOString(),
        occurred_at: at.toISOString(),
      })
      const headers = {
        'content-type': 'application/json',
        'svix-id': eventId,
        'svix-timestamp': `${Math.floor(at.getTime() / 1000)}`,
        'svix-signature': webhook.sign(eventId, at, body),
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

/** `ws` alone. `message` is what the gateway sends, with `eventId` in it. */
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
      const told = once(child, 'message')
      child.send(null as never)
      const [{ cpuMicros }] = (await told) as [{ cpuMicros: number }]
      return cpuMicros
    },
    stop: () => stopProcess(child),
  }
}
