import type { IncomingMessage, ServerResponse } from 'node:http'
import { preflightMaxAgeSeconds } from '../timings.ts'
import type { HttpDependencies } from '../types.ts'
import { HttpError } from './http-error.ts'

/** Decides which web pages may use the gateway from a browser. */
export type OriginPolicy = {
  /**
   * Returns false for a request of a page of another origin: its `Origin` is neither this host, PUBLIC_URL nor one of ALLOWED_ORIGINS,
   * or it has no `Origin` and its `Sec-Fetch-Site` names another origin (an image or a script tag).
   */
  isAllowed(request: IncomingMessage): boolean
  /** Whether the `Host` header names this machine or PUBLIC_URL. Protects against DNS rebinding. */
  isOwnHost(request: IncomingMessage): boolean
  /** Sets the CORS headers that let a page of an allowed origin read the response. */
  setCorsHeaders(request: IncomingMessage, response: ServerResponse): void
}

const loopbackHostPattern = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i

export function createOriginPolicy(config: HttpDependencies['config']): OriginPolicy {
  const publicUrl = config.publicUrl === null ? null : new URL(config.publicUrl)
  const allowedOrigins = new Set(config.allowedOrigins.map((origin) => origin.toLowerCase()))
  if (publicUrl !== null) allowedOrigins.add(publicUrl.origin)

  const isSameHost = (origin: string, host: string | undefined) => {
    const originUrl = URL.parse(origin)
    return (
      originUrl !== null && host !== undefined && originUrl.host === normalizeHost(originUrl.protocol, host)
    )
  }

  return {
    isAllowed({ headers }) {
      const { origin, host } = headers
      if (origin !== undefined) return allowedOrigins.has(origin.toLowerCase()) || isSameHost(origin, host)
      const site = headers['sec-fetch-site']
      return site === undefined || site === 'same-origin' || site === 'none'
    },
    isOwnHost({ headers: { host = '' } }) {
      return (
        loopbackHostPattern.test(host) ||
        (publicUrl !== null && normalizeHost(publicUrl.protocol, host) === publicUrl.host)
      )
    },
    setCorsHeaders({ headers: { origin } }, response) {
      response.setHeader('vary', 'origin, access-control-request-headers')
      if (origin === undefined || !allowedOrigins.has(origin.toLowerCase())) return
      response.setHeader('access-control-allow-origin', origin)
      response.setHeader(
        'access-control-expose-headers',
        'x-request-id, retry-after, ratelimit, ratelimit-policy',
      )
      response.setHeader('cross-origin-resource-policy', 'cross-origin')
    },
  }
}

/** Normalizes a `Host` header: lower case, without the default port of the protocol. */
function normalizeHost(protocol: string, host: string): string | undefined {
  return URL.parse(`${protocol}//${host}`)?.host
}

/** Responds to a CORS preflight request. Requires that `setCorsHeaders` has been called. */
export function respondToPreflight(request: IncomingMessage, response: ServerResponse): void {
  if (response.hasHeader('access-control-allow-origin')) {
    response.setHeader('access-control-allow-methods', 'GET, HEAD, POST')
    // Every header is allowed: tracing and client libraries add their own, and none of them grants access.
    response.setHeader(
      'access-control-allow-headers',
      request.headers['access-control-request-headers'] ?? 'authorization, content-type',
    )
    response.setHeader('access-control-max-age', String(preflightMaxAgeSeconds))
  }
  request.resume()
  response.writeHead(204, { allow: 'GET, HEAD, POST, OPTIONS' }).end()
}

export function createForeignOriginError(): HttpError {
  return new HttpError(
    403,
    'FOREIGN_ORIGIN',
    'Pages of this origin may not use the gateway. The operator of the gateway can add the origin to ALLOWED_ORIGINS.',
  )
}
