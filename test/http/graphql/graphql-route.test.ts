import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { authorizationHeader, type HttpFixture, startHttpFixture } from '../http-fixture.ts'

let gateway: HttpFixture
beforeAll(async () => {
  gateway = await startHttpFixture()
})
afterAll(() => gateway.stop())

const firstError = (answer: Awaited<ReturnType<HttpFixture['query']>>) => answer.json.errors[0]

describe('a query', () => {
  test('by POST uses the variables and the named operation', async () => {
    const answer = await gateway.query('query A { viewer } query B($n: String) { hello(name: $n) }', {
      variables: { n: 'Ada' },
      operationName: 'B',
    })
    expect(answer.status).toBe(200)
    expect(answer.json).toEqual({ data: { hello: 'Hello Ada' } })
  })

  test('by GET is executed, but a mutation is rejected', async () => {
    const get = (query: string) =>
      gateway.ask({
        path: `/graphql?query=${encodeURIComponent(query)}&variables=${encodeURIComponent('{"n":"Ada"}')}`,
        headers: { authorization: authorizationHeader, accept: 'application/json' },
      })
    expect((await get('query($n: String) { hello(name: $n) }')).json).toEqual({
      data: { hello: 'Hello Ada' },
    })
    const refused = await get('mutation { add }')
    expect(refused.status).toBe(405)
    expect(gateway.graph.executions.add).toBe(0)
  })

  test('has the requested media type', async () => {
    const modern = await gateway.query('{ viewer }', {
      headers: { accept: 'application/graphql-response+json' },
    })
    expect(modern.headers['content-type']).toContain('application/graphql-response+json')
    const other = await gateway.query('{ viewer }', { headers: { accept: 'text/csv' } })
    expect(other.status).toBe(406)
  })

  test('a mutation by POST is executed once', async () => {
    expect((await gateway.query('mutation { add }')).json).toEqual({ data: { add: 1 } })
  })
})

describe('authentication', () => {
  test.each([
    ['no credential', {}],
    ['a wrong one', { authorization: 'Bearer nonsense' }],
    ['one in the query string', {}, '/graphql?authorization=Bearer%20key_of_ada&access_token=key_of_ada'],
  ])('%s is 401, also for introspection', async (_what, headers, path = '/graphql') => {
    const body = JSON.stringify({ query: '{ __schema { queryType { name } } }' })
    const answer = await gateway.ask({
      method: 'POST',
      path,
      body,
      headers: { 'content-type': 'application/json', ...(headers as Record<string, string>) },
    })
    expect(answer.status).toBe(401)
    expect(answer.headers['www-authenticate']).toBe('Bearer')
    expect(firstError(answer).extensions.code).toBe('UNAUTHENTICATED')
  })
})

describe('errors', () => {
  test('an unexpected one is masked, and logged in full under its request id', async () => {
    const answer = await gateway.query('{ boom }', { headers: { 'x-request-id': 'trace-1' } })
    expect(firstError(answer)).toMatchObject({
      message: 'Unexpected error',
      path: ['boom'],
      extensions: { code: 'INTERNAL', requestId: 'trace-1' },
    })
    expect(answer.text).not.toContain('hunter2')
    const line = gateway.logged.find((entry) => entry.includes('hunter2'))
    expect(line).toContain('trace-1')
  })

  test('an error of Seam keeps its message, its code and its Seam request id', async () => {
    expect(firstError(await gateway.query('{ seam }'))).toMatchObject({
      message: expect.stringMatching(/^Seam is silent\. Try again/),
      extensions: { code: 'SEAM_TIMEOUT', seamRequestId: 'r1' },
    })
  })

  test('a GraphQL error of a resolver is unchanged', async () => {
    expect(firstError(await gateway.query('{ refused }'))).toMatchObject({
      message: 'No such entrance.',
      extensions: { code: 'BAD_USER_INPUT' },
    })
  })

  test.each([
    ['a syntax error', '{ hello', 'GRAPHQL_PARSE_FAILED'],
    ['an unknown field', '{ nothing }', 'GRAPHQL_VALIDATION_FAILED'],
    ['a comment and no operation', '# nothing', 'GRAPHQL_PARSE_FAILED'],
  ])('%s has a location and the request id of its own request', async (_what, query, code) => {
    const [one, two] = [await gateway.query(query), await gateway.query(query)].map(firstError)
    // Exactly these: yoga's own extensions are internal.
    expect(one.extensions).toEqual({ code, requestId: expect.any(String) })
    expect(one.locations).toBeDefined()
    expect(two.extensions.requestId).not.toBe(one.extensions.requestId)
  })

  test('a response has a request id: that of the client if it is valid', async () => {
    const id = async (given: string) =>
      (await gateway.query('{ viewer }', { headers: { 'x-request-id': given } })).headers['x-request-id']
    expect(await id('abc-123')).toBe('abc-123')
    expect(await id('no spaces')).not.toBe('no spaces')
    expect(await id('x'.repeat(500))).toHaveLength(36)
  })
})

