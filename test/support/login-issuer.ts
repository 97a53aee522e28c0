import { createHash, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { audience, type Issuer, startIssuer } from './token-issuer.ts'

/** An OpenID Connect issuer whose user is logged in already: it answers an authorization request at once. */
export type LoginIssuer = AsyncDisposable & {
  readonly keys: Issuer
  /** Issuer identifier, and base URL of its endpoints. */
  readonly url: string
  /** Lifetime of the next access tokens in seconds. */
  tokenLifetime: number
  /** URL of the token endpoint. */
  readonly tokenEndpoint: string
  /** If not `null`, the next logins are refused with this description. */
  refusal: string | null
}

export const clientId = 'dashboard'

type Grant = { readonly challenge: string; readonly nonce: string; readonly redirectUri: string }

/** Starts an issuer. The token endpoint has an origin of its own if `hasTokenServer` is `true`. */
export async function startLoginIssuer({ hasTokenServer = false } = {}): Promise<LoginIssuer> {
  const keys = await startIssuer()
  const grants = new Map<string, Grant>()

  function authorize(parameters: URLSearchParams): string {
    const read = (name: string) => parameters.get(name) ?? ''
    const response = new URL(read('redirect_uri'))
    response.searchParams.set('state', read('state'))
    const isValid =
      read('response_type') === 'code' &&
      read('client_id') === clientId &&
      read('code_challenge_method') === 'S256'
    if (!isValid || issuer.refusal !== null) {
      response.searchParams.set('error', 'access_denied')
      response.searchParams.set('error_description', issuer.refusal ?? 'The request is invalid.')
      return response.href
    }
    const code = randomUUID()
    grants.set(code, {
      challenge: read('code_challenge'),
      nonce: read('nonce'),
      redirectUri: read('redirect_uri'),
    })
    response.searchParams.set('code', code)
    return response.href
  }

  async function exchange(request: IncomingMessage): Promise<object | null> {
    const parameters = new URLSearchParams(await text(request))
    const code = parameters.get('code') ?? ''
    const grant = grants.get(code)
    grants.delete(code)
    const challenge = createHash('sha256')
      .update(parameters.get('code_verifier') ?? '')
      .digest('base64url')
    if (grant?.challenge !== challenge || grant.redirectUri !== parameters.get('redirect_uri')) return null
    return {
      token_type: 'Bearer',
      access_token: await keys.sign(
        { iss: issuer.url, aud: audience, scope: 'read write events' },
        { expiresIn: issuer.tokenLifetime },
      ),
      id_token: await keys.sign({ iss: issuer.url, aud: clientId, nonce: grant.nonce }),
    }
  }

  const handleRequest: RequestListener = async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', issuer.url)
    if (pathname === '/authorize') {
      response.writeHead(302, { location: authorize(searchParams) }).end()
      return
    }
    const body =
      pathname === '/token' && request.headers.host === new URL(issuer.tokenEndpoint).host
        ? await exchange(request)
        : {
            issuer: issuer.url,
            authorization_endpoint: `${issuer.url}/authorize`,
            token_endpoint: issuer.tokenEndpoint,
            id_token_signing_alg_values_supported: ['ES256'],
          }
    response.writeHead(body === null ? 400 : 200, {
      'content-type': 'application/json',
      'access-control-allow-origin': '*',
    })
    response.end(JSON.stringify(body ?? { error: 'invalid_grant' }))
  }
  const server = createServer(handleRequest)
  const tokenServer = hasTokenServer ? createServer(handleRequest) : server
  const servers = new Set([server, tokenServer])
  for (const each of servers) await once(each.listen(0, '127.0.0.1'), 'listening')

  const issuer: LoginIssuer = {
    keys,
    url: getUrl(server),
    tokenEndpoint: `${getUrl(tokenServer)}/token`,
    tokenLifetime: 300,
    refusal: null,
    async [Symbol.asyncDispose]() {
      await keys[Symbol.asyncDispose]()
      for (const each of servers) {
        each.closeAllConnections()
        await once(each.close(), 'close')
      }
    },
  }
  return issuer
}

const getUrl = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
