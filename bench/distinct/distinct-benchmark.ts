import { countDeliveryWork } from '../fanout/count-work.ts'
import { startDeliveryServers } from '../fanout/delivery-servers.ts'
import { type DeliveryVariant, measureDeliveries } from '../fanout/measure-deliveries.ts'
import type { CountCheck } from '../harness/benchmark.ts'
import { readOptions } from '../harness/options.ts'
import { type SubscribePayload, watchQuery } from '../harness/subscribers.ts'
import { withGateway } from '../harness/with-gateway.ts'

/** Writes the query of an operation by its number. */
type WriteQuery = (operation: number) => string

const withName: WriteQuery = (operation) => watchQuery.replace('Watch', `Watch${operation}`)
const withAlias: WriteQuery = (operation) => watchQuery.replace('subjectId', `subject${operation}: subjectId`)
const equal: WriteQuery = () => watchQuery

function createPayloads(subscribers: number, operations: number, writeQuery: WriteQuery): SubscribePayload[] {
  return Array.from({ length: subscribers }, (_, index) => ({ query: writeQuery(index % operations) }))
}

const gatewayVariants: readonly (readonly [name: string, writeQuery: WriteQuery])[] = [
  ['one operation', equal],
  ['names differ', withName],
  ['aliases differ', withAlias],
]

/**
 * Delivers changes to subscribers of many operations, which differ in their names or in the alias of a field of each change. Compares `ws`
 * alone, which sends one message to all, GraphQL Yoga with graphql-ws, and the gateway. Returns exit code 1 if a delivery was lost.
 */
export async function run(args: readonly string[]): Promise<number> {
  const defaults = { subscribers: 2_000, operations: 1_000, changes: 10, rounds: 9 }
  const { subscribers, operations, changes, rounds } = readOptions(args, defaults)
  await using servers = await startDeliveryServers(gatewayVariants.length)
  const payloadsOf = (writeQuery: WriteQuery) => createPayloads(subscribers, operations, writeQuery)
  const { table, lost } = await measureDeliveries(
    [
      { name: '`ws` alone', server: servers.raw, payloads: payloadsOf(equal) },
      { name: 'stock, aliases differ', server: servers.stock, payloads: payloadsOf(withAlias) },
      ...servers.gateways.map((server, index): DeliveryVariant => {
        const [name, writeQuery] = gatewayVariants[index] ?? ['', equal]
        return { name: `latchkey, ${name}`, server, payloads: payloadsOf(writeQuery) }
      }),
    ],
    { changes, rounds },
  )
  process.stdout.write(
    `${subscribers} subscribers of ${operations} operations, about ${servers.messageBytes} bytes per message, ${lost} lost\n\n${table}\n`,
  )
  return lost === 0 ? 0 : 1
}

export function checkCounts(): Promise<readonly CountCheck[]> {
  const operations = 20
  const payloads = createPayloads(2 * operations, operations, withAlias)
  return withGateway((gateway) => countDeliveryWork(gateway, payloads, operations))
}
