import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { buildASTSchema, getIntrospectionQuery, parse } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseWithinLimits } from '../../src/http/document-limits.ts'
import { type Gateway, key, openSocket, startGateway } from './gateway.ts'

let gateway: Gateway
beforeAll(async () => {
  gateway = await startGateway({ timing: { initialisationMs: 300 } })
})
afterAll(() => gateway.stop())

const many = (count: number, write: (index: number) => string, between = ' ') =>
  Array.from({ length: count }, (_, index) => write(index)).join(between)

/** Each doubles what the one before it holds. */
const doubling = (on: string, field: string) =>
  many(30, (i) => `fragment F${i} on ${on} { ${field} ${i < 29 ? `...F${i + 1} ...F${i + 1}` : ''} }`)

/** Documents of at most 256 kB that cost more to work on than to send, with the code that each is refused with. */
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
  ['aliases', `{ ${many(1_000, (i) => `a${i}: viewer`)} }`, 'DOCUMENT_TOO_LARGE'],
  ['one field over and over', `{ ${'viewer '.repeat(30_000)} }`, 'DOCUMENT_TOO_LARGE'],
  ['doubling fragments', `{ node { ...F0 } } ${doubling('Node', 'name')}`, 'DOCUMENT_TOO_LARGE'],
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
    'DOCUMENT_TOO_LARGE',
  ],
  [
    'introspection by fragments',
    `{ __schema { types { ...F0 } } } ${doubling('__Type', 'name')}`,
    'DOCUMENT_TOO_LARGE',
  ],
  [
    'introspection in a ring',
    '{ __schema { types { ...A } } } fragment A on __Type { ofType { ...A } }',
    'GRAPHQL_VALIDATION_FAILED',
  ],
  [
    'introspection under many names',
    `{ ${many(90, (i) => `a${i}: __schema { types { name fields { name args { name type { name } } type { name } } } }`)} }`,
    'DOCUMENT_TOO_LARGE',
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
    'of %s are refused, and nothing of them is executed',
    async (what, query, code) => {
      const before = JSON.stringify(gateway.graph.executions)
      const startedAt = performance.now()
      const answer = await gateway.query(query)
      const ms = performance.now() - startedAt
      if (ms > worst.ms) worst = { what, ms }
      expect(answer.json.errors[0].extensions.code).toBe(code)
      // Neither the document nor what is wrong with all of it comes back.
      expect(answer.text.length).toBeLessThan(20_000)
      expect(answer.json.errors.length).toBeLessThanOrEqual(21)
      expect(JSON.stringify(gateway.graph.executions)).toBe(before)
    },
    20_000,
  )

  test('are refused one by one on a socket, which stays', async () => {
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

  test('are told from the introspection that tools send of the whole graph', () => {
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
    ['a number beyond numbers', '1e999'],
  ])('of %s end in an answer', async (_what, value) => {
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

describe('hostile bodies and heads', () => {
  test('a packed body is refused as it is, and never unpacked', async () => {
    const bomb = gzipSync(Buffer.alloc(100 * 1024 * 1024, ' '))
    expect(bomb.length).toBeLessThan(256 * 1024)
    for (const encoding of ['gzip', 'deflate', 'br', 'gzip, gzip']) {
      const answer = await gateway.query('', { body: bomb, headers: { 'content-encoding': encoding } })
      expect(answer.status).toBe(415)
      expect(answer.json.errors[0].extensions.code).toBe('UNSUPPORTED_ENCODING')
    }
  })

  test('who may not come in has nothing of their body read', async () => {
    const answer = await gateway.query('', {
      body: 'x'.repeat(1000),
      headers: { authorization: 'Bearer wrong' },
    })
    expect(answer.status).toBe(401)
  })

  test.each([
    ['a head without end', `GET /healthz HTTP/1.1\r\nhost: x\r\nx-long: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
    ['an address without end', `GET /graphql?query=${'a'.repeat(20_000)} HTTP/1.1\r\nhost: x\r\n\r\n`, 431],
    ['no host', 'GET /healthz HTTP/1.1\r\n\r\n', 400],
    [
      'two lengths',
      'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}',
      400,
    ],
    [
      'a length and chunks',
      'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['a bare line feed in a head', 'GET /healthz HTTP/1.1\r\nhost: x\r\nx: a\nb: c\r\n\r\n', 400],
    ['what is no HTTP', '\x16\x03\x01\x02\x00\x01\x00', 400],
  ])('%s is refused by a line, and the connection closed', async (_what, head, status) => {
    const answer = await sayRaw(head)
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect(answer.length).toBeLessThan(1_000)
  })

  test('a head that trickles in is given up', async () => {
    const socket = await connect()
    socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\n')
    const trickle = setInterval(() => socket.write('x: y\r\n'), 200)
    const answer = await readAll(socket)
    clearInterval(trickle)
    expect(answer).toMatch(/^HTTP\/1.1 408 |^$/)
  }, 40_000)

  test('a socket that never says who it is is closed', async () => {
    const client = await openSocket(gateway)
    expect((await client.closed).code).toBe(4408)
  })

  test('a request for another protocol is answered as if it had not asked', async () => {
    const answer = await gateway.ask({
      path: '/graphql',
      headers: { connection: 'upgrade', upgrade: 'h2c', authorization: key },
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
