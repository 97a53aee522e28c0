/** A JSON document of the issuer, fetched and cached. */
export type IssuerDocument<T> = {
  /** Returns the cached document, or `null` if there is none or the last one is too old to be used. */
  peek(): CachedDocument<T> | null
  /** Returns a document that is new enough, or an older one while the issuer is unavailable. Rejects with `IssuerUnavailable`. */
  get(): Promise<CachedDocument<T>>
  /** Fetches the document unless a fetch has just failed. Rejects with `IssuerUnavailable`. */
  tryRefresh(): Promise<CachedDocument<T>>
  /** Fetches the document now. Rejects with `IssuerUnavailable`. */
  refresh(): Promise<CachedDocument<T>>
  close(): void
}

export type CachedDocument<T> = {
  readonly value: T
  /** Time in milliseconds since the document was requested. */
  getAgeMs(): number
}

/** A document of the issuer cannot be fetched, and no cached one is new enough. */
export class IssuerUnavailable extends Error {
  override readonly name = 'IssuerUnavailable'
  readonly code = 'ISSUER_UNAVAILABLE'
}

export type IssuerDocumentOptions<T> = {
  readonly url: string
  /** What the document is, for errors. */
  readonly name: 'key set' | 'discovery document'
  /** Media types of the document. */
  readonly accept: string
  /** Reads the JSON value. Throws if it is not such a document. */
  readonly parse: (json: unknown) => T
  /** Called when the document cannot be fetched, at most every five seconds. */
  readonly onFailure: (error: IssuerUnavailable) => void
  readonly now?: () => number
}

/** How long a document is used before it is fetched again. */
const maxAgeMs = 10 * 60_000
/** How long the last document is used while the issuer is unavailable. */
const maxStaleMs = 60 * 60_000
/** Delay after a failure before the issuer is called again. */
const failureBackOffMs = 5_000
const fetchTimeoutMs = 5_000
/** Maximum size of a document; a dozen keys take about 10 kB. */
const maxResponseBytes = 256 * 1024

export function createIssuerDocument<T>(options: IssuerDocumentOptions<T>): IssuerDocument<T> {
  const { url, name, accept, parse, onFailure, now = Date.now } = options
  const closed = new AbortController()
  let cached: CachedDocument<T> | null = null
  let lastFailure: { readonly at: number; readonly error: IssuerUnavailable } | null = null
  let refreshing: Promise<CachedDocument<T>> | null = null

  function parseBody(body: string): T {
    try {
      return parse(JSON.parse(body))
    } catch (cause) {
      throw new Error(`it answered no ${name}`, { cause })
    }
  }

  async function fetchAndCache(): Promise<CachedDocument<T>> {
    // The age counts from the request, since what was published during the request can be missing.
    const fetchedAt = now()
    try {
      const value = parseBody(await fetchBody(url, accept, closed.signal))
      const fetched = { value, getAgeMs: () => now() - fetchedAt }
      cached = fetched
      lastFailure = null
      return fetched
    } catch (cause) {
      const error = new IssuerUnavailable(`The issuer's ${name} can't be fetched: ${describeError(cause)}.`)
      lastFailure = { at: now(), error }
      if (!closed.signal.aborted) onFailure(error)
      throw error
    }
  }

  function refresh(): Promise<CachedDocument<T>> {
    refreshing ??= fetchAndCache().finally(() => {
      refreshing = null
    })
    return refreshing
  }

  async function tryRefresh(): Promise<CachedDocument<T>> {
    if (lastFailure !== null && now() - lastFailure.at < failureBackOffMs) throw lastFailure.error
    return refresh()
  }

  const peek = () => (cached !== null && cached.getAgeMs() <= maxStaleMs ? cached : null)

  return {
    peek,
    async get() {
      const previous = cached
      if (previous !== null && previous.getAgeMs() < maxAgeMs) return previous
      try {
        return await tryRefresh()
      } catch (error) {
        const usable = peek()
        if (usable === null) throw error
        return usable
      }
    },
    tryRefresh,
    refresh,
    close: () => closed.abort(),
  }
}

async function fetchBody(url: string, accept: string, signal: AbortSignal): Promise<string> {
  const response = await fetch(url, {
    headers: { accept },
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
  return Buffer.concat(chunks).toString('utf8')
}

function describeError(error: unknown): string {
  const { message, name, cause } = error as Error
  if (name === 'TimeoutError') return `it did not answer within ${fetchTimeoutMs / 1000} seconds`
  if (!(error instanceof TypeError)) return message
  // `fetch` rejects with a `TypeError`, whose cause tells what happened.
  const { code, message: reason } = (cause ?? {}) as { code?: string; message?: string }
  return code ?? reason ?? message
}
