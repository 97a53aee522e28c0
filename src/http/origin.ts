import type { IncomingMessage, ServerResponse } from 'node:http'
import type { HttpDeps } from './face.ts'
import { Refusal } from './respond.ts'

/** Which pages may use the gateway from a browser. */
export type OriginPolicy = {
  /**
   * True unless a browser says that a foreign page is behind the request: an `Origin` that is neither this host, PUBLIC_URL nor one of
   * ALLOWED_ORIGINS, or no `Origin` and a `Sec-Fetch-Site` of another site (an image or a script tag).
   */
  admits(request: IncomingMessage): boolean
  /** True when the Host header names this machine or PUBLIC_URL. A page that rebinds its own name to 127.0.0.1 can't pretend that. */
  isOwnHost(request: IncomingMessage): boolean
  /** Tells a browser that an allowed foreign page may read the answer; never reflects any other. */
  share(request: IncomingMessage, response: ServerResponse): void
}

const loopbackHost = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i

export function createOriginPolicy(config: HttpDeps['config']): OriginPolicy {
  const publicUrl = config.publicUrl === null ? null : new URL(config.publicUrl)
  const allowed = new Set(config.allowedOrigins.map((origin) => origin.toLowerCase()))
  if (publicUrl !== null) allowed.add(publicUrl.origin)

  const isSameHost = (origin: string, host: string | undefined) =>
    host !== undefined && URL.parse(origin)?.host === host.toLowerCase()

  return {
    admits({ headers }) {
      const { origin, host } = headers
      if (origin !== undefined) return allowed.has(origin.toLowerCase()) || isSameHost(origin, host)
      const site = headers['sec-fetch-site']
      return site === undefined || site === 'same-origin' || site === 'none'
    },
    isOwnHost({ headers: { host = '' } }) {
      return loopbackHost.test(host) || host.toLowerCase() === publicUrl?.host
    },
    share({ headers: { origin } }, response) {
      response.setHeader('vary', 'origin')
      if (origin === undefined || !allowed.has(origin.toLowerCase())) return
      response.setHeader('access-control-allow-origin', origin)
      response.setHeader(
        'access-control-expose-headers',
        'x-request-id, retry-after, ratelimit, ratelimit-policy',
      )
      response.setHeader('cross-origin-resource-policy', 'cross-origin')
    },
  }
}

/** Answers a browser's question whether it may send the real request. */
export function answerPreflight(request: IncomingMessage, response: ServerResponse): void {
  if (response.hasHeader('access-control-allow-origin')) {
    response.setHeader('access-control-allow-methods', 'GET, POST')
    response.setHeader(
      'access-control-allow-headers',
      'authorization, content-type, last-event-id, latchkey-after, x-request-id, x-requested-with',
    )
    response.setHeader('access-control-max-age', '86400')
  }
  request.resume()
  response.writeHead(204, { allow: 'GET, POST, OPTIONS' }).end()
}

export function foreignOrigin(): Refusal {
  return new Refusal(
    403,
    'FOREIGN_ORIGIN',
    'Pages of this origin may not use the gateway; its operator can add it to ALLOWED_ORIGINS.',
  )
}
