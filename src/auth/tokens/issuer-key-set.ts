import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'

/** The issuer's public keys, fetched from its key set (RFC 7517) and cached. */
export type IssuerKeySet = {
  /** Finds the signing key that a token names. Rejects with jose's errors if there is none, and with `IssuerUnavailable`. */
  readonly find: JWTVerifyGetKey
  /** Fetches the set now. Rejects with `IssuerUnavailable`. */
  refresh(): Promise<void>
  close(): void
}

/** The key set cannot be fetched, and no cached one is new enough, so that tokens cannot be verified now. */
export class IssuerUnavailable extends Error {
  override readonly name = 'IssuerUnavailable'
  readonly code = 'ISSUER_UNAVAILABLE'
}

export type IssuerKeySetOptions = {
  readonly url: string
  /** Called when the set cannot be fetched, at most every five seconds. */
  readonly onFailure: (error: IssuerUnavailable) => void
  readonly now?: () => number
}

/** How long a set is used before it is fetched again. */
const maxAgeMs = 10 * 60_000
/** How long the last set is used while the issuer is unavailable. */
const maxStaleMs = 60 * 60_000
/** Minimum interval of fetches for unknown key IDs, since any client can invent key IDs. */
const refetchCoolDownMs = 30_000
/** Delay after a failure before the issuer is called again. */
const failureBackOffMs = 5_000
const fetchTimeoutMs = 5_000
/** Maximum size of a set; a dozen keys take about 10 kB. */
const maxResponseBytes = 256 * 1024

type CachedKeySet = { readonly find: JWTVerifyGetKey; readonly fetchedAt: number }

export function createIssuerKeySet({ url, onFailure, now = Date.now }: IssuerKeySetOptions): IssuerKeySet {
  const closed = new AbortController()
  let cachedSet: CachedKeySet | null = null
  let lastFailure: { readonly at: number; readonly error: IssuerUnavailable } | null = null
  let refreshing: Promise<CachedKeySet> | null = null

  async function fetchAndCache(): Promise<CachedKeySet> {
    // The age counts from the request, since keys that were published during the request can be missing.
    const fetchedAt = now()
    try {
      const fetchedSet = { find: createLocalJWKSet(await fetchKeySet(url, closed.signal)), fetchedAt }
      cachedSet = fetchedSet
      lastFailure = null
      return fetchedSet
    } catch (cause) {
      const error = new IssuerUnavailable(`The issuer's keys can't be fetched: ${describeError(cause)}.`)
      lastFailure = { at: now(), error }
      if (!closed.signal.aborted) onFailure(error)
      throw error
    }
  }

  function refresh(): Promise<CachedKeySet> {
    refreshing ??= fetchAndCache().finally(() => {
      refreshing = null
    })
    return refreshing
  }

  /** Fetches the set unless a fetch has just failed. */
  async function tryRefresh(): Promise<CachedKeySet> {
    if (lastFailure !== null && now() - lastFailure.at < failureBackOffMs) throw lastFailure.error
    return refresh()
  }

  const getAgeMs = (set: CachedKeySet): number => now() - set.fetchedAt

  /** Returns a set that is new enough, or an older one while the issuer is unavailable. */
  async function getUsableSet(): Promise<CachedKeySet> {
    const previousSet = cachedSet
    if (previousSet !== null && getAgeMs(previousSet) < maxAgeMs) return previousSet
    try {
      return await tryRefresh()
    } catch (error) {
      if (previousSet === null || getAgeMs(previousSet) > maxStaleMs) throw error
      return previousSet
    }
  }

  return {
    async find(header, token) {
      const set = await getUsableSet()
      try {
        return await set.find(header, token)
      } catch (error) {
        const isOldEnough = getAgeMs(set) >= refetchCoolDownMs
        if (!(error instanceof errors.JWKSNoMatchingKey) || !isOldEnough) throw error
        // The issuer may sign with a new key. While it is unavailable, that key stays unknown.
        return (await tryRefresh()).find(header, token)
      }
    },
    async refresh() {
      await refresh()
    },
    close: () => closed.abort(),
  }
}

async function fetchKeySet(url: string, signal: AbortSignal): Promise<JSONWebKeySet> {
  const response = await fetch(url, {
    headers: { accept: 'application/jwk-set+json, application/json' },
    // No redirects: the configured address itself must answer.
    redirect: 'error',
    signal: AbortSignal.any([signal, AbortSignal.timeout(fetchTimeoutMs)]),
  })
  if (!response.ok) {
    await response.body?.cancel()
    throw new Error(`it answered ${response.status}`)
  }
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > maxResponseBytes) throw new Error(`it answered more than ${maxResponseBytes} bytes`)
    chunks.push(chunk)
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as JSONWebKeySet
}

function describeError(error: unknown): string {
  const { message, name, cause } = error as Error
  if (name === 'TimeoutError') return `it did not answer within ${fetchTimeoutMs / 1000} seconds`
  if (error instanceof SyntaxError || error instanceof errors.JWKSInvalid) return 'it answered no key set'
  const { code, message: reason } = (cause ?? {}) as { code?: string; message?: string }
  return code ?? reason ?? message
}
