import type { Secret } from '../../model/secret.ts'
import { createUnreadableError, SeamError, type SeamErrorCode, withUnknownOutcome } from '../errors.ts'
import { type Clock, maxTimerMs, systemClock } from './clock.ts'
import {
  type CallSlot,
  type ConcurrencyLimiter,
  createConcurrencyLimiter,
  type Priority,
} from './concurrency-limiter.ts'
import { type CallEffect, computeRetryDelayMs, type RetryOptions } from './retry-policy.ts'
import { toSeamError } from './sdk-failure.ts'
import { createSdkTransport, seamUrl } from './sdk-transport.ts'

/** Options of one call. */
export type CallOptions = {
  /** `interactive` by default. */
  readonly priority?: Priority
  /** Aborts when a client request starts to wait for a background call; the call then becomes interactive. */
  readonly urgentSignal?: AbortSignal
  /** Deadline in ms since the epoch, including waits; by default 30 s after the start of each request. */
  readonly deadline?: number
  readonly signal?: AbortSignal
  /** Called with a reason, as a sentence, if Seam may have truncated a list. */
  readonly onTruncated?: (reason: string) => void
}

/** Result of one attempt, for metrics. `status` is `null` if there was no response. */
export type CallReport = {
  /** Seam's path, such as `acs/users/list`. */
  readonly route: string
  /** From 1. */
  readonly attempt: number
  readonly outcome: 'ok' | SeamErrorCode
  readonly status: number | null
  readonly durationMs: number
}

/** API key, endpoint, timeouts and limits of a caller. */
export type SeamCallerOptions = RetryOptions & {
  readonly apiKey: Secret
  /** URL of the API; Seam's own if absent or `null`. */
  readonly endpoint?: string | null
  /** Timeout of one attempt; 10 s by default. */
  readonly timeoutMs?: number
  /** Timeout of one request with all its attempts, if it has no `deadline`; 30 s by default. */
  readonly deadlineMs?: number
  /** Maximum number of concurrent calls; 12 by default. */
  readonly maxConcurrent?: number
  /** Called after every attempt that was sent. Must not throw. */
  readonly onCall?: (report: CallReport) => void
  readonly clock?: Clock
}

/** Sends requests to Seam. */
export type SeamCaller = {
  /** Resolves to the JSON object of the response. Rejects with `SeamError`. */
  call(
    route: string,
    params: object,
    effect: CallEffect,
    options?: CallOptions,
  ): Promise<Record<string, unknown>>
  readonly limiter: ConcurrencyLimiter
  /**
   * Current offset of this machine's clock from Seam's in ms, accurate to about 1 s; positive if ahead, `null` before the first response. A
   * step of the clock is detected immediately, because Seam's time is extrapolated with the monotonic clock.
   */
  readonly clockAheadMs: number | null
  close(): void
}

type SeamRequest = { readonly route: string; readonly params: object; readonly deadline: number }

