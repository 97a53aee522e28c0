import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** Maximum CPU time of the main thread in one turn of the event loop, in ms. */
export const maxTurnMs = 50

/** What `turn-recorder.ts` has measured in a process since its previous report. */
export type TurnReport = {
  /** Duration of the longest turn of the event loop, and the CPU time of the main thread in the longest one, in ms. */
  readonly turnMs: number
  readonly turnCpuMs: number
  /** Number of turns with more than `maxTurnMs` of CPU time. */
  readonly longTurns: number
  readonly heapBytes: number
  /** Since the start of the process. */
  readonly peakRssBytes: number
}

/** Node's options for a process with the recorder. */
export const recorderFlags = ['--expose-gc', '--import', new URL('./turn-recorder.ts', import.meta.url).href]

/** Requests a report of a process. With `collectsGarbage`, the heap contains only reachable objects. */
export async function requestReport(
  child: ChildProcess,
  { collectsGarbage = false } = {},
): Promise<TurnReport> {
  const answer = once(child, 'message') as Promise<[TurnReport]>
  child.send({ collectsGarbage })
  return (await answer)[0]
}

/** Stops a process with SIGTERM. Returns the report that it sends when it exits. */
export async function stopWithReport(child: ChildProcess, stop: () => Promise<void>): Promise<TurnReport> {
  const answer = once(child, 'message') as Promise<[TurnReport]>
  await stop()
  return (await answer)[0]
}
