import type { Logger } from '../log.ts'
import type { Hands } from './hands.ts'
import type { Records } from './records.ts'
import type { Progress } from './saga.ts'

/** Goes on with commands that nobody has in hand: left by a failure or a dead process, or waiting for their time. */
export type Sweep = {
  /** Looks at everything at once, and from then on again and again. */
  start(): void
  /** Looks at everything now; answers how much of what was due is left. Rejects with `JournalUnavailable`. */
  now(): Promise<number>
  /** Looks again before long. */
  soon(): void
  close(): Promise<void>
}

export type SweepOptions = {
  readonly records: Records
  readonly hands: Hands
  readonly log: Pick<Logger, 'warn'>
  readonly now: () => number
  readonly everyMs: number
  readonly soonMs: number
}

export function createSweep(options: SweepOptions): Sweep {
  const { records, hands, log, everyMs, soonMs } = options
  let timer: NodeJS.Timeout | undefined
  let isClosed = false
  let sweeping: Promise<number> | null = null

  async function look(): Promise<number> {
    let left = 0
    for (const progress of await records.open()) {
      if (isClosed) return left
      if (progress.dueAt <= options.now() && !(await goOn(progress))) left++
    }
    return left
  }

  /** True when it's over. One that can't be gone on with holds up no other. */
  async function goOn(progress: Progress): Promise<boolean> {
    const about = { command: progress.id, name: progress.command }
    try {
      const result = await hands.go(progress, 'recovery')
      if (result.kind === 'left') log.warn({ ...about, err: result.why }, 'a command waits to be finished')
      return result.kind === 'ended' || result.kind === 'gone'
    } catch (error) {
      log.warn({ ...about, err: error }, 'a command could not be gone on with; it is tried again')
      return false
    }
  }

  function sweep(): Promise<number> {
    clearTimeout(timer)
    sweeping ??= look().finally(() => {
      sweeping = null
      again(everyMs)
    })
    return sweeping
  }

  function again(inMs: number): void {
    clearTimeout(timer)
    if (isClosed) return
    timer = setTimeout(() => {
      sweep().catch((error: unknown) =>
        log.warn({ err: error }, 'unfinished commands could not be looked at'),
      )
    }, inMs)
    timer.unref()
  }

  return {
    start: () => again(0),
    now: sweep,
    soon: () => again(Math.min(soonMs, everyMs)),
    async close() {
      isClosed = true
      clearTimeout(timer)
      await sweeping?.catch(() => undefined)
    },
  }
}
