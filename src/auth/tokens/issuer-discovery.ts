import { setTimeout as delay } from 'node:timers/promises'
import { isHttpsOrLoopback } from '../../config/environment-schema.ts'
import { createIssuerDocument, type IssuerDocumentOptions } from './issuer-document.ts'

/** The part of the issuer's discovery document (OpenID Connect Discovery 1.0) that the login of the dashboard depends on. */
export type IssuerDiscovery = {
  /** Returns the origin of the token endpoint, or `null` while it is not known. Waits for the issuer for a second at most. */
  findTokenOrigin(): Promise<string | null>
  close(): void
}

export type IssuerDiscoveryOptions = Pick<IssuerDocumentOptions<unknown>, 'onFailure' | 'now'> & {
  readonly issuer: string
}

/** An issuer that does not answer must not delay viewers who sign in with an API key. */
const maxWaitMs = 1_000

/** Creates the cache of the discovery document. It is fetched at once, and again with a request when it is ten minutes old. */
export function createIssuerDiscovery({ issuer, ...options }: IssuerDiscoveryOptions): IssuerDiscovery {
  const discovery = createIssuerDocument({
    ...options,
    url: `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
    name: 'discovery document',
    accept: 'application/json',
    parse: (json) => readTokenOrigin(json as DiscoveryDocument, issuer),
  })
  // A failure was reported already.
  const refresh = () => discovery.get().catch(() => null)
  void refresh()

  return {
    async findTokenOrigin() {
      const refreshed = refresh()
      // A known document is used at once, while a newer one is fetched.
      if (discovery.peek() === null) await Promise.race([refreshed, delay(maxWaitMs, null, { ref: false })])
      return discovery.peek()?.value ?? null
    },
    close: discovery.close,
  }
}

type DiscoveryDocument = { readonly issuer: string; readonly token_endpoint?: unknown }

/**
 * Returns the origin of the token endpoint, or `null` if the dashboard would not call it: it requires https, except of an issuer on this
 * machine. Throws if the document is another issuer's.
 */
function readTokenOrigin(document: DiscoveryDocument, issuer: string): string | null {
  if (new URL(document.issuer).href !== new URL(issuer).href)
    throw new Error('The document has another issuer.')
  const endpoint = URL.parse(String(document.token_endpoint))
  if (endpoint === null || !hostPattern.test(endpoint.hostname)) return null
  const isSecure = endpoint.protocol === 'https:'
  const isLocal =
    endpoint.protocol === 'http:' && issuer.startsWith('http:') && isHttpsOrLoopback(endpoint.href)
  return isSecure || isLocal ? endpoint.origin : null
}

/** A host name or an IP address. URLs allow further characters, such as `*` and `;`, which have a meaning in a content security policy. */
const hostPattern = /^([\w.-]+|\[[\da-f:.]+\])$/
