import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { takeEventNumbers } from '../harness/event-ids.ts'
import { type Gateway, startGateway } from '../harness/gateway.ts'
import { stopProcess } from '../harness/measured-server.ts'
import { readOptions } from '../harness/options.ts'
import { startSandboxProcess } from '../harness/sandbox-process.ts'
import { formatNumber, formatSpread, formatTable, median, ratiosTo } from '../harness/statistics.ts'
import type { LoopOrder } from './fetch-loop.ts'
import type { ReceiverOrder, ReceiverReport } from './slow-receiver.ts'

const defaults = {
  parallel: '1,8,32',
  rounds: 5,
  /** Messages of one measurement, for each message that may be in flight. */
  turns: 25,
}

type Measured = { readonly perSecond: number; readonly cpuMicros: number }

/** About as long as a message of the gateway. */
const ceilingBody = JSON.stringify({ type: 'credential.issued', data: 'x'.repeat(500) })

/**
 * Sends messages to a receiver that answers after 100 ms, alternately from the gateway and from a loop of `fetch` with the same number of messages
 * in flight. Prints deliveries per second.
 */
export async function run(args: readonly string[]): Promise<number> {
  const { parallel: parallelOption, rounds, turns } = readOptions(args, defaults)
  const parallels = parallelOption.split(',').map(Number)
  await using stack = new AsyncDisposableStack()
  const sandbox = await startSandboxProcess({ residents: 10, entrances: 4, latencyMs: 0 })
  stack.defer(sandbox.stop)
  const gateway = await startGateway(sandbox, { WEBHOOK_INTERNAL_HOSTS: '127.0.0.1' })
  stack.defer(gateway.stop)
  const [receiver, port] = await startChild('bench/webhooks/slow-receiver.ts')
  stack.defer(() => stopProcess(receiver))
  const loop = fork('bench/webhooks/fetch-loop.ts')
  stack.defer(() => stopProcess(loop))
  const url = `http://127.0.0.1:${port}/`
  const endpoint = await createEndpoint(gateway, url, Math.max(...parallels) * turns)

  const measured = new Map(parallels.map((parallel) => [parallel, { gateway: [], ceiling: [] }] as Row))
  for (let round = 0; round < rounds; round++)
    for (const [parallel, row] of measured) {
      const count = parallel * turns
      const ceiling = waitForMessages(receiver, count, parallel)
      const order: LoopOrder = { url, body: ceilingBody, count, concurrency: parallel }
      const done = once(loop, 'message')
      loop.send(order)
      row.ceiling.push({ perSecond: await ceiling, cpuMicros: 0 })
      await done

      await endpoint.setParallel(parallel)
      const cpuBefore = await gateway.cpuMicros()
      const delivery = waitForMessages(receiver, count, parallel)
      await endpoint.replay()
      const perSecond = await delivery
      row.gateway.push({ perSecond, cpuMicros: ((await gateway.cpuMicros()) - cpuBefore) / count })
      await endpoint.pause()
    }
  print(measured)
  return 0
}

type Row = [parallel: number, row: { gateway: Measured[]; ceiling: Measured[] }]

async function startChild(file: string): Promise<[ChildProcess, number]> {
  const child = fork(file)
  const [{ port }] = (await once(child, 'message')) as [{ port: number }]
  return [child, port]
}

/** Resolves to the number of messages per second, once `count` were answered. Rejects if more than `parallel` were open at the same time. */
async function waitForMessages(receiver: ChildProcess, count: number, parallel: number): Promise<number> {
  const order: ReceiverOrder = { count }
  receiver.send(order)
  const [{ ms, maxOpen }] = (await once(receiver, 'message')) as [ReceiverReport]
  if (maxOpen > parallel) throw new Error(`${maxOpen} messages were in flight at the same time.`)
  return (count / ms) * 1000
}

/** Appends changes about different credentials, and creates a paused endpoint that can receive them again and again. */
async function createEndpoint(gateway: Gateway, url: string, count: number) {
  const ask = async <T>(query: string, input: object = {}): Promise<T> => {
    const headers = { 'content-type': 'application/json', authorization: gateway.authorization }
    const body = JSON.stringify({ query, variables: { input } })
    const response = await fetch(gateway.url, { method: 'POST', headers, body })
    const { data, errors } = (await response.json()) as { data: T; errors?: unknown }
    if (errors !== undefined) throw new Error(JSON.stringify(errors))
    return data
  }
  type Payload = { webhookEndpoint: { id: string } | null; userErrors: unknown[] }
  const mutate = async (name: string, input: object): Promise<string> => {
    const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`
    const query = `mutation Do($input: ${type}!) { ${name}(input: $input) { webhookEndpoint { id } userErrors { message } } }`
    const payload = (await ask<Record<string, Payload>>(query, input))[name]
    if (payload?.webhookEndpoint == null) throw new Error(JSON.stringify(payload?.userErrors))
    return payload.webhookEndpoint.id
  }
  const { cursor } = await ask<{ cursor: string }>('{ cursor }')
  const webhookEndpointId = await mutate('createWebhookEndpoint', { url })
  await mutate('pauseWebhookEndpoint', { webhookEndpointId })
  const eventNumbers = takeEventNumbers(count)
  for (let start = 0; start < count; start += 25)
    await Promise.all(
      eventNumbers.slice(start, start + 25).map((eventNumber) => gateway.publish(eventNumber)),
    )
  return {
    setParallel: (parallel: number) => mutate('updateWebhookEndpoint', { webhookEndpointId, parallel }),
    replay: () => mutate('resumeWebhookEndpoint', { webhookEndpointId, after: cursor }),
    pause: () => mutate('pauseWebhookEndpoint', { webhookEndpointId }),
  }
}

function print(measured: ReadonlyMap<number, Row[1]>): void {
  const rows = [...measured].map(([parallel, { gateway, ceiling }]) => [
    `latchkey, parallel ${parallel}`,
    formatSpread(ratiosTo(ceiling, gateway, ({ perSecond }) => perSecond)),
    formatSpread(gateway.map(({ perSecond }) => perSecond)),
    formatSpread(ceiling.map(({ perSecond }) => perSecond)),
    formatNumber(median(gateway.map(({ cpuMicros }) => cpuMicros))),
  ])
  const head = [
    'variant',
    'deliveries/s beside the ceiling',
    'deliveries/s',
    'ceiling, messages/s',
    'CPU µs per delivery',
  ]
  process.stdout.write(`${formatTable(head, rows)}\n`)
}
