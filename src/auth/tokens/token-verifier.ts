import { errors, type JWTPayload, type JWTVerifyResult, jwtVerify } from 'jose'
import type { Viewer } from '../viewer.ts'
import { InvalidClaim, readViewer } from './claims.ts'
import { IssuerUnavailable } from './issuer-document.ts'
import { createIssuerKeySet } from './issuer-key-set.ts'

/** Verifies JSON Web Tokens (RFC 7519) of one issuer. */
export type TokenVerifier = {
  /**
   * Returns the viewer of a token, or `null` if the token is invalid. Rejects with `TokenExpired` for an expired token, and with
   * `IssuerUnavailable` if it cannot be verified now.
   */
  verify(token: string): Promise<Viewer | null>
  close(): void
}

/** The token has expired; the client should send a fresh one. */
export class TokenExpired extends Error {
  override readonly name = 'TokenExpired'
  readonly code = 'CREDENTIAL_EXPIRED'

  constructor() {
    super('The token has expired. Come back with a fresh one.')
  }
}

export type TokenVerifierOptions = {
  readonly jwksUrl: string
  readonly issuer: string
  readonly audience: string
  /** Receives why tokens are refused; never the token itself. */
  readonly log: { debug(fields: object, message: string): void; warn(fields: object, message: string): void }
  readonly now?: () => number
}

/** Asymmetric algorithms only: with a shared secret, everybody who can verify a token could create one. */
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

/** Other types of tokens of the same issuer, such as logout tokens, have the same signatures and another meaning (RFC 8725, 3.11). */
const acceptedTypes = new Set([undefined, 'jwt', 'at+jwt', 'application/at+jwt'])

/** Maximum length of a token. */
const maxTokenLength = 8 * 1024
/** Tolerated difference of the issuer's clock for `nbf`. `exp` has no tolerance. */
const clockToleranceSeconds = 60

/** Maximum number of keys that are tried if several match a token's header. */
const maxKeysToTry = 16

export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const { issuer, audience, log, now = Date.now } = options
  const issuerKeys = createIssuerKeySet({
    url: options.jwksUrl,
    now,
    onFailure: (error) =>
      log.warn({ err: error }, 'tokens are checked with the keys that are known, if any are'),
  })
  // Fetched at the start, so that the first token does not wait. A failure was reported already.
  issuerKeys.refresh().catch(() => undefined)

  async function verifySignature(token: string): Promise<JWTVerifyResult> {
    const checks = {
      algorithms,
      issuer,
      audience,
      requiredClaims: ['sub', 'exp'],
      clockTolerance: clockToleranceSeconds,
      currentDate: new Date(now()),
    }
    try {
      return await jwtVerify(token, issuerKeys.find, checks)
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error
      // A set can contain one key twice, or two keys with one `kid`: each matching key is tried.
      let tried = 0
      for await (const key of error) {
        if (++tried > maxKeysToTry) break
        const verified = await jwtVerify(token, key, checks).catch((reason: unknown) => {
          if (reason instanceof errors.JWSSignatureVerificationFailed) return null
          throw reason
        })
        if (verified !== null) return verified
      }
      throw new errors.JWSSignatureVerificationFailed()
    }
  }

  async function readClaims(token: string): Promise<JWTPayload> {
    const { payload, protectedHeader } = await verifySignature(token)
    if (!acceptedTypes.has(protectedHeader.typ?.toLowerCase()))
      throw new InvalidClaim('typ is not that of a token.')
    return payload
  }

  return {
    async verify(token) {
      if (token.length > maxTokenLength) return null
      try {
        const viewer = readViewer(await readClaims(token))
        if (Date.parse(viewer.expiresAt ?? '') <= now()) throw new TokenExpired()
        return viewer
      } catch (error) {
        if (error instanceof TokenExpired || error instanceof IssuerUnavailable) throw error
        // jose checks the time last, after everything else was valid.
        if (error instanceof errors.JWTExpired) throw new TokenExpired()
        log.debug({ reason: describeRefusal(error) }, 'a token was refused')
        return null
      }
    },
    close: issuerKeys.close,
  }
}

/** Describes the reason without content of the token: jose's codes and names of claims. */
function describeRefusal(error: unknown): string {
  if (error instanceof errors.JWTClaimValidationFailed) return `${error.code}: ${error.claim}`
  if (error instanceof errors.JOSEError) return error.code
  return error instanceof InvalidClaim ? error.message : (error as Error).name
}
