import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'

/** The public keys of whoever issues tokens, fetched from their key set (RFC 7517) and kept for a while. */
export type IssuerKeys = {
  /** The key that a token names. Rejects with jose's errors where there is none, and with `IssuerUnavailable`. */
  readonly find: JWTVerifyGetKey
  /** Fetches the set now. Rejects with `IssuerUnavailable`. */
  refresh(): Promise<void>
  close(): void
}

/** The key set can't be had, and none is known that is new enough: whether a token is good can't be said now. */
export class IssuerUnavailable extends Error {
  override readonly name = 'IssuerUnavailable'
  readonly code = 'ISSUER_UNAVAILABLE'
}

export type IssuerKeysOptions = {
  readonly url: string
  /** Told of every time that the set can't be had; at most every five seconds. */
  readonly onFailure: (error: IssuerUnavailable) => void
  readonly now?: () => number
}

/** How long a set is used without asking again. */
const freshMs = 10 * 60_000
/** How long the last set goes on being used while the issuer can't be asked. */
const staleAtMostMs = 60 * 60_000
/** A key that isn't in the set makes it be fetched anew, but no more often than this: anybody can invent key ids. */
const coolDownMs = 30_000
/** After a failure nobody waits for the issuer again before this. */
const afterFailureMs = 5_000
const patienceMs = 5_000
/** A set of a dozen keys is about 10 kB. */
const sizeAtMost = 256 * 1024

type KeySet = { readonly find: JWTVerifyGetKey; readonly fetchedAt: number }

export function createIssuerKeys({ url, onFailure, now = Date.now }: IssuerKeysOptions): IssuerKeys {
  const closed = new AbortController()
  let known: KeySet | null = null
  let failure: { readonly at: number; readonly error: IssuerUnavailable } | null = null
  let refreshing: Promise<void> | null = null

  async function fetchSet(): Promise<void> {
    try {
      known = { find: createLocalJWKSet(await readSet(url, closed.signal)), fetchedAt: now() }
      failure = null
    } catch (cause) {
      const error = new IssuerUnavailable(`The issuer's keys can't be fetched: ${reasonOf(cause)}.`)
      failure = { at: now(), error }
      if (!closed.signal.aborted) onFailure(error)
      throw error
    }
  }

  function refresh(): Promise<void> {
    refreshing ??= fetchSet().finally(() => {
      refreshing = null
    })
    return refreshing
  }

  /** Fetches unless that has just failed. */
  async function tryRefresh(): Promise<void> {
    if (failure !== null && now() - failure.at < afterFailureMs) throw failure.error
    await refresh()
  }

  const ageOf = (set: KeySet): number => now() - set.fetchedAt

  /** A set that is new enough; an older one while there's nothing better. */
  async function current(): Promise<KeySet> {
    const before = known
    if (before !== null && ageOf(before) < freshMs) return before
    try {
      await tryRefresh()
    } catch (error) {
      if (before === null || ageOf(before) > staleAtMostMs) throw error
    }
    return known as KeySet
  }

  return {
    async find(header, token) {
      const set = await current()
      try {
        return await set.find(header, token)
      } catch (error) {
        const isOldEnough = ageOf(set) >= coolDownMs
        if (!(error instanceof errors.JWKSNoMatchingKey) || !isOldEnough) throw error
        // The issuer may have begun to sign with a new key since. While it can't be asked, the key stays unknown.
        await tryRefresh()
        return (known as KeySet).find(header, token)
      }
    },
    refresh,
    close: () => closed.abort(),
  }
}

async function readSet(url: string, signal: AbortSignal): Promise<JSONWebKeySet> {
  const response = await fetch(url, {
    headers: { accept: 'application/jwk-set+json, application/json' },
    // Whoever answers for that address must be the one that was configured.
    redirect: 'error',
    signal: AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]),
  })
  if (!response.ok) {
    await response.body?.cancel()
    throw new Error(`it answered ${response.status}`)
  }
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > sizeAtMost) throw new Error(`it answered more than ${sizeAtMost} bytes`)
    chunks.push(chunk)
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as JSONWebKeySet
}

function reasonOf(error: unknown): string {
  const { message, name, cause } = error as Error
  if (name === 'TimeoutError') return `it did not answer within ${patienceMs / 1000} seconds`
  if (error instanceof SyntaxError || error instanceof errors.JWKSInvalid) return 'it answered no key set'
  const { code, message: reason } = (cause ?? {}) as { code?: string; message?: string }
  return code ?? reason ?? message
}
