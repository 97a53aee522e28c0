import type { IncomingMessage } from 'node:http'

/**
 * Converts a request target in absolute form (`GET http://host/path`), which proxies send, to origin form. Its authority replaces the
 * `Host` header (RFC 9112, section 3.2.2). Targets in other forms are unchanged.
 */
export function convertToOriginForm(request: IncomingMessage): void {
  if (!/^https?:\/\//i.test(request.url ?? '')) return
  const target = URL.parse(request.url ?? '')
  if (target === null) return
  request.headers.host = target.host
  request.url = `${target.pathname}${target.search}`
}

/**
 * Removes the path of PUBLIC_URL from a request target. A reverse proxy may forward or remove that path, so the gateway serves its routes
 * both below the path and at the root.
 */
export function stripPublicPath(request: IncomingMessage, publicPath: string): void {
  const url = request.url ?? ''
  const rest = url.slice(publicPath.length)
  if (publicPath !== '' && url.startsWith(publicPath) && /^([/?]|$)/.test(rest))
    request.url = rest.startsWith('/') ? rest : `/${rest}`
}

/** Returns the path of PUBLIC_URL without a trailing slash, or an empty string if it has no path. */
export function getPublicPath(publicUrl: string | null): string {
  return publicUrl === null ? '' : new URL(publicUrl).pathname.replace(/\/$/, '')
}

/** Formats a host for a URL: an IPv6 address gets brackets. */
export function formatUrlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
