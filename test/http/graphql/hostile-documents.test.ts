import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { buildASTSchema, getIntrospectionQuery, parse } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseWithinLimits } from '../../../src/http/graphql/document-limits.ts'
import { authorizationHeader, type HttpFixture, openSocket, startHttpFixture } from '../http-fixture.ts'

let gateway: HttpFixture
beforeAll(async () => {
  gateway = await startHttpFixture({ timing: { connectionInitTimeoutMs: 300 } })
})
afterAll(() => gateway.stop())

const many = (count: number, write: (index: number) => string, between = ' ') =>
  Array.from({ length: count }, (_, index) => write(index)).join(between)

/** Each fragment spreads the previous one twice. */
const doubling = (on: string, field: string, link: string) =>
  many(30, (i) => {
    const next = `${link} { ...F${i + 1} }`
    return `fragment F${i} on ${on} { ${field} ${i < 29 ? `a: ${next} b: ${next}` : ''} }`
  })

/** Documents of at most 256 kB that are expensive to process, with the expected error code. */
const hostile: readonly (readonly [what: string, query: string, code: string])[] = [
  [
    'levels of fields',
    `{ node ${'{ next '.repeat(2_000)}{ name }${' }'.repeat(2_000)} }`,
    'DOCUMENT_TOO_LARGE',
  ],
  ['brackets', `{ list(of: ${'['.repeat(100_000)} }`, 'DOCUMENT_TOO_LARGE'],
  ['braces of objects', `{ list(of: ${'{a:'.repeat(60_000)} }`, 'DOCUMENT_TOO_LARGE'],
  ['brackets of types', `query(${'$a: ['.repeat(1)}${'['.repeat(100_000)}`, 'DOCUMENT_TOO_LARGE'],
  ['selections of selections', '{'.repeat(200_000), 'DOCUMENT_TOO_LARGE'],
  ['aliases', `{ ${many(1_000, (i) => `a${i}: viewer`)} }`, 'QUERY_TOO_COMPLEX'],
  ['one field over and over', `{ ${'viewer '.repeat(30_000)} }`, 'DOCUMENT_TOO_LARGE'],
  ['doubling fragments', `{ node { ...F0 } } ${doubling('Node', 'name', 'next')}`, 'QUERY_TOO_COMPLEX'],
  [
    'fragments that nobody spreads',
    `{ viewer } ${many(2_000, (i) => `fragment F${i} on Node { name }`)}`,
    'DOCUMENT_TOO_LARGE',
  ],
  [
    'fragments in a ring',
    `{ node { ...A } } fragment A on Node { ...B } fragment B on Node { ...A }`,
    'GRAPHQL_VALIDATION_FAILED',
  ],
  ['directives', `{ viewer ${'@skip(if: false) '.repeat(500)} }`, 'GRAPHQL_VALIDATION_FAILED'],
  ['unknown directives', `{ viewer ${many(1_900, (i) => `@d${i}`)} }`, 'GRAPHQL_VALIDATION_FAILED'],
  ['unknown fields', `{ ${many(1_900, (i) => `viewers${i}`)} }`, 'GRAPHQL_VALIDATION_FAILED'],
  ['variables', `query(${many(900, (i) => `$v${i}: Int`)}) { viewer }`, 'GRAPHQL_VALIDATION_FAILED'],
  ['operations', many(700, (i) => `query Q${i} { viewer }`), 'OPERATION_RESOLUTION_FAILURE'],
  ['conflicts', `{ ${many(90, (i) => `a: list(of: [${i}])`)} }`, 'GRAPHQL_VALIDATION_FAILED'],
  [
    'introspection of introspection',
    `{ __schema { types { ${'fields { type { '.repeat(7)} name ${'} }'.repeat(7)} } } }`,
    'GRAPHQL_VALIDATION_FAILED',
  ],
  [
    'introspection by fragments',
    `{ __schema { types { ...F0 } } } ${doubling('__Type', 'name', 'ofType')}`,
    'QUERY_TOO_COMPLEX',
  ],
  [
    'introspection in a ring',
    '{ __schema { types { ...A } } } fragment A on __Type { ofType { ...A } }',
    'GRAPHQL_VALIDATION_FAILED',
  ],
  [
    'introspection under many names',
    `{ ${many(90, (i) => `a${i}: __schema { types { name fields { name args { name type { name } } type { name } } } }`)} }`,
    'QUERY_TOO_COMPLEX',
  ],
  ['a comment', `# ${'x'.repeat(250_000)}`, 'GRAPHQL_PARSE_FAILED'],
  ['an endless text', `{ hello(name: "${'x'.repeat(250_000)}`, 'GRAPHQL_PARSE_FAILED'],
  ['an endless block text', `{ hello(name: """${'\\n '.repeat(60_000)}`, 'GRAPHQL_PARSE_FAILED'],
  ['a long number', `{ list(of: [${'9'.repeat(250_000)}]) }`, 'GRAPHQL_VALIDATION_FAILED'],
]

