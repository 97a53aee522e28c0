import { maxTurnMs, type TurnReport } from './turn-report.ts'

/*
 * Loaded into a measured process with `--import`. Records the longest turn of the event loop, and sends a report to the parent process for
 * each message from it, and when the process exits.
 *
 * A timer that is due every millisecond runs once per turn. The time between two of its runs is the duration of a turn, and one millisecond
 * at most. The CPU time of the thread between them is the part of it that the process has worked, collections of garbage included: unlike
 * the duration, it does not depend on other processes of the machine.
 */

const longest = { turnMs: 0, turnCpuMs: 0, longTurns: 0 }
let startedAt = performance.now()
let cpuAtStart = process.threadCpuUsage()

function recordTurn(): void {
  const { user, system } = process.threadCpuUsage(cpuAtStart)
  const now = performance.now()
  longest.turnMs = Math.max(longest.turnMs, now - startedAt)
  const cpuMs = (user + system) / 1000
  longest.turnCpuMs = Math.max(longest.turnCpuMs, cpuMs)
  if (cpuMs > maxTurnMs) longest.longTurns++
  startedAt = now
  cpuAtStart = process.threadCpuUsage()
}

/** Returns the figures since the previous report. */
function takeReport(): TurnReport {
  recordTurn()
  const report = {
    ...longest,
    heapBytes: process.memoryUsage().heapUsed,
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
  }
  Object.assign(longest, { turnMs: 0, turnCpuMs: 0, longTurns: 0 })
  return report
}

setInterval(recordTurn, 1).unref()
process.on('message', (message: { readonly collectsGarbage?: boolean }) => {
  if (message.collectsGarbage === undefined) return
  const report = takeReport()
  if (message.collectsGarbage) globalThis.gc?.()
  process.send?.({ ...report, heapBytes: process.memoryUsage().heapUsed })
  // The collection and the report do not count as a turn.
  recordTurn()
  Object.assign(longest, { turnMs: 0, turnCpuMs: 0, longTurns: 0 })
})
process.on('exit', () => process.send?.(takeReport()))
process.channel?.unref()
