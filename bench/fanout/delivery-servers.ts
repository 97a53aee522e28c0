import { eventIdOf, takeEventNumbers } from '../harness/event-ids.ts'
import { type Gateway, startGateway } from '../harness/gateway.ts'
import { type MeasuredServer, startMeasuredServer } from '../harness/measured-server.ts'
import { startSandboxProcess } from '../harness/sandbox-process.ts'
import { openSubscription, watchQuery } from '../harness/subscribers.ts'

/** A server that can deliver a change to its subscribers. */
export type DeliveryServer = Pick<MeasuredServer, 'url' | 'cpuMicros' | 'heapBytes'> & {
  readonly authorization?: string
  /** Delivers the change with this number to all subscribers. */
  publish(eventNumber: number): Promise<void>
}

export type DeliveryServers = AsyncDisposable & {
  readonly raw: DeliveryServer
  readonly stock: DeliveryServer
  readonly gateways: readonly Gateway[]
  /** Size of the message with one change, which is the same on all servers. */
  readonly messageBytes: number
}

/** Starts `ws` alone, GraphQL Yoga with graphql-ws, and gateways, each in its own process, with the same messages. */
export async function startDeliveryServers(gatewayCount: number): Promise<DeliveryServers> {
  await using stack = new AsyncDisposableStack()
  const sandbox = await startSandboxProcess({ residents: 10, entrances: 4, latencyMs: 0 })
  stack.defer(sandbox.stop)
  const gateways: Gateway[] = []
  for (let started = 0; started < gatewayCount; started++) {
    const gateway = await startGateway(sandbox)
    stack.defer(gateway.stop)
    gateways.push(gateway)
  }
  const [eventNumber = 0] = takeEventNumbers(1)
  const message = await receiveMessage(gateways[0] as Gateway, eventNumber)
  const start = async (file: string): Promise<DeliveryServer> => {
    const server = await startMeasuredServer(file)
    stack.defer(server.stop)
    const publish = async (number: number): Promise<void> => {
      server.child.send(message.replaceAll(eventIdOf(eventNumber), eventIdOf(number)))
    }
    return { ...server, publish }
  }
  const [raw, stock] = [
    await start('bench/fanout/raw-server.ts'),
    await start('bench/fanout/stock-server.ts'),
  ]
  const owned = stack.move()
  return {
    raw,
    stock,
    gateways,
    messageBytes: message.length,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** Returns the message in which the gateway delivers a change. */
async function receiveMessage(gateway: Gateway, eventNumber: number): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  const socket = await openSubscription(gateway, { query: watchQuery }, (message) => {
    if (message.includes(eventIdOf(eventNumber))) resolve(message.toString())
  })
  await gateway.publish(eventNumber)
  const message = await promise
  socket.terminate()
  return message
}