/** Creates a caller that queues requests, applies timeouts, retries where this is safe, and converts failures to `SeamError`. */
export function createSeamCaller(options: SeamCallerOptions): SeamCaller {
  const { apiKey, timeoutMs = 10_000, deadlineMs = 30_000 } = options
  const { maxConcurrent = 12, clock = systemClock } = options
  /** Seam's time minus the monotonic clock, in ms. */
  let seamOffsetMs: number | null = null
  const transport = createSdkTransport({
    apiKey,
    endpoint: options.endpoint ?? seamUrl,
    maxSockets: maxConcurrent,
  })
  const limiter = createConcurrencyLimiter(maxConcurrent, clock)

  async function send({ route, params }: SeamRequest, signal: AbortSignal) {
    const { status, body, date } = await transport.post(route, params, signal)
    if (!Number.isNaN(date)) seamOffsetMs = date - performance.now()
    if (typeof body === 'object' && body !== null) return { status, body: body as Record<string, unknown> }
    throw createUnreadableError(route, 'it is not a JSON object', status)
  }

  async function runAttempt(
    request: SeamRequest,
    number: number,
    { priority, signal, urgentSignal }: CallOptions,
  ) {
    const { route, deadline } = request
    const slot = await acquireSlot(request, priority ?? 'interactive', signal, urgentSignal)
    const startedAt = performance.now()
    const report = (outcome: CallReport['outcome'], status: number | null): void =>
      options.onCall?.({ route, attempt: number, outcome, status, durationMs: performance.now() - startedAt })
    try {
      const remainingMs = Math.min(timeoutMs, deadline - clock.now())
      const { status, body } = await send(request, createTimeoutSignal(remainingMs, signal)).catch(
        (thrown: unknown) => {
          const error = toSeamError(thrown, { route, apiKey, now: clock.now() })
          const reported =
            signal?.aborted === true && error.code === 'TIMEOUT'
              ? createAbortedError(route, 'unknown')
              : error
          if (reported.code === 'RATE_LIMITED') slot.reportThrottled(reported.retryAfterMs ?? 0)
          report(reported.code, reported.status)
          throw reported
        },
      )
      slot.reportSuccess()
      report('ok', status)
      return body
    } finally {
      slot.release()
    }
  }

  /** Waits for a slot; rejects immediately if none can become available before the deadline. */
  async function acquireSlot(
    { route, deadline }: SeamRequest,
    priority: Priority,
    signal: AbortSignal | undefined,
    urgentSignal: AbortSignal | undefined,
  ): Promise<CallSlot> {
    const remainingMs = deadline - clock.now()
    if (signal?.aborted === true) throw createAbortedError(route, 'not_sent')
    if (remainingMs <= 0) throw createTooLateError(route)
    if (limiter.pauseMs >= remainingMs) throw createPauseError(route, limiter.pauseMs)
    return limiter.acquire(priority, createTimeoutSignal(remainingMs, signal), urgentSignal).catch(() => {
      throw signal?.aborted === true ? createAbortedError(route, 'not_sent') : createTooLateError(route)
    })
  }

  return {
    limiter,
    get clockAheadMs() {
      return seamOffsetMs === null ? null : clock.now() - seamOffsetMs - performance.now()
    },
    close: transport.close,
    async call(route, params, effect, callOptions = {}) {
      const deadline = callOptions.deadline ?? clock.now() + deadlineMs
      let isOutcomeUnknown = false
      for (let number = 1; ; number++) {
        try {
          return await runAttempt({ route, params, deadline }, number, callOptions)
        } catch (thrown) {
          if (!(thrown instanceof SeamError)) throw thrown
          isOutcomeUnknown ||= effect !== 'reads' && thrown.outcome === 'unknown'
          const now = clock.now()
          const delayMs = computeRetryDelayMs(thrown, { number, effect, deadline, now }, options)
          if (delayMs === null) throw isOutcomeUnknown ? withUnknownOutcome(thrown) : thrown
          await clock.wait(delayMs, callOptions.signal)
        }
      }
    },
  }
}

function createTimeoutSignal(remainingMs: number, signal: AbortSignal | undefined): AbortSignal {
  const timeout = AbortSignal.timeout(Math.min(Math.max(1, Math.ceil(remainingMs)), maxTimerMs))
  return signal === undefined ? timeout : AbortSignal.any([timeout, signal])
}

function createAbortedError(route: string, outcome: 'not_sent' | 'unknown'): SeamError {
  return new SeamError({ code: 'ABORTED', message: `The call to ${route} was aborted.`, route, outcome })
}

function createTooLateError(route: string): SeamError {
  const message = `The call to ${route} could not be sent before its deadline.`
  return new SeamError({ code: 'TIMEOUT', message, route, outcome: 'not_sent' })
}

function createPauseError(route: string, retryAfterMs: number): SeamError {
  const message = `Seam's rate limit blocks calls until after the deadline of the call to ${route}.`
  return new SeamError({ code: 'RATE_LIMITED', message, route, outcome: 'not_sent', retryAfterMs })
}
