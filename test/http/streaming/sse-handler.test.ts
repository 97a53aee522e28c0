import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { authorizationHeader, type HttpFixture, startHttpFixture } from '../http-fixture.ts'

let gateway: HttpFixture
beforeEach(async () => {
  gateway = await startHttpFixture()
})
afterEach(() => gateway.stop())

type Event = { event: string; id: string | undefined; data: string }

/** Yields events as they arrive. */
async function subscribe(
  query: string,
  {
    headers = {},
    variables,
    method = 'POST',
    search: more = {},
  }: {
    headers?: Record<string, string>
    variables?: object
    method?: string
    search?: Record<string, string>
  } = {},
) {
  const search = new URLSearchParams({ query, variables: JSON.stringify(variables ?? {}), ...more })
  const request = httpRequest({
    host: '127.0.0.1',
    port: gateway.port,
    method,
    path: method === 'GET' ? `/graphql?${search}` : '/graphql',
    headers: {
      authorization: authorizationHeader,
      accept: 'text/event-stream',
      'content-type': 'application/json',
      ...headers,
    },
    agent: false,
  })
  request.on('error', () => {})
  request.end(method === 'GET' ? undefined : JSON.stringify({ query, variables }))
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  const events = eventsOf(response)
  return { response, request, next: async () => (await events.next()).value as Event | undefined }
}

async function* eventsOf(response: IncomingMessage): AsyncGenerator<Event> {
  let text = ''
  for await (const chunk of response) {
    text += chunk
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const fields = new Map(
        text
          .slice(0, end)
          .split('\n')
          .map((line) => line.split(/: ?(.*)/s) as [string, string]),
      )
      text = text.slice(end + 2)
      if (fields.has('event'))
        yield { event: fields.get('event') ?? '', id: fields.get('id'), data: fields.get('data') ?? '' }
    }
  }
}

const changes = 'subscription($after: String) { changes(after: $after) { cursor changes { kind } } }'

type Batch = { cursor: string; gap?: string | null; changes: { kind: string }[] }

const batchOf = (event: Event | undefined): Batch => JSON.parse(event?.data ?? '').data.changes
const kinds = (event: Event | undefined) => batchOf(event).changes.map(({ kind }) => kind)

test.each(['POST', 'GET'])(
  'a subscription by %s is a stream of next events with the cursor as id',
  async (method) => {
    const stream = await subscribe(changes, { method })
    expect(stream.response.headers['content-type']).toContain('text/event-stream')
    expect(stream.response.headers['x-accel-buffering']).toBe('no')
    const greeting = await stream.next()
    expect(greeting).toMatchObject({ event: 'next', id: batchOf(greeting).cursor })
    for (const kind of ['CREATED', 'DELETED'] as const) {
      await gateway.feed.publish(kind)
      const event = await stream.next()
      expect(event).toMatchObject({ event: 'next', id: batchOf(event).cursor })
      expect(kinds(event)).toEqual([kind])
    }
  },
)

test('Last-Event-ID wins over after', async () => {
  const first = await subscribe(changes)
  const { cursor: start } = batchOf(await first.next())
  await gateway.feed.publish('CREATED')
  const { cursor: middle } = batchOf(await first.next())
  await gateway.feed.publish('DELETED')
  const resumed = await subscribe(changes, { variables: { after: start } })
  expect(kinds(await resumed.next())).toEqual(['CREATED', 'DELETED'])
  const reconnected = await subscribe(changes, {
    variables: { after: start },
    headers: { 'last-event-id': middle },
  })
  expect(kinds(await reconnected.next())).toEqual(['DELETED'])
})

test('lastEventId in the query string resumes where the header is absent, and an empty one counts as absent', async () => {
  const first = await subscribe(changes)
  const { cursor: start } = batchOf(await first.next())
  await gateway.feed.publish('CREATED')
  const { cursor: middle } = batchOf(await first.next())
  await gateway.feed.publish('DELETED')
  const resume = async (search: Record<string, string>, headers: Record<string, string> = {}) => {
    const stream = await subscribe(changes, { method: 'GET', variables: { after: start }, search, headers })
    return kinds(await stream.next())
  }
  expect(await resume({ lastEventId: middle })).toEqual(['DELETED'])
  expect(await resume({ lastEventId: '' })).toEqual(['CREATED', 'DELETED'])
  expect(await resume({ lastEventId: start }, { 'last-event-id': middle })).toEqual(['DELETED'])
})

