import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Orders of the parent process: the number of messages of the next measurement. */
export type ReceiverOrder = { readonly count: number }
/** Duration in ms from the arrival of the first message to the answer of the last one, and how many were open at the same time at most. */
export type ReceiverReport = { readonly ms: number; readonly maxOpen: number }

const answerDelayMs = 100

/** HTTP server that reads each message and answers 204 after 100 ms. Reports to the parent process when the ordered number was answered. */
let [startedAt, arrived, answered, open, maxOpen, count] = [0, 0, 0, 0, 0, Number.POSITIVE_INFINITY]
process.on('message', (order: ReceiverOrder) => {
  ;[arrived, answered, maxOpen, count] = [0, 0, 0, order.count]
})

const server = createServer(async (request, response) => {
  if (arrived++ === 0) startedAt = performance.now()
  maxOpen = Math.max(maxOpen, ++open)
  await Array.fromAsync(request)
  setTimeout(() => {
    open--
    response.writeHead(204).end()
    const report: ReceiverReport = { ms: performance.now() - startedAt, maxOpen }
    if (++answered === count) process.send?.(report)
  }, answerDelayMs)
})
process.once('disconnect', () => process.exit(0))
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
