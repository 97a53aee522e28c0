import { once } from 'node:events'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { Writable } from 'node:stream'
import { WebSocket } from 'ws'
import type { GraphContext } from '../../schema/context.ts'
import { type Scope, scopes, type Viewer } from '../../src/auth/viewer.ts'
import type { Hub, Operation, Sink } from '../../src/feed/hub.ts'
import { defaultTiming, type HttpDeps, type Timing, type ViewerEnd } from '../../src/http/face.ts'
import { createHttpServer } from '../../src/http/server.ts'
import { createLogger } from '../../src/log.ts'
import type { Change } from '../../src/model/change.ts'
import { createGraph } from './graph.ts'

export const key = 'Bearer key_of_ada'
const demoKey = 'Bearer key_of_the_demo'

/** The HTTP side over a small graph and a feed that the test speaks into. */
export async function startGateway(
  options: Partial<HttpDeps> & {
    timing?: Partial<Timing>
    scopes?: readonly Scope[]
    openToAll?: boolean
  } = {},
) {
  const feed = createFeed()
  const graph = createGraph()
  const ends = new Set<(reason: ViewerEnd) => void>()
  const logged: string[] = []
  const viewer: Viewer = {
    name: 'ada',
    scopes: new Set(options.scopes ?? scopes),
    reach: { acsSystemIds: null, residentId: null },
    isDemo: false,
    expiresAt: null,
    keyId: 'k1',
  }
  const destination = new Writable({
    write(line, _encoding, done) {
      logged.push(String(line))
      done()
    },
  })
  const deps: HttpDeps = {
    config: { host: '127.0.0.1', port: 0, publicUrl: null, allowedOrigins: ['https://app.example.com'] },
    log: createLogger('debug', { destination, isTerminal: false }),
    schema: graph.schema,
    contextFor: (who) => ({ viewer: who, cursor: 'now' }) as unknown as GraphContext,
    hub: feed.hub,
    authenticate: async (authorization) => {
      if (authorization === key) return viewer
      return authorization === demoKey || options.openToAll ? { ...viewer, name: 'demo', isDemo: true } : null
    },
    watchViewer(_viewer, onEnd) {
      ends.add(onEnd)
      return () => void ends.delete(onEnd)
    },
    receiveWebhook: async () => ({ status: 204, code: 'OK', message: 'kept' }),
    ready: () => ({ ok: true, checks: { journal: 'ok' } }),
    ...options,
  }
  const server = createHttpServer(deps, { ...defaultTiming, spreadMs: 20, ...options.timing })
  const { url, port } = await server.listen()
  return {
    url,
    port,
    server,
    deps,
    feed,
    graph,
    logged,
    watched: () => ends.size,
    endViewers(reason: ViewerEnd) {
      for (const onEnd of [...ends]) onEnd(reason)
    },
    ask: (asked: Asked) => ask(port, asked),
    query: (query: string, more: Partial<Asked> & { variables?: object; operationName?: string } = {}) =>
      ask(port, {
        method: 'POST',
        path: '/graphql',
        body: JSON.stringify({ query, variables: more.variables, operationName: more.operationName }),
        ...more,
        headers: { authorization: key, 'content-type': 'application/json', ...more.headers },
      }),
    stop: () => server.drain(),
  }
}

export type Gateway = Awaited<ReturnType<typeof startGateway>>

type Asked = { method?: string; path?: string; headers?: Record<string, string>; body?: string | Buffer }

export type Answer = {
  status: number
  headers: IncomingHttpHeaders
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: an answer may be anything, and tests look into it
  json: any
}

/** One request with full control of its headers, on a connection of its own. */
export async function ask(
  port: number,
  { method = 'GET', path = '/', headers = {}, body }: Asked,
): Promise<Answer> {
  const request = httpRequest({ host: '127.0.0.1', port, method, path, headers, agent: false })
  request.end(body)
  const [response] = await once(request, 'response')
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString('utf8')
  const isJson = text !== '' && String(response.headers['content-type']).includes('json')
  return {
    status: response.statusCode,
    headers: response.headers,
    text,
    json: isJson ? JSON.parse(text) : null,
  }
}

/** A socket on which the test says every word itself. */
export async function openSocket(
  gateway: Gateway,
  options: { protocol?: string; headers?: Record<string, string> } = {},
) {
  const { protocol = 'graphql-transport-ws', headers = {} } = options
  const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}/graphql`, protocol, { headers })
  const inbox: string[] = []
  const waiting: ((text: string) => void)[] = []
  socket.on('message', (data) => {
    const text = String(data)
    const next = waiting.shift()
    if (next) next(text)
    else inbox.push(text)
  })
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code, reason) => resolve({ code, reason: String(reason) }))
  })
  socket.on('error', () => {})
  await once(socket, 'open')
  const send = (message: unknown) =>
    socket.send(typeof message === 'string' ? message : JSON.stringify(message))
  // biome-ignore lint/suspicious/noExplicitAny: as above
  const receive = async (): Promise<any> => {
    const text = inbox.shift() ?? (await new Promise<string>((resolve) => waiting.push(resolve)))
    return JSON.parse(text)
  }
  const initialise = (authorization: string = key) => {
    send({ type: 'connection_init', payload: { authorization } })
    return receive()
  }
  return { socket, closed, send, receive, initialise }
}

/** A feed with no journal: what the test publishes goes to every operation that wants it. */
function createFeed() {
  type Member = { operation: Operation; sink: Sink; after: string | null }
  const members = new Set<Member>()
  const waiting: (() => void)[] = []
  let offset = 0
  const settle = () => {
    for (const wake of waiting.splice(0)) wake()
  }
  const hub: Hub = {
    position: 0,
    get size() {
      return members.size
    },
    async join(operation, _viewer, after, sink) {
      if (after === 'garbage') throw Object.assign(new Error('This is no cursor.'), { code: 'BAD_CURSOR' })
      const member = { operation, sink, after }
      members.add(member)
      settle()
      return () => {
        members.delete(member)
        settle()
      }
    },
    close: async () => {},
  }
  return {
    hub,
    members,
    keys: () => new Set([...members].map(({ operation }) => operation.key)),
    async until(count: number) {
      while (members.size !== count) await new Promise<void>((resolve) => waiting.push(resolve))
    },
    async publish(change: Partial<Change>): Promise<void> {
      const cursor = `c${++offset}`
      const full = { offset, kind: 'UPDATED', ...change } as Change
      for (const { operation, sink } of [...members]) {
        if (!operation.wants(full) || !sink.ready()) continue
        sink.deliver({ cursor, body: await operation.render({ cursor, gap: null, changes: [full] }) })
      }
    },
  }
}
