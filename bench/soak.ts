import { createHmac, randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { WebSocket } from 'ws'

/**
 * Holds many subscriptions open against a running gateway, with and without one subscriber that never reads from its socket. Prints the
 * latencies from webhook to subscriber and the gateway's memory for each minute. Start the gateway with a SEAM_WEBHOOK_SECRET.
 */
const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://127.0.0.1:4000' },
    key: { type: 'string' },
    secret: { type: 'string' },
    workspace: { type: 'string' },
    subscribers: { type: 'string', default: '1000' },
    'per-second': { type: 'string', default: '20' },
    minutes: { type: 'string', default: '10' },
  },
})
const { url, key = '', secret = '', workspace = '' } = values
const subscribers = Number(values.subscribers)
const perSecond = Number(values['per-second'])
const query =
  'subscription { changes { cursor gap { reason missed } changes { id occurredAt seamEventId } } }'
const authorization = `Bearer ${key}`

const acsSystemId = randomUUID()
const sentAtByEvent = new Map<string, number>()
let latencies: number[] = []
let delivered = 0
let gaps = 0

function connect(onMessage: (text: string) => void): Promise<WebSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<WebSocket>()
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  socket.once('error', reject)
  socket.once('open', () =>
    socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization } })),
  )
  socket.on('message', (message) => {
    const text = String(message)
    if (text.includes('connection_ack')) {
      socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }))
      resolve(socket)
    } else if (text.includes('"ping"')) socket.send('{"type":"pong"}')
    else onMessage(text)
  })
  return promise
}

function recordDelivery(text: string): void {
  const batch = JSON.parse(text).payload?.data?.changes
  if (batch?.gap) gaps++
  for (const change of batch?.changes ?? []) {
    delivered++
    const sentAtMs = sentAtByEvent.get(change.seamEventId)
    if (sentAtMs !== undefined) latencies.push(performance.now() - sentAtMs)
  }
}

async function sendWebhook(): Promise<void> {
  const id = randomUUID()
  const now = new Date()
  const body = JSON.stringify({
    event_id: id,
    event_type: 'acs_credential.issued',
    workspace_id: workspace,
    acs_system_id: acsSystemId,
    acs_credential_id: randomUUID(),
    created_at: now.toISOString(),
    occurred_at: now.toISOString(),
  })
  const timestamp = String(Math.floor(now.getTime() / 1000))
  const mac = createHmac('sha256', Buffer.from(secret.slice(6), 'base64')).update(
    `${id}.${timestamp}.${body}`,
  )
  sentAtByEvent.set(id, performance.now())
  const headers = {
    'content-type': 'application/json',
    'svix-id': id,
    'svix-timestamp': timestamp,
    'svix-signature': `v1,${mac.digest('base64')}`,
  }
  const response = await fetch(`${url}/webhooks/seam`, { method: 'POST', headers, body })
  if (response.status !== 204)
    throw new Error(`The webhook was answered with ${response.status}: ${await response.text()}`)
}

async function readMemory(): Promise<string> {
  const text = await (await fetch(`${url}/metrics`, { headers: { authorization } })).text()
  const bytes = Number(/^process_resident_memory_bytes (\S+)/m.exec(text)?.[1])
  return `${(bytes / 1024 / 1024).toFixed(0)} MiB`
}

const latencyPercentile = (share: number) =>
  latencies.toSorted((a, b) => a - b)[Math.floor(latencies.length * share)]?.toFixed(1)

async function runPhase(name: string, minutes: number): Promise<void> {
  for (let minute = 0; minute < minutes; minute++) {
    latencies = []
    delivered = 0
    const end = Date.now() + 60_000 * Math.min(1, minutes - minute)
    let sent = 0
    for (; Date.now() < end; sent++) {
      await sendWebhook()
      await delay(1000 / perSecond)
    }
    await delay(500)
    sentAtByEvent.clear()
    const line = `p50 ${latencyPercentile(0.5)} ms, p99 ${latencyPercentile(0.99)} ms, ${delivered} of ${sent * subscribers} delivered, ${gaps} gaps`
    process.stdout.write(`${name}: ${line}, memory ${await readMemory()}\n`)
  }
}

const sockets = await Promise.all(Array.from({ length: subscribers }, () => connect(recordDelivery)))
await runPhase('all subscribers read', 1)
const silentReader = await connect(() => {})
silentReader.pause()
await runPhase('one subscriber never reads', Number(values.minutes))
for (const socket of [...sockets, silentReader]) socket.terminate()
