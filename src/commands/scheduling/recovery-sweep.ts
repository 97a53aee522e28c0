import type { Logger } from '../../observability/logger.ts'
import type { CommandExecutor } from '../execution/command-executor.ts'
import type { CommandRecords } from '../records/command-records.ts'
import type { CommandProgress } from '../saga.ts'

/** Resumes commands that no request waits for: after a failure or the end of a process, or when they are due. */
export type RecoverySweep = {
  /** Sweeps at once and then at every interval. */
  start(): void
  /** Sweeps now. Resolves to the number of due commands that stay unfinished. Rejects with `JournalUnavailable`. */
  runNow(): Promise<number>
  /** Schedules the next sweep after `soonDelayMs`. */
  scheduleSoon(): void
  close(): Promise<void>
}

export type RecoverySweepOptions = {
  readonly records: CommandRecords
  readonly executor: CommandExecutor
  readonly log: Pick<Logger, 'warn'>
  readonly now: () => number
  readonly intervalMs: number
  readonly soonDelayMs: number
}

export function createRecoverySweep(options: RecoverySweepOptions): RecoverySweep {
  const { records, executor, log, intervalMs, soonDelayMs } = options
  let timer: NodeJS.Timeout | undefined
  let isClosed = false
  let currentSweep: Promise<number> | null = null

  async function sweepOnce(): Promise<number> {
    let unfinishedCount = 0
    for (const progress of await records.listOpen()) {
      if (isClosed) return unfinishedCount
      if (progress.dueAt <= options.now() && !(await resumeCommand(progress))) unfinishedCount++
    }
    await undoLateEffects()
    return unfinishedCount
  }

  async function undoLateEffects(): Promise<void> {
    for (const progress of await records.listWatched()) {
      if (isClosed) return
      await executor.undoLateEffects(progress).catch((error: unknown) => {
        log.warn(
          { command: progress.id, err: error },
          'late effects of a command could not be undone; the next sweep tries again',
        )
      })
    }
  }

  /** Resolves to `true` if the command has ended. Never rejects, so that a failure does not block other commands. */
  async function resumeCommand(progress: CommandProgress): Promise<boolean> {
    const logFields = { command: progress.id, name: progress.command }
    try {
      const result = await executor.execute(progress, 'recovery')
      if (result.kind === 'unfinished')
        log.warn({ ...logFields, err: result.cause }, 'a command is unfinished; the next sweep resumes it')
      return result.kind === 'ended' || result.kind === 'discarded'
    } catch (error) {
      log.warn({ ...logFields, err: error }, 'a command could not be resumed; the next sweep tries again')
      return false
    }
  }

  function runSweep(): Promise<number> {
    clearTimeout(timer)
    currentSweep ??= sweepOnce().finally(() => {
      currentSweep = null
      scheduleSweep(intervalMs)
    })
    return currentSweep
  }

  function scheduleSweep(delayMs: number): void {
    clearTimeout(timer)
    if (isClosed) return
    timer = setTimeout(() => {
      runSweep().catch((error: unknown) =>
        log.warn({ err: error }, 'unfinished commands could not be read; the next sweep tries again'),
      )
    }, delayMs)
    timer.unref()
  }

  return {
    start: () => scheduleSweep(0),
    runNow: runSweep,
    scheduleSoon: () => scheduleSweep(Math.min(soonDelayMs, intervalMs)),
    async close() {
      isClosed = true
      clearTimeout(timer)
      await currentSweep?.catch(() => undefined)
    },
  }
}