describe('bodies', () => {
  test.each(['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/plain', ''])(
    'a body that a foreign page could send unasked is not executed (%s)',
    async (type) => {
      const before = gateway.graph.executions.add
      const body = JSON.stringify({ query: 'mutation { add }' })
      const answer = await gateway.query('', { body, headers: { 'content-type': type } })
      expect(answer.status).toBe(415)
      expect(gateway.graph.executions.add).toBe(before)
    },
  )

  test('application/graphql+json and a charset are accepted', async () => {
    for (const type of ['application/graphql+json', 'application/json; charset=utf-8'])
      expect((await gateway.query('{ viewer }', { headers: { 'content-type': type } })).status).toBe(200)
  })

  test('one over 256 kB is rejected with 413, with or without content-length', async () => {
    const body = Buffer.alloc(300 * 1024, ' ')
    const declared = await gateway.query('', { body, headers: { 'content-length': String(body.length) } })
    const chunked = await gateway.query('', { body, headers: { 'transfer-encoding': 'chunked' } })
    for (const answer of [declared, chunked]) {
      expect(answer.status).toBe(413)
      expect(firstError(answer).extensions.code).toBe('PAYLOAD_TOO_LARGE')
    }
  })

  test.each([
    'nonsense',
    '[]',
    '[{"query":"{ viewer }"}]',
    'null',
    '7',
    '{}',
    '{"query":""}',
    '{"query":7}',
    '{"query":"{ viewer }","variables":[]}',
    '{"query":"{ viewer }","operationName":{}}',
  ])('%s is a 400 with GraphQL errors', async (body) => {
    const answer = await gateway.query('', { body })
    expect(answer.status).toBe(400)
    expect(firstError(answer).extensions.code).toBe('BAD_REQUEST')
  })
})

describe('documents above the limits', () => {
  test.each([
    ['tokens', `{ ${'viewer '.repeat(5_000)} }`],
    ['nesting', `{ list(of: ${'['.repeat(3_000)}${']'.repeat(3_000)}) }`],
  ])('are rejected for their %s', async (limit, query) => {
    expect(firstError(await gateway.query(query))).toMatchObject({
      message: expect.stringContaining(`its ${limit} may`),
      extensions: { code: 'DOCUMENT_TOO_LARGE' },
    })
  })

  test('a fragment that spreads itself is rejected, and other requests are served', async () => {
    const answer = await gateway.query('{ node { ...A } } fragment A on Node { next { ...A } }')
    expect(firstError(answer).extensions.code).toBe('GRAPHQL_VALIDATION_FAILED')
  })

  test('the introspection of a whole graph is within the limits', async () => {
    const { getIntrospectionQuery } = await import('graphql')
    const answer = await gateway.query(
      getIntrospectionQuery({ inputValueDeprecation: true, directiveIsRepeatable: true }),
    )
    expect(answer.json.data.__schema.types.length).toBeGreaterThan(5)
  })
})

describe('pages of other origins', () => {
  const foreign = { origin: 'https://evil.example' }

  test.each([
    ['by its Origin', foreign],
    ['by Sec-Fetch-Site', { 'sec-fetch-site': 'cross-site' }],
    ['a sibling site', { 'sec-fetch-site': 'same-site' }],
    ['an opaque origin', { origin: 'null' }],
  ])('cannot execute anything (%s)', async (_how, headers) => {
    const before = gateway.graph.executions.add
    const get = await gateway.ask({
      path: '/graphql?query={viewer}',
      headers: { authorization: authorizationHeader, accept: '*/*', ...(headers as Record<string, string>) },
    })
    const post = await gateway.query('mutation { add }', { headers: headers as Record<string, string> })
    for (const answer of [get, post]) {
      expect(answer.status).toBe(403)
      expect(answer.headers['access-control-allow-origin']).toBeUndefined()
    }
    expect(gateway.graph.executions.add).toBe(before)
  })

  test('are rejected in a preflight, an allowed origin is accepted', async () => {
    const preflight = (origin: string) =>
      gateway.ask({
        method: 'OPTIONS',
        path: '/graphql',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization',
        },
      })
    expect((await preflight('https://evil.example')).headers['access-control-allow-origin']).toBeUndefined()
    const allowed = await preflight('https://app.example.com')
    expect(allowed.status).toBe(204)
    expect(allowed.headers['access-control-allow-origin']).toBe('https://app.example.com')
    expect(allowed.headers['access-control-allow-headers']).toContain('authorization')
    expect(allowed.headers['access-control-allow-credentials']).toBeUndefined()
  })

  test('that are allowed may read responses; the own host needs no permission', async () => {
    const allowed = await gateway.query('{ viewer }', { headers: { origin: 'https://app.example.com' } })
    expect(allowed.headers['access-control-allow-origin']).toBe('https://app.example.com')
    expect(allowed.headers.vary).toContain('origin')
    const own = await gateway.query('{ viewer }', { headers: { origin: `http://127.0.0.1:${gateway.port}` } })
    expect(own.status).toBe(200)
  })

  test('without an API key, the demo accepts only host names of this machine', async () => {
    const demo = await startHttpFixture({ openToAll: true })
    const asked = (host: string) =>
      demo.ask({
        method: 'POST',
        path: '/graphql',
        headers: { host, 'content-type': 'application/json' },
        body: '{"query":"{ viewer }"}',
      })
    expect((await asked(`localhost:${demo.port}`)).json).toEqual({ data: { viewer: 'demo' } })
    expect((await asked('rebound.evil.example')).status).toBe(421)
    await demo.stop()
  })
})
