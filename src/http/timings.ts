/** Time limits and intervals of the HTTP layer that tests can change, in milliseconds. */
export type HttpTimings = {
  /** Interval of pings on sockets and comments on event streams. A socket that is silent for a whole interval is terminated. */
  readonly heartbeatIntervalMs: number
  /** From the opening of a socket to its `connection_init`. */
  readonly connectionInitTimeoutMs: number
  /** Period over which a drain closes the sockets, so that clients do not all reconnect at once. */
  readonly closeSpreadMs: number
  /** Time after which a drain aborts running requests. */
  readonly drainTimeoutMs: number
  /** From the first byte of a request to the end of its head (`headersTimeoutMs`) and of its body (`requestTimeoutMs`). */
  readonly headersTimeoutMs: number
  readonly requestTimeoutMs: number
  /** A connection is closed if no byte is sent or received for this long during a request. */
  readonly stalledTimeoutMs: number
  /** A JSON response is sent within this time, with `IN_PROGRESS` if need be. Less than the time limits of proxies and than `stalledTimeoutMs`. */
  readonly responseTimeoutMs: number
}

export const defaultHttpTimings: HttpTimings = {
  heartbeatIntervalMs: 12_000,
  connectionInitTimeoutMs: 5_000,
  closeSpreadMs: 2_000,
  drainTimeoutMs: 10_000,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  stalledTimeoutMs: 120_000,
  responseTimeoutMs: 50_000,
}

/** Interval at which the server checks `headersTimeoutMs` and `requestTimeoutMs`. */
export const timeoutCheckIntervalMs = 5_000
/** Time limit of the WebSocket closing handshake during a drain. */
export const closeHandshakeTimeoutMs = 1_000
/** Time for which the response to a query is reused, if something in it can change without a change in the feed. */
export const volatileResponseTtlMs = 250
/** Time for which the response to a query is reused, if only changes in the feed change it. Cached data is loaded again at most this much later. */
export const responseTtlMs = 2_000
/** `retryAfterMs` of the error IN_PROGRESS. */
export const inProgressRetryAfterMs = 5_000
/** `Retry-After` of the error AUTH_UNAVAILABLE. */
export const authUnavailableRetryAfterSeconds = 5
/** Time for which browsers cache the response to a CORS preflight. */
export const preflightMaxAgeSeconds = 86_400
/** Time for which browsers use HTTPS only (HSTS). */
export const hstsMaxAgeSeconds = 31_536_000
/** Time for which browsers cache static assets, whose names contain a hash of their content. */
export const assetMaxAgeSeconds = 31_536_000
