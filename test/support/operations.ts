import { randomUUID } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import type { Deployment } from './deployment.ts'
import { askMany, openMany, type Payload, type RawRequest, requestMany, type Tally } from './pipeline.ts'
import { createUnsignedToken } from './token-issuer.ts'

export const times = 10_000
/** The number of unknown ids that a collection of the catalog keeps (`absentKept`). */
export const absentAtMost = 10_000
/** The number of ids of deleted objects that a collection of the catalog keeps (`tombstonesKept`). */
export const tombstonesAtMost = 100_000
/** The number of repetitions after which everything is loaded and compiled. */
const few = 10

/** One kind of operation. */
export type Operation = {
  readonly what: string
  /** Runs the operation `count` times, numbered from `from` on, each with different texts. Returns the number of answers of each kind. */
  run(deployment: Deployment, count: number, from: number): Promise<Tally>
  /** The answers to `times` operations. */
  readonly expected: Tally
  /** The number of operations after which the state that they leave has reached its bound. */
  readonly full: number
}

const json = { 'content-type': 'application/json' }
export const urlOf = ({ urls: [url = ''] }: Deployment): string => url
export const bearer = (key: string) => ({ authorization: `Bearer ${key}` })
const queryPath = (query: string, variables = {}): string =>
  `/graphql?query=${encodeURIComponent(query)}&variables=${encodeURIComponent(JSON.stringify(variables))}`

/** Creates an operation over one WebSocket; a message counts as `each` operations, and the last answer to it has the type `end`. */
function overWebSocket(
  what: string,
  payload: (n: number) => Payload,
  { each = 1, full = few, end = 'complete' }: { each?: number; full?: number; end?: string } = {},
): Operation {
  return {
    what,
    full,
    expected: { [end]: times / each },
    run: (deployment, count, from) =>
      askMany(deployment.wsUrls[0] ?? '', deployment.key, Math.ceil(count / each), (index) =>
        payload(from + index),
      ),
  }
}

/** Creates an operation over HTTP. */
function overHttp(
  what: string,
  status: number,
  request: (deployment: Deployment, n: number) => RawRequest,
): Operation {
  return {
    what,
    full: few,
    expected: { [status]: times },
    run: (deployment, count, from) =>
      requestMany(urlOf(deployment), count, (index) => request(deployment, from + index)),
  }
}

const ten = Array.from({ length: 10 }, (_, index) => index)
const aliases = (text: (index: number) => string): string => ten.map(text).join(' ')

/** Returns a hundred random ids. */
const idsOf = (type: string): string[] =>
  Array.from({ length: 100 }, () => Buffer.from(`${type}:${randomUUID()}`).toString('base64url'))

const eventTypes = [
  ...['issued', 'reissued', 'invalidated', 'deleted'].map((kind) => `acs_credential.${kind}`),
  ...['acs_user.created', 'acs_user.deleted', 'acs_entrance.added', 'acs_entrance.removed'],
  ...['acs_system.connected', 'acs_system.disconnected', 'connected_account.deleted'],
  ...['connect_webview.login_failed', 'access_grant.access_granted_to_door', 'lock.locked'],
]

/** Creates a webhook about unknown objects. */
function webhook({ secret, sandbox }: Deployment, eventType: string, isSigned = true): RawRequest {
  const id = randomUUID()
  const now = new Date()
  const body = JSON.stringify({
    event_id: id,
    event_type: eventType,
    workspace_id: sandbox.workspaceId,
    acs_system_id: randomUUID(),
    acs_user_id: randomUUID(),
    acs_credential_id: randomUUID(),
    acs_entrance_id: randomUUID(),
    connected_account_id: randomUUID(),
    connect_webview_id: randomUUID(),
    created_at: now.toISOString(),
    occurred_at: now.toISOString(),
  })
  const headers = {
    ...json,
    'svix-id': `msg_${id}`,
    'svix-timestamp': `${Math.floor(now.getTime() / 1000)}`,
    'svix-signature': isSigned ? new Webhook(secret).sign(`msg_${id}`, now, body) : 'v1,bm9ib2R5',
  }
  return { method: 'POST', path: '/webhooks/seam', headers, body }
}

const watch = 'subscription Watch($user: ID) { userChanges(filter: { acsUserId: $user }) { cursor } }'
const watchAll = 'subscription WatchAll { changes { cursor } }'
const createIdentity =
  'mutation Create($input: CreateUserIdentityInput!) { createUserIdentity(input: $input) { userErrors { code } } }'
const suspend =
  'mutation Suspend($input: SuspendAcsUserInput!) { suspendAcsUser(input: $input) { userErrors { code } } }'

/** Creates a WebSocket frame with the `connection_init` message, masked with zeros. */
function initialisation(key: string): Buffer {
  const text = JSON.stringify({ type: 'connection_init', payload: bearer(key) })
  return Buffer.concat([
    Buffer.from([0x81, 0xfe, text.length >> 8, text.length & 0xff, 0, 0, 0, 0]),
    Buffer.from(text),
  ])
}
const upgrade = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'sec-websocket-protocol': 'graphql-transport-ws',
}

