import { createServer } from 'node:net'

/**
 * Loaded into a gateway's process (`node --import`). Measures how much processor time the main thread used between two ticks of a timer: the
 * longest turn of the event loop, at most a tick more. Time that the machine gave to other processes does not count. Whoever connects to
 * `LOOP_PROBE` is told the worst since the last time, in ms.
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
