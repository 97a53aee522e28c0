import { startDeliveryServers } from '../fanout/delivery-servers.ts'
import { type DeliveryVariant, measureDeliveries } from '../fanout/measure-deliveries.ts'
import { readOptions } from '../harness/options.ts'
import { type SubscribePayload, watchQuery } from '../harness/subscribers.ts'

/**
 * Delivers changes to subscribers of many operations, which differ in their names or in the alias of a field of each change. Compares `ws`
 * alone, which sends one message to all, GraphQL Yoga with graphql-ws, and the gateway. Returns exit code 1 if a delivery was lost.
 */
export async function run(args: readonly string[]): Promise<number> {
  const { subscribers, operations, changes, rounds } = readOptions(args, {
    subscribers: 2_000,
    operations: 1_000,
    changes: 10,
    rounds: 9,
  })
  await using servers = await startDeliveryServers(3)
  const createPayloads = (toQuery: (operation: number) => string): SubscribePayload[] =>
    Array.from({ length: subscribers }, (_, index) => ({ query: toQuery(index % operations) }))
  const names = createPayloads((operation) => watchQuery.replace('Watch', `Watch${operation}`))
  const aliases = createPayloads((operation) =>
    watchQuery.replace('subjectId', `subject${operation}: subjectId`),
  )
  const one = createPayloads(() => watchQuery)
  const gatewayVariants = servers.gateways.map((server, index): DeliveryVariant => {
    const [name, payloads] = (
      [
        ['one operation', one],
        ['names differ', names],
        ['aliases differ', aliases],
      ] as const
    )[index] ?? ['', []]
    return { name: `latchkey, ${name}`, server, payloads }
  })
  const { table, lost } = await measureDeliveries(
    [
      { name: '`ws` alone', server: servers.raw, payloads: one },
      { name: 'stock, aliases differ', server: servers.stock, payloads: aliases },
      ...gatewayVariants,
    ],
    { changes, rounds },
  )
  process.stdout.write(
    `${subscribers} subscribers of ${operations} operations, about ${servers.messageBytes} bytes per message, ${lost} lost\n\n${table}\n`,
  )
  return lost === 0 ? 0 : 1
}