/** Every kind of cheap operation. All texts, ids, API keys and tokens are new each time, unless the name says otherwise. */
export const operations: readonly Operation[] = [
  overWebSocket('documents', (n) => ({ query: `{ a${n}: __typename }` })),
  overWebSocket('documents with syntax errors', (n) => ({ query: `{ a${n} ` }), {
    full: 2_100,
    end: 'error',
  }),
  overWebSocket('invalid documents', (n) => ({ query: `{ a${n} }` }), { full: 2_100, end: 'error' }),
  overWebSocket('unknown trusted documents', (n) => ({ documentId: `sha256:${n}` }), { end: 'error' }),
  overWebSocket('variables', (n) => ({
    query: 'query Q($id: ID!) { acsUser(id: $id) { id } }',
    variables: { id: `not an id ${n}` },
  })),
  overWebSocket(
    'searches',
    (n) => ({
      query: `query Q(${aliases((i) => `$s${i}: String`)}) { ${aliases((i) => `a${i}: acsUsers(first: 1, filter: { search: $s${i} }) { totalCount }`)} }`,
      variables: Object.fromEntries(ten.map((i) => [`s${i}`, `nobody ${n} ${i}`])),
    }),
    { each: 10 },
  ),
  overWebSocket(
    'cursors',
    (n) => ({
      query: `query Q(${aliases((i) => `$c${i}: String`)}) { ${aliases((i) => `a${i}: changes(first: 1, after: $c${i}) { nodes { kind } } b${i}: acsUsers(after: $c${i}) { totalCount }`)} }`,
      variables: Object.fromEntries(ten.map((i) => [`c${i}`, `nothing-${n}-${i}`])),
    }),
    { each: 10 },
  ),
  overWebSocket(
    'unknown ids',
    () => ({
      query:
        'query Q($a: [ID!]!, $b: [ID!]!, $c: [ID!]!) { a: nodes(ids: $a) { id } b: nodes(ids: $b) { id } c: nodes(ids: $c) { id } }',
      variables: { a: idsOf('UserIdentity'), b: idsOf('AcsEntrance'), c: idsOf('AcsUser') },
    }),
    { each: 100, full: absentAtMost },
  ),
  overWebSocket('subscriptions', () => ({ query: watch, variables: { user: randomUUID() } }), {
    full: 2_100,
    end: 'ended',
  }),
  overWebSocket(
    'subscriptions after invalid cursors',
    (n) => ({
      query: 'subscription Watch($after: Cursor) { changes(after: $after) { cursor } }',
      variables: { after: `nowhere-${n}` },
    }),
    { end: 'error' },
  ),
  overWebSocket('refused mutations', (n) => ({
    query: createIdentity,
    variables: { input: { fullName: '', idempotencyKey: `refused mutation ${n}` } },
  })),
  overWebSocket('mutations of unknown ids', (n) => ({
    query: suspend,
    variables: { input: { acsUserId: `nobody ${n}`, idempotencyKey: `mutation of nothing ${n}` } },
  })),
  overWebSocket('repeated mutations', () => ({
    query: createIdentity,
    variables: { input: { fullName: 'Ann Repeated', idempotencyKey: 'repeated mutation' } },
  })),
  overHttp('clients', 200, ({ key }, n) => ({
    path: queryPath('{ __typename }'),
    headers: {
      ...bearer(key),
      'x-forwarded-for': `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`,
      'x-request-id': `request-${n}`,
      'user-agent': `client ${n}`,
    },
  })),
  overHttp('origins', 403, ({ key }, n) => ({
    path: queryPath('{ __typename }'),
    headers: { ...bearer(key), origin: `https://origin-${n}.example.com` },
  })),
  overHttp('unknown API keys', 401, (_, n) => ({
    path: queryPath('{ __typename }'),
    headers: bearer(`lk_${n}_${randomUUID()}`),
  })),
  overHttp('invalid tokens', 401, (_, n) => ({
    path: queryPath('{ __typename }'),
    headers: bearer(createUnsignedToken({ alg: 'ES256', kid: `key-${n}` }, { sub: `${n}` }, 'bm9ib2R5')),
  })),
  overHttp('paths', 404, (_, n) => ({ path: `/path/${n}` })),
  overHttp('webhooks', 204, (deployment, n) => webhook(deployment, eventTypes[n % eventTypes.length] ?? '')),
  overHttp('webhooks about deleted ACS users', 204, (deployment) => webhook(deployment, 'acs_user.deleted')),
  overHttp('webhooks with a wrong signature', 401, (deployment) =>
    webhook(deployment, 'acs_user.deleted', false),
  ),
  {
    what: 'sockets',
    full: few,
    expected: { opened: times },
    run: (deployment, count) =>
      openMany(urlOf(deployment), count, () => ({ path: '/graphql', headers: upgrade }), {
        more: initialisation(deployment.key),
        until: 'connection_ack',
      }),
  },
  {
    what: 'event streams',
    full: few,
    expected: { opened: times },
    run: (deployment, count) =>
      openMany(
        urlOf(deployment),
        count,
        () => ({
          path: queryPath(watchAll),
          headers: { ...bearer(deployment.key), accept: 'text/event-stream' },
        }),
        { until: 'cursor":' },
      ),
  },
]

/** Costs a hundred times as much as the other operations. */
export const createIdentities: Operation = overWebSocket('mutations', (n) => ({
  query: createIdentity,
  variables: { input: { fullName: `Ann ${n}`, idempotencyKey: `mutation ${n}` } },
}))