test('an event stream of a query has one next event and complete', async () => {
  const stream = await subscribe('{ viewer }')
  expect(await stream.next()).toMatchObject({ event: 'next', data: '{"data":{"viewer":"ada"}}' })
  expect(await stream.next()).toMatchObject({ event: 'complete', data: '' })
  expect(await stream.next()).toBeUndefined()
})

test('rejects a mutation by GET as an event stream', async () => {
  expect((await subscribe('mutation { add }', { method: 'GET' })).response.statusCode).toBe(405)
  expect(gateway.graph.executions.add).toBe(0)
})

describe('a subscription that cannot start is rejected with an HTTP status', () => {
  test.each([
    ['a syntax error', 'subscription {', {}, 'GRAPHQL_PARSE_FAILED'],
    ['an unknown field', 'subscription { nothing }', {}, 'GRAPHQL_VALIDATION_FAILED'],
    ['an invalid cursor', changes, { after: 'garbage' }, 'BAD_CURSOR'],
    ['invalid variables', changes, { after: 7 }, 'BAD_REQUEST'],
  ])('%s', async (_what, query, variables, code) => {
    const { response } = await subscribe(query, { variables })
    expect(response.statusCode).toBe(400)
    let text = ''
    for await (const chunk of response) text += chunk
    expect(JSON.parse(text).errors[0].extensions).toMatchObject({
      code,
      requestId: response.headers['x-request-id'],
    })
    expect(gateway.feed.hub.subscriberCount).toBe(0)
  })

  test('rejects a subscription if the client does not accept event streams', async () => {
    expect((await gateway.query(changes)).status).toBe(406)
  })
})

test('a disconnected reader is unsubscribed and leaves no state', async () => {
  const stream = await subscribe(changes)
  expect(gateway.server.openConnections.streams).toBe(1)
  stream.request.destroy()
  await gateway.feed.until(0)
  await gateway.feed.publish('CREATED')
  expect(gateway.server.openConnections.streams).toBe(0)
  expect(gateway.watched()).toBe(0)
})

test('a slow reader is skipped, receives a gap, and then later changes', async () => {
  const stream = await subscribe('subscription { changes { cursor gap changes { kind padding } } }')
  await stream.next()
  for (let count = 0; count < 60; count++) await gateway.publishAndWait('UPDATED')
  let event = await stream.next()
  while (batchOf(event).gap === null) event = await stream.next()
  expect(batchOf(event)).toMatchObject({ gap: 'TOO_SLOW', changes: [] })
  await gateway.feed.publish('DELETED')
  // The changes after the gap follow. The buffers of the operating system determine how many changes were skipped.
  event = await stream.next()
  while (batchOf(event).gap === 'TOO_SLOW' || kinds(event)[0] === 'UPDATED') event = await stream.next()
  expect(kinds(event)).toEqual(['DELETED'])
})

test('a stream without changes gets heartbeats', async () => {
  const quick = await startHttpFixture({ timing: { heartbeatIntervalMs: 5 } })
  const request = httpRequest({
    host: '127.0.0.1',
    port: quick.port,
    method: 'POST',
    path: '/graphql',
    headers: {
      authorization: authorizationHeader,
      accept: 'text/event-stream',
      'content-type': 'application/json',
    },
  })
  request.end(JSON.stringify({ query: changes }))
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  let text = ''
  for await (const chunk of response) {
    text += chunk
    if (text.endsWith('\n\n:\n\n:\n\n')) break
  }
  await quick.stop()
})

test('a revoked viewer receives an error and complete; for an expired one the stream only ends', async () => {
  const revoked = await subscribe(changes)
  await revoked.next()
  gateway.endViewers('revoked')
  expect((await revoked.next())?.data).toContain('UNAUTHENTICATED')
  expect((await revoked.next())?.event).toBe('complete')
  const expired = await subscribe(changes)
  await expired.next()
  gateway.endViewers('expired')
  expect(await expired.next()).toBeUndefined()
})

test('a drain ends the stream without completing it', async () => {
  const stream = await subscribe(changes)
  await stream.next()
  const drained = gateway.stop()
  expect(await stream.next()).toBeUndefined()
  await drained
  expect(gateway.feed.hub.subscriberCount).toBe(0)
})