describe('hostile documents', () => {
  let worst = { what: '', ms: 0 }
  afterAll(
    () =>
      void process.stdout.write(
        `the longest of ${hostile.length} took ${worst.ms.toFixed(0)} ms: ${worst.what}\n`,
      ),
  )

  test.each(hostile)(
    'of %s are refused without any execution',
    async (what, query, code) => {
      const before = JSON.stringify(gateway.graph.executions)
      const startedAt = performance.now()
      const answer = await gateway.query(query)
      const ms = performance.now() - startedAt
      if (ms > worst.ms) worst = { what, ms }
      expect(answer.json.errors[0].extensions.code).toBe(code)
      // The response contains neither the document nor all of its errors.
      expect(answer.text.length).toBeLessThan(20_000)
      expect(answer.json.errors.length).toBeLessThanOrEqual(21)
      expect(JSON.stringify(gateway.graph.executions)).toBe(before)
    },
    20_000,
  )

  test('are rejected one by one on a socket, which stays open', async () => {
    const client = await openSocket(gateway)
    await client.initialise()
    for (const [index, [, query, code]] of hostile.entries()) {
      client.send({ id: `${index}`, type: 'subscribe', payload: { query } })
      expect(await client.receive()).toMatchObject({
        id: `${index}`,
        type: 'error',
        payload: expect.arrayContaining([
          expect.objectContaining({ extensions: expect.objectContaining({ code }) }),
        ]),
      })
    }
    client.send({ id: 'last', type: 'subscribe', payload: { query: '{ viewer }' } })
    expect((await client.receive()).type).toBe('next')
    client.socket.terminate()
  }, 60_000)

  test('do not include the introspection queries of tools', () => {
    const whole = getIntrospectionQuery({
      inputValueDeprecation: true,
      directiveIsRepeatable: true,
      specifiedByUrl: true,
    })
    expect(() => parseWithinLimits(whole)).not.toThrow()
    const graph = buildASTSchema(parse(readFileSync('schema/schema.graphql', 'utf8')))
    expect(Object.keys(graph.getTypeMap()).length).toBeGreaterThan(50)
  })
})

describe('hostile variables', () => {
  const nested = (open: string, close: string, depth: number) =>
    `${open.repeat(depth)}1${close.repeat(depth)}`
  test.each([
    ['lists in lists', nested('[', ']', 100_000)],
    ['objects in objects', nested('{"a":', '}', 40_000)],
    ['a key of the prototype', '{"__proto__":{"isAdmin":true}}'],
    ['a number out of range', '1e999'],
  ])('of %s get a response', async (_what, value) => {
    const ask = (query: string) =>
      gateway.query('', { body: `{"query":${JSON.stringify(query)},"variables":{"x":${value}}}` })
    for (const query of ['query($x: String) { hello(name: $x) }', '{ viewer }']) {
      const answer = await ask(query)
      expect(answer.status).toBeLessThan(500)
      expect(answer.text.length).toBeLessThan(20_000)
      expect(answer.text).not.toContain('INTERNAL')
    }
  })
})

describe('hostile request bodies and heads', () => {
  test('a compressed body is rejected without decompression', async () => {
    const bomb = gzipSync(Buffer.alloc(100 * 1024 * 1024, ' '))
    expect(bomb.length).toBeLessThan(256 * 1024)
    for (const encoding of ['gzip', 'deflate', 'br', 'gzip, gzip']) {
      const answer = await gateway.query('', { body: bomb, headers: { 'content-encoding': encoding } })
      expect(answer.status).toBe(415)
      expect(answer.json.errors[0].extensions.code).toBe('UNSUPPORTED_ENCODING')
    }
  })

  test('the body of an unauthenticated request is not read', async () => {
    const answer = await gateway.query('', {
      body: 'x'.repeat(1000),
      headers: { authorization: 'Bearer wrong' },
    })
    expect(answer.status).toBe(401)
  })

  test.each([
    [
      'a head that is too long',
      `GET /healthz HTTP/1.1\r\nhost: x\r\nx-long: ${'a'.repeat(20_000)}\r\n\r\n`,
      431,
    ],
    [
      'a request target that is too long',
      `GET /graphql?query=${'a'.repeat(20_000)} HTTP/1.1\r\nhost: x\r\n\r\n`,
      431,
    ],
    ['a missing Host header', 'GET /healthz HTTP/1.1\r\n\r\n', 400],
    [
      'two Content-Length headers',
      'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}',
      400,
    ],
    [
      'Content-Length with chunked encoding',
      'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['a bare line feed in a head', 'GET /healthz HTTP/1.1\r\nhost: x\r\nx: a\nb: c\r\n\r\n', 400],
    ['another protocol', '\x16\x03\x01\x02\x00\x01\x00', 400],
  ])('%s is rejected with a status line, and the connection is closed', async (_what, head, status) => {
    const answer = await sayRaw(head)
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect(answer.length).toBeLessThan(1_000)
  })

  test('a head that arrives slowly times out', async () => {
    const socket = await connect()
    socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\n')
    const trickle = setInterval(() => socket.write('x: y\r\n'), 200)
    const answer = await readAll(socket)
    clearInterval(trickle)
    expect(answer).toMatch(/^HTTP\/1.1 408 |^$/)
  }, 40_000)

  test('a socket without connection_init is closed', async () => {
    const client = await openSocket(gateway)
    expect((await client.closed).code).toBe(4408)
  })

  test('an upgrade to another protocol is ignored', async () => {
    const answer = await gateway.ask({
      path: '/graphql',
      headers: { connection: 'upgrade', upgrade: 'h2c', authorization: authorizationHeader },
    })
    expect(answer.status).toBeLessThan(500)
  })
})

async function connect(): Promise<Socket> {
  const socket = new Socket()
  socket.on('error', () => {})
  socket.connect(gateway.port, '127.0.0.1')
  await once(socket, 'connect')
  return socket
}

async function sayRaw(head: string): Promise<string> {
  const socket = await connect()
  socket.write(head, 'latin1')
  return readAll(socket)
}

async function readAll(socket: Socket): Promise<string> {
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk
  })
  await once(socket, 'close')
  return text
}
