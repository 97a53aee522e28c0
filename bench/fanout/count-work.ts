import type { CountCheck } from '../harness/benchmark.ts'
import { takeEventNumbers } from '../harness/event-ids.ts'
import type { Gateway } from '../harness/gateway.ts'
import { countLosses, type SubscribePayload, subscribe } from '../harness/subscribers.ts'

/** Maximum number of cursors that one execution signs: that of the batch, and that of the context of its execution. */
const maxSignaturesPerExecution = 2
const maxTries = 5
const changes = 10
const batchSize = 20

type Work = { readonly executions: number; readonly serializations: number; readonly signatures: number }

/**
 * Counts the gateway's work for subscribers of `operations` different operations: for changes that are published one after the other, and
 * for changes that are published at the same time, whose batches share executions.
 */
export async function countDeliveryWork(
  gateway: Gateway,
  payloads: readonly SubscribePayload[],
  operations: number,
): Promise<readonly CountCheck[]> {
  const subscribers = await subscribe(gateway, payloads)
  const published: number[] = []
  async function publish(count: number): Promise<void> {
    const eventNumbers = takeEventNumbers(count)
    const delivery = subscribers.receive(payloads.length * count)
    await Promise.all([delivery, ...eventNumbers.map((eventNumber) => gateway.publish(eventNumber))])
    published.push(...eventNumbers)
  }
  const work = await countWork(gateway, async () => {
    for (let change = 0; change < changes; change++) await publish(1)
  })
  const batchWork = await countWork(gateway, () => publish(batchSize))
  const { lost, repeated } = countLosses(subscribers.receipts, published)
  await subscribers.close()
  return [
    {
      what: 'executions per change and operation',
      counted: work.executions / changes / operations,
      expected: 1,
      isMaximum: true,
    },
    {
      what: 'serialisations per change and operation',
      counted: work.serializations / changes / operations,
      expected: 1,
      isMaximum: true,
    },
    {
      what: 'cursor signatures per change and operation',
      counted: work.signatures / changes / operations,
      expected: maxSignaturesPerExecution,
      isMaximum: true,
    },
    {
      what: 'executions per change and operation, of changes at the same time',
      counted: batchWork.executions / batchSize / operations,
      expected: 1,
      isMaximum: true,
    },
    { what: 'subscribers that missed a change or received it twice', counted: lost + repeated, expected: 0 },
  ]
}

/** Counts the work during an action. Repeats it if heartbeats were sent meanwhile, whose work would be counted too. */
async function countWork(gateway: Gateway, action: () => Promise<void>): Promise<Work> {
  for (let tries = 0; tries < maxTries; tries++) {
    const before = await gateway.readMetrics()
    await action()
    const after = await gateway.readMetrics()
    const difference = (name: string): number => (after.get(name) ?? 0) - (before.get(name) ?? 0)
    if (difference('latchkey_feed_executions_total{batch="empty"}') > 0) continue
    return {
      executions: difference('latchkey_feed_executions_total{batch="changes"}'),
      serializations: difference('latchkey_feed_serializations_total{batch="changes"}'),
      signatures: difference('latchkey_cursors_signed_total'),
    }
  }
  throw new Error(`Heartbeats were sent during each of ${maxTries} tries.`)
}
