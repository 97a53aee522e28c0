import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { GraphQLError } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ApiKeyStoreUnavailable } from '../../src/auth/api-keys/api-key-store.ts'
import { JournalUnavailable } from '../../src/journal/journal.ts'
import { RedisUnavailable } from '../../src/redis/redis-connection.ts'
import { findInternalDetails } from '../support/internal-details.ts'
import { authorizationHeader, type HttpFixture, openSocket, startHttpFixture } from './http-fixture.ts'

const script = '9a5b1f0c3d2e4f6a7b8c9d0e1f2a3b4c5d6e7f80'
const failures: readonly (readonly [string, unknown])[] = [
  ['an unavailable Redis', new RedisUnavailable('Redis at 10.1.2.3:6379 does not answer.')],
  ['an unavailable journal', new JournalUnavailable('Redis at 10.1.2.3:6379 does not answer.')],
  [
    'a Redis key of another type',
    new JournalUnavailable(
      `Redis at redis.internal:6379 refused: WRONGTYPE Operation against a key holding the wrong kind of value script: ${script}, on @user_script:5.`,
    ),
  ],
  [
    'a replica',
    new JournalUnavailable("Redis at [fd00::1]:6379 refused: READONLY You can't write against a replica"),
  ],
  [
    'an unavailable API key store',
    new ApiKeyStoreUnavailable('The keys in /var/lib/latchkey/keys.db can not be read.'),
  ],
  [
    'a damaged file',
    new JournalUnavailable(
      "The journal /var/lib/latchkey/journal-w1.db can't be used: database disk image is malformed.",
    ),
  ],
  [
    'a full disk',
    Object.assign(new Error("ENOSPC: no space left on device, write '/var/lib/latchkey/journal.db'"), {
      code: 'ENOSPC',
    }),
  ],
  [
    'an error of another class with a known code',
    Object.assign(new Error('at 10.1.2.3:6379'), { code: 'IN_PROGRESS' }),
  ],
  [
    'a value that cannot be serialized',
    new GraphQLError('String cannot represent value: { host: "10.1.2.3:6379" }'),
  ],
  [
    'several errors',
    new AggregateError([new Error('connect ECONNREFUSED 10.1.2.3:6379')], 'at /srv/app/index.js:3:7'),
  ],
  ['a thrown string', 'thrown at /srv/app/index.js:3:7'],
]

let gateway: HttpFixture
beforeAll(async () => {
  gateway = await startHttpFixture()
})
afterAll(() => gateway.stop())

const headers = { authorization: authorizationHeader, 'content-type': 'application/json' }

async function eventsOf(query: string): Promise<string> {
  const target = { host: '127.0.0.1', port: gateway.port, method: 'POST', path: '/graphql', agent: false }
  const request = httpRequest({ ...target, headers: { ...headers, accept: 'text/event-stream' } })
  request.end(JSON.stringify({ query }))
  const [response] = await once(request, 'response')
  let text = ''
  for await (const chunk of response) text += chunk
  return text
}

async function socketOf(query: string): Promise<string> {
  const client = await openSocket(gateway)
  await client.initialise()
  client.send({ id: '1', type: 'subscribe', payload: { query } })
  const message = await client.receive()
  client.socket.terminate()
  return JSON.stringify(message)
}

const query = '{ fail }'
const subscription = 'subscription { changes { fail } }'
const ways: readonly (readonly [string, () => Promise<string>])[] = [
  ['POST', async () => (await gateway.query(query)).text],
  [
    'GET',
    async () => (await gateway.ask({ path: `/graphql?query=${encodeURIComponent(query)}`, headers })).text,
  ],
  ['events', () => eventsOf(query)],
  ['WebSocket', () => socketOf(query)],
  ['a subscription by events', () => eventsOf(subscription)],
  ['a subscription by WebSocket', () => socketOf(subscription)],
]

describe.each(ways)('by %s', (_way, ask) => {
  test.each(failures)(
    'an error reveals no internal details of %s, and is logged with the request id',
    async (_what, error) => {
      gateway.graph.thrown.error = error
      gateway.logged.length = 0
      const text = await ask()
      expect(findInternalDetails(text)).toEqual([])
      expect(text).toMatch(/"code":"(INTERNAL|JOURNAL_UNAVAILABLE)"/)
      const [, requestId] = /"requestId":"([^"]+)"/.exec(text) ?? []
      const line = gateway.logged.find((each) => each.includes(String(requestId)) && each.includes('"err"'))
      expect(line ?? '').toContain(error instanceof Error ? error.message.slice(0, 12) : '')
    },
  )
})

test('close reasons, /readyz and /healthz do not depend on the error', async () => {
  const failing = await startHttpFixture({
    authenticate: () => Promise.reject(new ApiKeyStoreUnavailable('Redis at 10.1.2.3:6379 does not answer.')),
    receiveSeamWebhook: () =>
      Promise.reject(new JournalUnavailable('Redis at 10.1.2.3:6379 does not answer.')),
    checkReadiness: () => ({ ok: true, checks: { journal: 'unavailable' } }),
  })
  try {
    const asked = [
      await failing.query('{ hello }'),
      await failing.ask({ path: '/metrics', headers }),
      await failing.ask({ path: '/schema.graphql', headers }),
      await failing.ask({ path: '/readyz' }),
      await failing.ask({ path: '/healthz' }),
      await failing.ask({ method: 'POST', path: '/webhooks/seam', body: '{}' }),
    ]
    for (const answer of asked)
      expect(findInternalDetails(answer.text + JSON.stringify(answer.headers))).toEqual([])
    const client = await openSocket(failing)
    client.send({ type: 'connection_init', payload: { authorization: authorizationHeader } })
    const { code, reason } = await client.closed
    expect(code).toBe(1013)
    expect(findInternalDetails(reason)).toEqual([])
  } finally {
    await failing.stop()
  }
})
