import type * as OAuth from 'oauth4webapi'
import { type Settings, settings } from '../settings.ts'
import { texts } from '../texts.ts'
import { signIn } from './session.ts'

/** Login with an account of the issuer: OpenID Connect authorization code flow with PKCE, as a public client. */

type Login = NonNullable<Settings['login']>

/** A login that was started in this tab. Its values prove that the response belongs to it. */
type PendingLogin = {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
  /** Address to return to. */
  readonly returnTo: string
}

const storageKey = 'latchkey.login'
const redirectUri = new URL('sign-in', document.baseURI).href
/** Loaded only when somebody logs in: most viewers have an API key. */
const loadLibrary = (): Promise<typeof OAuth> => import('oauth4webapi')

/** Whether the page was opened by the issuer with the response of a login. */
export function isLoginResponse(): boolean {
  const { origin, pathname, searchParams } = new URL(location.href)
  return (
    settings.login !== null &&
    origin + pathname === redirectUri &&
    (searchParams.has('code') || searchParams.has('error'))
  )
}

async function discover(library: typeof OAuth, login: Login): Promise<OAuth.AuthorizationServer> {
  const issuer = new URL(login.issuer)
  const response = await library.discoveryRequest(issuer, getRequestOptions(library, login))
  return library.processDiscoveryResponse(issuer, response)
}

/** The gateway accepts an issuer over http only on the same machine. */
function getRequestOptions(library: typeof OAuth, { issuer }: Login) {
  return { [library.allowInsecureRequests]: issuer.startsWith('http:') }
}

/** Leads to the issuer's login. Rejects if the issuer cannot be reached. */
export async function startLogin(login: Login): Promise<void> {
  const library = await loadLibrary()
  const server = await discover(library, login)
  if (server.authorization_endpoint === undefined)
    throw new Error('The issuer has no authorization endpoint.')
  const { origin, pathname, search } = location
  const pending: PendingLogin = {
    state: library.generateRandomState(),
    nonce: library.generateRandomNonce(),
    verifier: library.generateRandomCodeVerifier(),
    returnTo: origin + pathname === redirectUri ? document.baseURI : pathname + search,
  }
  sessionStorage.setItem(storageKey, JSON.stringify(pending))
  const url = new URL(server.authorization_endpoint)
  const parameters = {
    response_type: 'code',
    client_id: login.clientId,
    redirect_uri: redirectUri,
    scope: login.scope,
    audience: login.audience,
    state: pending.state,
    code_challenge: await library.calculatePKCECodeChallenge(pending.verifier),
    code_challenge_method: 'S256',
    ...(isOpenId(login) && { nonce: pending.nonce }),
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  location.assign(url)
}

/** Describes why a login failed, with the issuer's own words if there are any. */
export function describeLoginError(error: unknown): string {
  const { error_description: description, message } = error as {
    error_description?: string
    message?: string
  }
  return texts.signIn.loginFailed(description ?? message ?? String(error))
}

const isOpenId = ({ scope }: Login): boolean => scope.split(' ').includes('openid')

let finishing: Promise<void> | null = null

/** Exchanges the code in the address for an access token, signs in with it, and returns to the address before the login. */
export function finishLogin(login: Login): Promise<void> {
  finishing ??= exchangeCode(login)
  return finishing
}

async function exchangeCode(login: Login): Promise<void> {
  const parameters = new URL(location.href)
  const stored = sessionStorage.getItem(storageKey)
  sessionStorage.removeItem(storageKey)
  const pending = stored === null ? null : (JSON.parse(stored) as PendingLogin)
  // The code disappears from the address and the history before anything else happens.
  history.replaceState(null, '', pending?.returnTo ?? document.baseURI)
  if (pending === null) throw new Error(texts.signIn.loginLost)
  const library = await loadLibrary()
  const server = await discover(library, login)
  const client: OAuth.Client = { client_id: login.clientId }
  const response = await library.authorizationCodeGrantRequest(
    server,
    client,
    library.None(),
    library.validateAuthResponse(server, client, parameters, pending.state),
    redirectUri,
    pending.verifier,
    getRequestOptions(library, login),
  )
  const { access_token: value } = await library.processAuthorizationCodeResponse(server, client, response, {
    ...(isOpenId(login) && { expectedNonce: pending.nonce }),
  })
  signIn({ kind: 'token', value })
}
