import { Seam } from 'seam'
import { SeamError } from './errors.ts'
import { toSeamError } from './failure.ts'
import { createLimiter, type Limiter, type Priority } from './limiter.ts'
import { type RetryOptions, retryDelay } from './retry.ts'

/** How one call is made. */
export type CallOptions = {
  readonly priority?: Priority
  /** When to give up for good, in ms since the epoch; 30 s from now otherwise. */
  readonly deadline?: number
  readonly signal?: AbortSignal
}

/** What became of one attempt, for counters: `status` is `null` where there was no answer. */
export type CallReport = {
  readonly route: string
  readonly attempt: number
  readonly outcome: 'ok' | SeamError['code']
  readonly status: number | null
  readonly durationMs: number
}

export type CallerOptions = RetryOptions & {
  readonly apiKey: string
  readonly endpoint?: string
  /** For one attempt. */
  readonly timeoutMs?: number
  /** For one call with all its attempts, where it brings no deadline of its own. */
  readonly deadlineMs?: number
  /** Calls that may run at once. */
  readonly maxConcurrent?: number
  readonly onCall?: (report: CallReport) => void
}

/** `repeatable`: doing it twice is as good as once, so it may be repeated after an unknown outcome. */
export type Caller = {
  call(
    route: string,
    params: object,
    repeatable: boolean,
    options?: CallOptions,
  ): Promise<Record<string, unknown>>
  readonly limiter: Limiter
}

/** One call to Seam: queued, timed, repeated where that is safe, and its failure made presentable. */
export function createCaller(options: CallerOptions): Caller {
  const { apiKey, timeoutMs = 10_000, deadlineMs = 30_000 } = options
  const seam = new Seam({
    apiKey,
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
    timeout: timeoutMs,
    // Repeating is decided here, where deadlines and Seam's wishes are known; the SDK would do it a second time.
    axiosRetryOptions: { retries: 0 },
  })
  const limiter = createLimiter(options.maxConcurrent ?? 12)

  async function attempt(route: string, params: object, number: number, signal: AbortSignal) {
    const startedAt = performance.now()
    const report = (outcome: CallReport['outcome'], status: number | null): void =>
      options.onCall?.({ route, attempt: number, outcome, status, durationMs: performance.now() - startedAt })
    try {
      // Every route takes POST with a JSON body, where nothing is lost in encoding: an empty text stays one.
      const { data, status } = await seam.client.post(`/${route}`, params, { signal })
      if (typeof data !== 'object' || data === null) throw new Error('not an object')
      report('ok', status)
      limiter.succeeded()
      return data as Record<string, unknown>
    } catch (thrown) {
      const error = toSeamError(thrown, route, apiKey)
      report(error.code, error.status)
      if (error.code === 'RATE_LIMITED') limiter.throttled(error.retryAfterMs ?? 0)
      throw error
    }
  }

  return {
    limiter,
    async call(route, params, repeatable, callOptions = {}) {
      const deadline = callOptions.deadline ?? Date.now() + deadlineMs
      for (let number = 1; ; number++) {
        const leave = await enter(limiter, route, deadline, callOptions)
        try {
          return await attempt(route, params, number, signalUntil(deadline, callOptions.signal))
        } catch (error) {
          const delayMs = retryDelay(error as SeamError, { number, repeatable, deadline }, options)
          if (delayMs === null) throw error
          leave()
          await wait(delayMs, callOptions.signal)
        } finally {
          leave()
        }
      }
    },
  }
}

async function enter(
  limiter: Limiter,
  route: string,
  deadline: number,
  options: CallOptions,
): Promise<() => void> {
  try {
    return await limiter.enter(options.priority ?? 'interactive', signalUntil(deadline, options.signal))
  } catch {
    throw new SeamError({
      code: 'TIMEOUT',
      message: `The call to ${route} found no free place in time; Seam was not asked.`,
      route,
      outcome: 'not_sent',
    })
  }
}

function signalUntil(deadline: number, signal?: AbortSignal): AbortSignal {
  const timeout = AbortSignal.timeout(Math.max(1, deadline - Date.now()))
  return signal === undefined ? timeout : AbortSignal.any([timeout, signal])
}

function wait(delayMs: number, signal?: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, delayMs)
  signal?.addEventListener('abort', () => resolve(), { once: true })
  return promise.finally(() => clearTimeout(timer))
}
