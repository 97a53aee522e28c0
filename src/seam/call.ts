import type { Secret } from '../model/secret.ts'
import { type Clock, longestTimerMs, systemClock } from './clock.ts'
import { doubtful, SeamError, type SeamErrorCode, unreadable } from './errors.ts'
import { toSeamError } from './failure.ts'
import { createLimiter, type Limiter, type Place, type Priority } from './limiter.ts'
import { type Effect, type RetryOptions, retryDelay } from './retry.ts'
import { createTransport } from './transport.ts'

/** How one call is made. */
export type CallOptions = {
  /** `interactive` by default. */
  readonly priority?: Priority
  /** When to give up for good, in ms since the epoch, waiting included; 30 s from the start of each request otherwise. */
  readonly deadline?: number
  readonly signal?: AbortSignal
  /** Told, in a sentence, why a list may have been cut short by Seam. */
  readonly onCut?: (why: string) => void
}

/** What became of one attempt, for counters: `status` is `null` where there was no answer. */
export type CallReport = {
  /** Seam's path, such as `acs/users/list`. */
  readonly route: string
  /** From 1. */
  readonly attempt: number
  readonly outcome: 'ok' | SeamErrorCode
  readonly status: number | null
  readonly durationMs: number
}

/** Whose workspace, and how patiently it's asked. */
export type CallerOptions = RetryOptions & {
  readonly apiKey: Secret
  /** Seam's own by default. */
  readonly endpoint?: string
  /** For one attempt: 10 s by default. */
  readonly timeoutMs?: number
  /** For one request with all its attempts, where it brings no deadline of its own: 30 s by default. */
  readonly deadlineMs?: number
  /** Calls that may run at once: 12 by default. */
  readonly maxConcurrent?: number
  /** Told of every attempt that was sent. Must not throw. */
  readonly onCall?: (report: CallReport) => void
  readonly clock?: Clock
}

/** Asks Seam. */
export type Caller = {
  /** Answers the JSON object that Seam answers. Throws `SeamError`. */
  call(route: string, params: object, effect: Effect, options?: CallOptions): Promise<Record<string, unknown>>
  readonly limiter: Limiter
  close(): void
}

type Request = { readonly route: string; readonly params: object; readonly deadline: number }

/** One request to Seam: queued, timed, repeated where that is safe, and its failure made presentable. */
export function createCaller(options: CallerOptions): Caller {
  const { apiKey, endpoint, timeoutMs = 10_000, deadlineMs = 30_000 } = options
  const { maxConcurrent = 12, clock = systemClock } = options
  const transport = createTransport({ apiKey, endpoint, maxSockets: maxConcurrent })
  const limiter = createLimiter(maxConcurrent, clock)

  async function send({ route, params }: Request, signal: AbortSignal) {
    const { status, body } = await transport.post(route, params, signal)
    if (typeof body === 'object' && body !== null) return { status, body: body as Record<string, unknown> }
    throw unreadable(route, 'it is no JSON object', status)
  }

  async function attempt(request: Request, number: number, { priority, signal }: CallOptions) {
    const { route, deadline } = request
    const place = await enter(request, priority ?? 'interactive', signal)
    const startedAt = performance.now()
    const report = (outcome: CallReport['outcome'], status: number | null): void =>
      options.onCall?.({ route, attempt: number, outcome, status, durationMs: performance.now() - startedAt })
    try {
      const leftMs = Math.min(timeoutMs, deadline - clock.now())
      const { status, body } = await send(request, signalFor(leftMs, signal)).catch((thrown: unknown) => {
        const error = toSeamError(thrown, { route, apiKey, now: clock.now() })
        const told = signal?.aborted === true && error.code === 'TIMEOUT' ? aborted(route, 'unknown') : error
        if (told.code === 'RATE_LIMITED') place.throttled(told.retryAfterMs ?? 0)
        report(told.code, told.status)
        throw told
      })
      place.succeeded()
      report('ok', status)
      return body
    } finally {
      place.leave()
    }
  }

  /** Waits for a place, but not for one that can't come before the deadline. */
  async function enter(
    { route, deadline }: Request,
    priority: Priority,
    signal: AbortSignal | undefined,
  ): Promise<Place> {
    const leftMs = deadline - clock.now()
    if (signal?.aborted === true) throw aborted(route, 'not_sent')
    if (leftMs <= 0) throw tooLate(route)
    if (limiter.pauseMs >= leftMs) throw pausing(route, limiter.pauseMs)
    return limiter.enter(priority, signalFor(leftMs, signal)).catch(() => {
      throw signal?.aborted === true ? aborted(route, 'not_sent') : tooLate(route)
    })
  }

  return {
    limiter,
    close: transport.close,
    async call(route, params, effect, callOptions = {}) {
      const deadline = callOptions.deadline ?? clock.now() + deadlineMs
      let isDoubtful = false
      for (let number = 1; ; number++) {
        try {
          return await attempt({ route, params, deadline }, number, callOptions)
        } catch (thrown) {
          if (!(thrown instanceof SeamError)) throw thrown
          isDoubtful ||= effect !== 'reads' && thrown.outcome === 'unknown'
          const now = clock.now()
          const delayMs = retryDelay(thrown, { number, effect, deadline, now }, options)
          if (delayMs === null) throw isDoubtful ? doubtful(thrown) : thrown
          await clock.wait(delayMs, callOptions.signal)
        }
      }
    },
  }
}

function signalFor(leftMs: number, signal: AbortSignal | undefined): AbortSignal {
  const timeout = AbortSignal.timeout(Math.min(Math.max(1, Math.ceil(leftMs)), longestTimerMs))
  return signal === undefined ? timeout : AbortSignal.any([timeout, signal])
}

function aborted(route: string, outcome: 'not_sent' | 'unknown'): SeamError {
  return new SeamError({ code: 'ABORTED', message: `The call to ${route} was given up.`, route, outcome })
}

function tooLate(route: string): SeamError {
  const message = `The call to ${route} could not be sent before its deadline.`
  return new SeamError({ code: 'TIMEOUT', message, route, outcome: 'not_sent' })
}

function pausing(route: string, retryAfterMs: number): SeamError {
  const message = `Seam asked for a pause that lasts longer than the call to ${route} may take.`
  return new SeamError({ code: 'RATE_LIMITED', message, route, outcome: 'not_sent', retryAfterMs })
}
