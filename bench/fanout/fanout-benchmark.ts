import type { CountCheck } from '../harness/benchmark.ts'
import { readOptions } from '../harness/options.ts'
import { createFirstId, watchQuery } from '../harness/subscribers.ts'
import { withGateway } from '../harness/with-gateway.ts'
import { countDeliveryWork } from './count-work.ts'
import { startDeliveryServers } from './delivery-servers.ts'
import { measureDeliveries } from './measure-deliveries.ts'

/**
 * Delivers changes to many subscribers of one operation: through `ws` alone, GraphQL Yoga with graphql-ws, and the gateway, whose figures
 * include all its work for a change, from the webhook and the append to the execution. All variants are connected at the same time, each
 * subscriber with a socket of its own: `--without-stock` leaves room for more. With `--equal-ids`, the operations have the same id. Returns
 * exit code 1 if a delivery was lost.
 */
export async function run(args: readonly string[]): Promise<number> {
  const defaults = { subscribers: 2_000, changes: 20, rounds: 9, 'without-stock': false, 'equal-ids': false }
  const {
    subscribers,
    changes,
    rounds,
    'without-stock': withoutStock,
    'equal-ids': hasEqualIds,
  } = readOptions(args, defaults)
  await using servers = await startDeliveryServers(1)
  const [gateway] = servers.gateways
  if (gateway === undefined) throw new Error('No gateway was started.')
  const payloads = Array.from({ length: subscribers }, () => ({ query: watchQuery }))
  const { table, lost } = await measureDeliveries(
    [
      { name: '`ws` alone', server: servers.raw, payloads },
      ...(withoutStock ? [] : [{ name: 'stock', server: servers.stock, payloads }]),
      { name: 'latchkey', server: gateway, payloads, ...(hasEqualIds && { createId: createFirstId }) },
    ],
    { changes, rounds },
  )
  process.stdout.write(
    `${subscribers} subscribers of one operation, ${servers.messageBytes} bytes per message, ${lost} lost\n\n`,
  )
  process.stdout.write(`${table}\n`)
  return lost === 0 ? 0 : 1
}

export function checkCounts(): Promise<readonly CountCheck[]> {
  const payloads = Array.from({ length: 50 }, () => ({ query: watchQuery }))
  return withGateway((gateway) => countDeliveryWork(gateway, payloads, 1))
}
