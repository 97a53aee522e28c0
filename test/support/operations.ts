import { randomUUID } from 'node:crypto'
import { Webhook } from 'svix'
import type { Deployment } from './deployment.ts'
import { askMany, openMany, type Payload, type RawRequest, requestMany, type Tally } from './pipeline.ts'
import { createUnsignedToken } from './token-issuer.ts'

export const times = 10_000
/** Ids of nothing that a collection of the catalog keeps (`absentKept`). */
export const absentAtMost = 10_000
/** Ids of deleted things that a collection of the catalog keeps (`tombstonesKept`). */
export const tombstonesAtMost = 100_000
/** Enough to have everything loaded and compiled. */
const few = 10

/** One kind of use. */
export type Operation = {
  readonly what: string
  /** Does it `count` times, with other texts for every number from `from` on. Answers how often which answer came. */
  run(deployment: Deployment, count: number, from: number): Promise<Tally>
  /** What the answers to `times` of it are. */
  readonly expected: Tally
  /** After how many of it whatever is kept of it has reached its bound. */
  readonly full: number
}

const json = { 'content-type': 'application/json' }
export const urlOf = ({ urls: [url = ''] }: Deployment): string => url
export const bearer = (key: string) => ({ authorization: `Bearer ${key}` })
const queryPath = (query: string, variables = {}): string =>
  `/graphql?query=${encodeURIComponent(query)}&variables=${encodeURIComponent(JSON.stringify(variables))}`

/** Asks over one WebSocket, `each` at a time; the last message about each is of the type `end`. */
function asked(
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

/** Asks over HTTP. */
function requested(
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

/** Ids in batches of a hundred. */
const idsOf = (type: string): string[] =>
  Array.from({ length: 100 }, () => Buffer.from(`${type}:${randomUUID()}`).toString('base64url'))

const eventTypes = [
  ...['issued', 'reissued', 'invalidated', 'deleted'].map((kind) => `acs_credential.${kind}`),
  ...['acs_user.created', 'acs_user.deleted', 'acs_entrance.added', 'acs_entrance.removed'],
  ...['acs_system.connected', 'acs_system.disconnected', 'connected_account.deleted'],
  ...['connect_webview.login_failed', 'access_grant.access_granted_to_door', 'lock.locked'],
]

/** A webhook about things that nobody has heard of before. */
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

/** A frame of a WebSocket with the first message, masked with zeros. */
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

/** Every kind of use that costs little. All texts, ids, keys and tokens are new each time, unless the name says otherwise. */
export const operations: readonly Operation[] = [
  asked('documents', (n) => ({ query: `{ a${n}: __typename }` })),
  asked('documents that are no GraphQL', (n) => ({ query: `{ a${n} ` }), { full: 2_100, end: 'error' }),
  asked('invalid documents', (n) => ({ query: `{ a${n} }` }), { full: 2_100, end: 'error' }),
  asked('unknown trusted documents', (n) => ({ documentId: `sha256:${n}` }), { end: 'error' }),
  asked('variables', (n) => ({
    query: 'query Q($id: ID!) { acsUser(id: $id) { id } }',
    variables: { id: `not an id ${n}` },
  })),
  asked(
    'searches',
    (n) => ({
      query: `query Q(${aliases((i) => `$s${i}: String`)}) { ${aliases((i) => `a${i}: acsUsers(first: 1, filter: { search: $s${i} }) { totalCount }`)} }`,
      variables: Object.fromEntries(ten.map((i) => [`s${i}`, `nobody ${n} ${i}`])),
    }),
    { each: 10 },
  ),
  asked(
    'cursors',
    (n) => ({
      query: `query Q(${aliases((i) => `$c${i}: String`)}) { ${aliases((i) => `a${i}: changes(first: 1, after: $c${i}) { nodes { kind } } b${i}: acsUsers(after: $c${i}) { totalCount }`)} }`,
      variables: Object.fromEntries(ten.map((i) => [`c${i}`, `nothing-${n}-${i}`])),
    }),
    { each: 10 },
  ),
  asked(
    'ids of nothing',
    () => ({
      query:
        'query Q($a: [ID!]!, $b: [ID!]!, $c: [ID!]!) { a: nodes(ids: $a) { id } b: nodes(ids: $b) { id } c: nodes(ids: $c) { id } }',
      variables: { a: idsOf('UserIdentity'), b: idsOf('AcsEntrance'), c: idsOf('AcsUser') },
    }),
    { each: 100, full: absentAtMost },
  ),
  asked('subscriptions', () => ({ query: watch, variables: { user: randomUUID() } }), {
    full: 2_100,
    end: 'ended',
  }),
  asked(
    'subscriptions from nowhere',
    (n) => ({
      query: 'subscription Watch($after: Cursor) { changes(after: $after) { cursor } }',
      variables: { after: `nowhere-${n}` },
    }),
    { end: 'error' },
  ),
  asked('refused mutations', (n) => ({
    query: createIdentity,
    variables: { input: { fullName: '', idempotencyKey: `refused mutation ${n}` } },
  })),
  asked('mutations of nothing', (n) => ({
    query: suspend,
    variables: { input: { acsUserId: `nobody ${n}`, idempotencyKey: `mutation of nothing ${n}` } },
  })),
  asked('repeated mutations', () => ({
    query: createIdentity,
    variables: { input: { fullName: 'Ann Repeated', idempotencyKey: 'repeated mutation' } },
  })),
  requested('clients', 200, ({ key }, n) => ({
    path: queryPath('{ __typename }'),
    headers: {
      ...bearer(key),
      'x-forwarded-for': `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`,
      'x-request-id': `request-${n}`,
      'user-agent': `client ${n}`,
    },
  })),
  requested('origins', 403, ({ key }, n) => ({
    path: queryPath('{ __typename }'),
    headers: { ...bearer(key), origin: `https://origin-${n}.example.com` },
  })),
  requested('API keys of nobody', 401, (_, n) => ({
    path: queryPath('{ __typename }'),
    headers: bearer(`lk_${n}_${randomUUID()}`),
  })),
  requested('tokens of nobody', 401, (_, n) => ({
    path: queryPath('{ __typename }'),
    headers: bearer(createUnsignedToken({ alg: 'ES256', kid: `key-${n}` }, { sub: `${n}` }, 'bm9ib2R5')),
  })),
  requested('paths', 404, (_, n) => ({ path: `/path/${n}` })),
  requested('webhooks', 204, (deployment, n) => webhook(deployment, eventTypes[n % eventTypes.length] ?? '')),
  requested('webhooks about users who were deleted', 204, (deployment) =>
    webhook(deployment, 'acs_user.deleted'),
  ),
  requested('webhooks that nobody signed', 401, (deployment) =>
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

/** Costs a hundred times what the others do. */
export const createIdentities: Operation = asked('mutations', (n) => ({
  query: createIdentity,
  variables: { input: { fullName: `Ann ${n}`, idempotencyKey: `mutation ${n}` } },
}))
