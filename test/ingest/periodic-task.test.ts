import { describe, expect, it, vi } from 'vitest'
import { createPeriodicTask } from '../../src/ingest/periodic-task.ts'
import { createLogger } from '../../src/observability/logger.ts'

const log = createLogger('silent')
const never = 3_600_000

describe('a periodic task', () => {
  it('should run once at a time, and once more for all calls during a run', async () => {
    let running = 0
    let most = 0
    let runs = 0
    const job = createPeriodicTask({
      name: 'work',
      intervalMs: never,
      log,
      async run() {
        most = Math.max(most, ++running)
        await Promise.resolve()
        running--
        return ++runs
      },
    })
    const first = job.runNow()
    expect(await Promise.all([first, job.runNow(), job.runNow()])).toEqual([1, 2, 2])
    const chained = job.runNow().then(() => Promise.all([job.runNow(), job.runNow()]))
    await Promise.all([chained, job.runNow(), job.runNow()])
    expect(most).toBe(1)
    await job.close()
  })

  it('should run at its interval, and sooner after a failure', async () => {
    let runs = 0
    const job = createPeriodicTask({
      name: 'work',
      intervalMs: never,
      retryMs: 1,
      log,
      async run() {
        if (++runs < 4) throw new Error('not yet')
      },
    })
    await expect(job.runNow()).rejects.toThrow('not yet')
    await vi.waitFor(() => expect(runs).toBe(4))
    await job.close()
  })

  it('should abort the current run when it is closed, and not run again', async () => {
    let runs = 0
    const job = createPeriodicTask({
      name: 'work',
      intervalMs: 1,
      log,
      async run(signal) {
        runs++
        const aborted = Promise.withResolvers<void>()
        signal.addEventListener('abort', () => aborted.resolve())
        await aborted.promise
        throw signal.reason
      },
    })
    const running = job.runNow()
    const [ended] = await Promise.allSettled([running, job.close()])
    expect(ended.status).toBe('rejected')
    await expect(job.runNow()).rejects.toThrow('work was stopped')
    expect(runs).toBe(1)
  })
})
