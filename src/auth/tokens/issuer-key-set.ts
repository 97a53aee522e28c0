import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'
import { createIssuerDocument, type IssuerDocumentOptions } from './issuer-document.ts'

/** The issuer's public keys, fetched from its key set (RFC 7517) and cached. */
export type IssuerKeySet = {
  /** Finds the signing key that a token names. Rejects with jose's errors if there is none, and with `IssuerUnavailable`. */
  readonly find: JWTVerifyGetKey
  /** Fetches the set now. Rejects with `IssuerUnavailable`. */
  refresh(): Promise<void>
  close(): void
}

/** Minimum interval of fetches for unknown key IDs, since any client can invent key IDs. */
const refetchCoolDownMs = 30_000

export function createIssuerKeySet(
  options: Pick<IssuerDocumentOptions<unknown>, 'url' | 'onFailure' | 'now'>,
): IssuerKeySet {
  const keySet = createIssuerDocument({
    ...options,
    name: 'key set',
    accept: 'application/jwk-set+json, application/json',
    parse: (json) => createLocalJWKSet(json as JSONWebKeySet),
  })
  return {
    async find(header, token) {
      const set = await keySet.get()
      try {
        return await set.value(header, token)
      } catch (error) {
        const isOldEnough = set.getAgeMs() >= refetchCoolDownMs
        if (!(error instanceof errors.JWKSNoMatchingKey) || !isOldEnough) throw error
        // The issuer may sign with a new key. While it is unavailable, that key stays unknown.
        return (await keySet.tryRefresh()).value(header, token)
      }
    },
    async refresh() {
      await keySet.refresh()
    },
    close: keySet.close,
  }
}
