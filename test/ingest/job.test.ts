import { describe, expect, it, vi } from 'vitest'
import { createJob } from '../../src/ingest/job.ts'
import { createLogger } from '../../src/log.ts'

const log = createLogger('silent')
const never = 3_600_000

describe('a job', () => {
  it('should never run twice at a time, and once more for all who ask meanwhile', async () => {
    let running = 0
    let most = 0
    let runs = 0
    const job = createJob({
      name: 'work',
      everyMs: never,
      log,
      async run() {
        most = Math.max(most, ++running)
        await Promise.resolve()
        running--
        return ++runs
      },
    })
    const first = job.now()
    expect(await Promise.all([first, job.now(), job.now()])).toEqual([1, 2, 2])
    const chained = job.now().then(() => Promise.all([job.now(), job.now()]))
    await Promise.all([chained, job.now(), job.now()])
    expect(most).toBe(1)
    await job.close()
  })

  it('should run again and again by itself, and sooner after a failure', async () => {
    let runs = 0
    const job = createJob({
      name: 'work',
      everyMs: never,
      retryMs: 1,
      log,
      async run() {
        if (++runs < 4) throw new Error('not yet')
      },
    })
    await expect(job.now()).rejects.toThrow('not yet')
    await vi.waitFor(() => expect(runs).toBe(4))
    await job.close()
  })

  it('should give up what runs when it is closed, and not run again', async () => {
    let runs = 0
    const job = createJob({
      name: 'work',
      everyMs: 1,
      log,
      async run(signal) {
        runs++
        const aborted = Promise.withResolvers<void>()
        signal.addEventListener('abort', () => aborted.resolve())
        await aborted.promise
        throw signal.reason
      },
    })
    const running = job.now()
    const [ended] = await Promise.allSettled([running, job.close()])
    expect(ended.status).toBe('rejected')
    await expect(job.now()).rejects.toThrow('work was stopped')
    expect(runs).toBe(1)
  })
})
