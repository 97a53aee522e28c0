import { errors, type JWTPayload, jwtVerify } from 'jose'
import { BadClaim, viewerOfClaims } from './claims.ts'
import { createIssuerKeys, IssuerUnavailable } from './issuer-keys.ts'
import type { Viewer } from './viewer.ts'

/** Lets in by JSON Web Tokens (RFC 7519) of one issuer. */
export type Tokens = {
  /**
   * The viewer of a token; `null` for one that isn't good. Rejects with `CredentialExpired` for one that was, and with
   * `IssuerUnavailable` while nobody can say.
   */
  read(token: string): Promise<Viewer | null>
  close(): void
}

/** It was good, and its time is over: its owner comes back with a fresh one. */
export class CredentialExpired extends Error {
  override readonly name = 'CredentialExpired'
  readonly code = 'CREDENTIAL_EXPIRED'

  constructor() {
    super('The token has expired. Come back with a fresh one.')
  }
}

export type TokensOptions = {
  readonly jwksUrl: string
  readonly issuer: string
  readonly audience: string
  /** Why tokens were refused; never the token itself. */
  readonly log: { debug(fields: object, message: string): void; warn(fields: object, message: string): void }
  readonly now?: () => number
}

/** Signatures that only the issuer can make. With a shared secret, whoever can check a token could make one. */
const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
]

/** Other tokens of the same issuer (of a logout, of an event) are signed alike and mean something else (RFC 8725, 3.11). */
const types = new Set([undefined, 'jwt', 'at+jwt', 'application/at+jwt'])

/** Who writes more than this into a token makes everybody's headers heavy. */
const lengthAtMost = 8 * 1024
/** A token may come from a clock that is this much ahead. An end is an end: no clock prolongs it. */
const skewSeconds = 60

export function createTokens(options: TokensOptions): Tokens {
  const { issuer, audience, log, now = Date.now } = options
  const keys = createIssuerKeys({
    url: options.jwksUrl,
    now,
    onFailure: (error) =>
      log.warn({ err: error }, 'tokens are checked with the keys that are known, if any are'),
  })
  // The first to come needn't wait for the keys then. That they can't be had is told by now.
  keys.refresh().catch(() => undefined)

  async function claimsOf(token: string): Promise<JWTPayload> {
    const { payload, protectedHeader } = await jwtVerify(token, keys.find, {
      algorithms,
      issuer,
      audience,
      requiredClaims: ['sub', 'exp'],
      clockTolerance: skewSeconds,
      currentDate: new Date(now()),
    })
    if (!types.has(protectedHeader.typ?.toLowerCase())) throw new BadClaim('typ is not that of a token.')
    return payload
  }

  return {
    async read(token) {
      if (token.length > lengthAtMost) return null
      try {
        const viewer = viewerOfClaims(await claimsOf(token))
        if (Date.parse(viewer.expiresAt ?? '') <= now()) throw new CredentialExpired()
        return viewer
      } catch (error) {
        if (error instanceof CredentialExpired || error instanceof IssuerUnavailable) throw error
        // jose checks the time last, when everything else about the token was good.
        if (error instanceof errors.JWTExpired) throw new CredentialExpired()
        log.debug({ reason: reasonOf(error) }, 'a token was refused')
        return null
      }
    },
    close: keys.close,
  }
}

/** Why, in words that hold nothing of the token: jose's codes and claims' names. */
function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTClaimValidationFailed) return `${error.code}: ${error.claim}`
  if (error instanceof errors.JOSEError) return error.code
  return error instanceof BadClaim ? error.message : (error as Error).name
}
