import { createServer } from 'node:net'

/**
 * Loaded into a gateway's process (`node --import`). Measures the processor time of the main thread between two ticks of a timer, which is
 * the longest turn of the event loop plus at most one tick. Time that the machine gave to other processes does not count. The socket
 * `LOOP_PROBE` sends each new connection the maximum since the previous connection, in ms.
 */
const tickMs = 2
let worstMs = 0
let last = process.threadCpuUsage()

setInterval(() => {
  const now = process.threadCpuUsage()
  worstMs = Math.max(worstMs, (now.user + now.system - last.user - last.system) / 1_000)
  last = now
}, tickMs).unref()

createServer((socket) => {
  socket.on('error', () => undefined)
  socket.end(String(worstMs))
  worstMs = 0
})
  .listen(process.env.LOOP_PROBE)
  .unref()
