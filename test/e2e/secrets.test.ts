import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openApiKeyStore } from '../../src/auth/api-keys/open-api-key-store.ts'
import { scopes } from '../../src/auth/viewer.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { freePort, type GatewayProcess, startGatewayProcess } from '../support/gateway-process.ts'
import { callSandbox } from '../support/sandbox-client.ts'
import { subscribe } from '../support/subscriber.ts'
import { audience, type Issuer, issuerName, startIssuer } from '../support/token-issuer.ts'
import { sendWebhook } from '../support/webhook-storm.ts'

const webhookSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

// Runs a gateway in its own process at LOG_LEVEL=trace, with many requests and failures. Then searches its logs, its files and its error
// responses for secrets.

let sandbox: Sandbox
let issuer: Issuer
let folder: string
let gateway: GatewayProcess
/** Secrets by description. */
const secrets = new Map<string, string>()
/** Texts of rejections and errors, which must contain no secrets. */
const answers: string[] = []

beforeAll(async () => {
  sandbox = await startSandbox({ port: 0, activity: false, issueDelayMs: 0 })
  issuer = await startIssuer()
  folder = await mkdtemp(join(tmpdir(), 'latchkey-secrets-'))
  const keys = await openApiKeyStore({
    redisUrl: null,
    dataDir: folder,
    workspaceId: async () => sandbox.workspaceId,
  })
  for (const name of ['staff', 'leaver']) secrets.set(name, (await keys.create({ name, scopes })).key)
  await keys.close()
  secrets.set("Seam's API key", sandbox.apiKey)
  secrets.set('the webhook secret', webhookSecret)
  secrets.set('the webhook secret without its prefix', webhookSecret.slice('whsec_'.length))
  gateway = await startGatewayProcess({
    PORT: await freePort(),
    DATA_DIR: folder,
    LOG_LEVEL: 'trace',
    SEAM_API_KEY: sandbox.apiKey,
    SEAM_ENDPOINT: sandbox.url,
    SEAM_WEBHOOK_SECRET: webhookSecret,
    AUTH_JWKS_URL: issuer.url,
    AUTH_ISSUER: issuerName,
    AUTH_AUDIENCE: audience,
    RECONCILE_SECONDS: '1',
    LIMIT_SUBSCRIPTIONS: '1',
    WEBHOOK_INTERNAL_HOSTS: '127.0.0.1:9',
  })
  await useGateway()
}, 120_000)
afterAll(async () => {
  await gateway.kill()
  await sandbox.close()
  await issuer[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

async function post(
  body: unknown,
  credential: string,
  headers: Record<string, string> = {},
): Promise<string> {
  const response = await fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${credential}`, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  const text = await response.text()
  const { errors } = JSON.parse(text) as { errors?: unknown }
  if (!response.ok) answers.push(text, JSON.stringify([...response.headers]))
  else if (errors !== undefined) answers.push(JSON.stringify(errors))
  return text
}

async function useGateway(): Promise<void> {
  const staff = secrets.get('staff') ?? ''
  const token = await issuer.sign({ scope: scopes.join(' '), nonce: randomUUID() })
  const spent = await issuer.sign({ scope: 'read' }, { expiresIn: -60 })
  const forged = `${token.slice(0, -6)}AAAAAA`
  for (const [name, text] of Object.entries({ token, spent, forged })) {
    secrets.set(name, text)
    secrets.set(`${name}'s claims`, text.split('.')[1] ?? '')
    secrets.set(`${name}'s signature`, text.split('.')[2] ?? '')
  }

  // Viewers with codes:read see PINs.
  const pins =
    '{ acsCredentials(first: 100) { nodes { code codeState entrances(first: 5) { nodes { id } } acsUser { fullName } } } }'
  const shown = [await post({ query: pins }, staff), await post({ query: pins }, token)]
  for (const [, pin = ''] of shown.join('').matchAll(/"code":"(\d+)"/g)) secrets.set(`the PIN ${pin}`, pin)

  // Starts a login to Latch in a Connect Webview.
  const { connect_webview } = await callSandbox<{
    connect_webview: { url: string; connect_webview_id: string }
  }>({ sandbox }, 'connect_webviews/create', { accepted_providers: ['latch'] })
  const auth = new URL(connect_webview.url).searchParams.get('auth_token') ?? ''
  secrets.set("a webview's token", auth)
  const webview = { query: 'query W($id: ID!) { connectWebview(id: $id) { url status } }' }
  const variables = { id: connect_webview.connect_webview_id }
  expect(await post({ ...webview, variables }, staff)).toContain(auth)

  await createWebhookEndpoints(staff)
  await executeMutations(staff)
  await sendInvalidRequests(staff, [spent, forged, `${staff}x`, secrets.get('leaver') ?? ''])
  await subscribeAndSendWebhooks([staff, token])
  await letSeamFail(staff, { ...webview, variables })
}

type User = {
  readonly id: string
  readonly userIdentity: object | null
  readonly accessibleEntrances: { readonly nodes: readonly { readonly id: string }[] }
}

/** Executes mutations whose payloads contain secrets, and collects those. */
async function executeMutations(staff: string): Promise<void> {
  const users =
    '{ acsUsers(first: 20) { nodes { id userIdentity { id } accessibleEntrances(first: 1) { nodes { id } } } } }'
  const { data } = JSON.parse(await post({ query: users }, staff)) as {
    data: { acsUsers: { nodes: User[] } }
  }
  const user = data.acsUsers.nodes.find((each) => each.userIdentity !== null)
  const change = (mutation: string, type: string, shown: string, input: object) =>
    post(
      {
        query: `mutation($input: ${type}!) { ${mutation}(input: $input) { ${shown} userErrors { message } } }`,
        variables: { input: { ...input, idempotencyKey: mutation } },
      },
      staff,
    )
  const acsUserId = user?.id
  const acsEntranceId = user?.accessibleEntrances.nodes[0]?.id
  const session = await change('createClientSession', 'CreateClientSessionInput', 'token', { acsUserId })
  const webview = await change(
    'createConnectWebview',
    'CreateConnectWebviewInput',
    'connectWebview { url }',
    {},
  )
  const code = await change('issueCode', 'IssueCodeInput', 'acsCredential { code }', {
    acsUserId,
    acsEntranceId,
  })
  secrets.set("a client session's token", /"token":"([^"]+)"/.exec(session)?.[1] ?? '')
  secrets.set("a new webview's token", /auth_token=([^"&]+)/.exec(webview)?.[1] ?? '')
  secrets.set('the PIN that was issued', /"code":"(\d+)"/.exec(code)?.[1] ?? '')
}

/** Creates webhook endpoints, one of them with an address on which no server listens. */
async function createWebhookEndpoints(staff: string): Promise<void> {
  const address = randomUUID()
  secrets.set("the token in a partner's address", address)
  const create = (url: string) =>
    post(
      {
        query:
          'mutation($url: URL!) { createWebhookEndpoint(input: { url: $url }) { secret userErrors { message } } }',
        variables: { url },
      },
      staff,
    )
  const made = await create(`http://127.0.0.1:9/?token=${address}`)
  secrets.set("a partner's webhook secret", /"secret":"(whsec_[^"]+)"/.exec(made)?.[1] ?? '')
  answers.push(await create(`https://127.0.0.1/?token=${address}`))
}

/** Sends invalid requests, and requests with invalid credentials. */
async function sendInvalidRequests(staff: string, others: readonly string[]): Promise<void> {
  for (const credential of others) await post({ query: '{ viewer { name } }' }, credential)
  for (const body of ['{', '[]', '{"query":"{"}', '{"query":"{ nothing }"}', 'x'.repeat(300_000)])
    await post(body, staff)
  await post({ query: 'query($id: ID!) { acsUser(id: $id) { id } }', variables: { id: staff } }, 'nobody')
  await post({ query: '{ changes(after: "x") { totalCount } }' }, staff, { 'latchkey-after': 'x' })
  for (const path of [
    `/graphql?query={viewer{name}}&authorization=${staff}`,
    `/metrics?key=${staff}`,
    '/readyz',
  ]) {
    const response = await fetch(`${gateway.url}${path}`, { headers: { 'x-request-id': 'mine' } })
    answers.push(await response.text())
  }
}

/** Subscribes with each credential, and sends webhooks with valid and invalid signatures. */
async function subscribeAndSendWebhooks(credentials: readonly string[]): Promise<void> {
  const query = 'subscription { changes { cursor changes { id kind } } }'
  const feeds = credentials.map((credential) =>
    subscribe<{ changes: { changes: object[] } }>(gateway.wsUrl, query, {}, credential),
  )
  await Promise.all(feeds.map((feed) => feed.next()))
  const [pin] = [...secrets].find(([name]) => name.startsWith('the PIN')) ?? []
  const body = JSON.stringify({
    event_id: randomUUID(),
    event_type: 'acs_credential.issued',
    workspace_id: sandbox.workspaceId,
    acs_credential_id: sandbox.ids().acsCredentialIds[0],
    created_at: new Date().toISOString(),
    occurred_at: new Date().toISOString(),
    code: secrets.get(pin ?? ''),
  })
  expect((await sendWebhook(gateway.url, webhookSecret, randomUUID(), body)).status).toBe(204)
  await Promise.all(feeds.map((feed) => feed.until((batch) => batch.changes.changes.length > 0)))
  const other = 'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
  const refused = [
    await sendWebhook(gateway.url, other, randomUUID(), body),
    await sendWebhook(gateway.url, webhookSecret, randomUUID(), '{'),
  ]
  for (const response of refused) answers.push(await response.text())
  // LIMIT_SUBSCRIPTIONS allows one subscription per API key.
  const second = subscribe(gateway.wsUrl, query, {}, credentials[0])
  answers.push(JSON.stringify(await second.next().catch((error: unknown) => error)))
  await Promise.all([...feeds, second].map((feed) => feed.close()))
}

async function letSeamFail(staff: string, asked: object): Promise<void> {
  for (const kind of ['status', 'reset', 'malformed'] as const) {
    sandbox.addFault({ kind, route: '*', probability: 1 } as never)
    await queryUncached(asked, staff)
    sandbox.clearFaults()
  }
  sandbox.addFault({
    kind: 'status',
    status: 401,
    route: '*',
    body: 'json',
    when: 'before',
    probability: 1,
  } as never)
  await queryUncached(asked, staff)
  sandbox.clearFaults()
}

/** Sends queries that the catalog cannot answer without Seam. */
async function queryUncached(asked: object, staff: string): Promise<void> {
  await post(asked, staff)
  const query =
    'query($id: ID!) { acsCredential(id: $id) { code } userIdentity(id: $id) { id } acsEntrance(id: $id) { id } }'
  await post({ query, variables: { id: randomUUID() } }, staff)
}

const keptInStore = ["a partner's webhook secret", "the token in a partner's address"]

/** Returns whether a text contains a secret. The digits of a PIN count only as a separate word, since other numbers may contain them. */
function containsSecret(text: string, secret: string): boolean {
  if (!/^\d+$/.test(secret)) return secret !== '' && text.includes(secret)
  return new RegExp(`(?<![\\w.:+-])${secret}(?![\\w.:+-])`).test(text)
}

const foundIn = (text: string) =>
  [...secrets].filter(([, secret]) => containsSecret(text, secret)).map(([name]) => name)

describe('secrets', () => {
  it('should have been collected by this test', () => {
    expect([...secrets.keys()].filter((name) => name.startsWith('the PIN')).length).toBeGreaterThan(5)
    expect([...secrets.values()].every((secret) => secret.length >= 4)).toBe(true)
    expect(gateway.output().split('\n').length).toBeGreaterThan(20)
    expect(answers.length).toBeGreaterThan(15)
  })

  it('should be in no rejection and no error', () => {
    for (const answer of answers) expect(foundIn(answer), answer.slice(0, 200)).toEqual([])
  })

  it('should not be in the output of the process', async () => {
    const gone = once(gateway.child, 'exit')
    gateway.child.kill('SIGTERM')
    await gone
    for (const line of gateway.output().split('\n')) expect(foundIn(line), line.slice(0, 300)).toEqual([])
  }, 30_000)

  it('should be in no file of the process', async () => {
    const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((file) =>
      file.isFile(),
    )
    expect(files.length).toBeGreaterThan(1)
    for (const file of files) {
      const bytes = await readFile(join(file.parentPath, file.name))
      // The gateway must store the secrets with which it signs, beside the signing keys of cursors.
      const kept = file.name.startsWith('journal-') ? keptInStore : []
      const found = foundIn(bytes.toString('latin1')).filter((name) => !kept.includes(name))
      expect(found, file.name).toEqual([])
    }
  })
})
