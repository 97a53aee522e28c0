import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose'

export const issuerName = 'https://id.example.com'
export const audience = 'latchkey'

/** An issuer of tokens: a server with a JSON Web Key Set (JWKS), and the private keys. */
export type Issuer = AsyncDisposable & {
  readonly url: string
  /** Returns the number of requests for the key set. */
  readonly asked: () => number
  /** Signs a token with the newest key. `expiresIn` is in seconds from now. */
  sign(claims?: JWTPayload, more?: { expiresIn?: number; kid?: string; header?: object }): Promise<string>
  /** Creates a new signing key. `drop` removes the older ones from the set; without `publish` the new one is not added. */
  rotate(options?: { drop?: boolean; publish?: boolean }): Promise<void>
  /** Adds public keys to the set, unchanged. */
  publish(...keys: readonly JWK[]): void
  /** Returns the current set. */
  published(): readonly JWK[]
  /** Sets the response to requests for the key set; `null` restores the set. */
  answer(status: number | null, body?: string): void
}

export async function startIssuer(alg = 'ES256'): Promise<Issuer> {
  const published: JWK[] = []
  let signing: { kid: string; key: CryptoKey }
  let keys = 0
  let asked = 0
  let instead: { status: number; body: string } | null = null

  async function rotate({ drop = false, publish = true }: { drop?: boolean; publish?: boolean } = {}) {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
    const kid = `key-${++keys}`
    if (drop) published.length = 0
    if (publish) published.push({ ...(await exportJWK(publicKey)), kid, alg, use: 'sig' })
    signing = { kid, key: privateKey }
  }
  await rotate()

  const server = createServer((_request, response) => {
    asked++
    const { status, body } = instead ?? { status: 200, body: JSON.stringify({ keys: published }) }
    response.writeHead(status, {
      'content-type': 'application/json',
      ...(status >= 300 && status < 400 ? { location: '/elsewhere' } : {}),
    })
    response.end(body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`,
    asked: () => asked,
    sign: (claims = {}, { expiresIn = 300, kid = signing.kid, header = {} } = {}) =>
      new SignJWT({ iss: issuerName, aud: audience, sub: 'ada', ...claims })
        .setProtectedHeader({ alg, kid, ...header })
        .setIssuedAt()
        .setExpirationTime(claims.exp ?? Math.floor(Date.now() / 1000) + expiresIn)
        .sign(signing.key),
    rotate,
    publish: (...keys) => void published.unshift(...keys),
    published: () => [...published],
    answer(status, body = '') {
      instead = status === null ? null : { status, body }
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Creates a token with this header and these claims, and an invalid signature. */
export function createUnsignedToken(header: object, claims: object, signature = ''): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part(header)}.${part(claims)}.${signature}`
}
