import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { WebSocket } from 'ws'
import type { GraphContext } from '../../schema/context.ts'
import { createLimits } from '../../src/auth/limits.ts'
import { type Scope, scopes, type Viewer } from '../../src/auth/viewer.ts'
import { createCatalog } from '../../src/catalog/catalog.ts'
import { createCatchUp } from '../../src/feed/caught-up.ts'
import { createCursors } from '../../src/feed/cursors.ts'
import { createHub } from '../../src/feed/hub.ts'
import { defaultTiming, type HttpDeps, type Timing, type ViewerEnd } from '../../src/http/face.ts'
import { createHttpServer } from '../../src/http/server.ts'
import { readTrustedDocuments } from '../../src/http/trusted.ts'
import { openSqliteJournal } from '../../src/journal/sqlite.ts'
import { createLogger, type Logger } from '../../src/log.ts'
import { createMetrics } from '../../src/metrics.ts'
import type { ChangeKind, NewChange } from '../../src/model/change.ts'
import { Secret } from '../../src/model/secret.ts'
import { createSeamClient } from '../../src/seam/client.ts'
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
  const graph = createGraph()
  const ends = new Set<(reason: ViewerEnd) => void>()
  const logged: string[] = []
  const viewer: Viewer = {
    name: 'ada',
    // Without `admin`: answers would carry their cost.
    scopes: new Set(options.scopes ?? scopes.filter((scope) => scope !== 'admin')),
    reach: { acsSystemIds: null, residentId: null },
    graph: 'whole',
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
  const log = createLogger('debug', { destination, isTerminal: false })
  const feed = await openFeed(log)
  const deps: HttpDeps = {
    config: { host: '127.0.0.1', port: 0, publicUrl: null, allowedOrigins: ['https://app.example.com'] },
    log,
    schemas: { whole: graph.schema, partner: graph.schema },
    contextFor: (who) =>
      ({ viewer: who, cursor: feed.cursors.write(who, feed.hub.position) }) as unknown as GraphContext,
    trusted: await readTrustedDocuments({ files: [], demandedOf: 'nobody', schema: graph.schema, log }),
    hub: feed.hub,
    limits: createLimits({
      numbers: { complexityPerMinute: 0, subscriptions: 0, connections: 0 },
      redisUrl: null,
      workspaceId: 'w1',
    }),
    caughtUp: createCatchUp({ cursors: feed.cursors, hub: feed.hub }),
    metrics: createMetrics(),
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
    /** Publishes a change, and waits until it was executed for a subscriber: it can't be told together with the next one. */
    async tellOneByOne(kind: ChangeKind): Promise<void> {
      const before = graph.executions.changes
      await feed.publish(kind)
      while (graph.executions.changes === before) await nextTurn()
    },
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
    stop: onlyOnce(async () => {
      await server.drain()
      await feed.close()
    }),
  }
}

function onlyOnce(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null
  return () => {
    running ??= run()
    return running
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
async function ask(port: number, { method = 'GET', path = '/', headers = {}, body }: Asked): Promise<Answer> {
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

/** A real feed over a journal of its own. Nobody asks Seam: whoever sees everything needs no owners. */
async function openFeed(log: Logger) {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-http-'))
  const journal = await openSqliteJournal({ file: join(folder, 'journal.db') })
  const seam = createSeamClient({ apiKey: new Secret('seam_nobody_asks'), endpoint: 'http://127.0.0.1:9' })
  const catalog = createCatalog({ seam, maxAgeMs: 1000 })
  const cursors = await createCursors(journal)
  const hub = await createHub({ journal, catalog, cursors, log, metrics: createMetrics() })
  const until = async (fits: () => boolean) => {
    while (!fits()) await nextTurn()
  }
  return {
    hub,
    cursors,
    until: (subscribers: number) => until(() => hub.size === subscribers),
    /** Journals one change, and waits until the feed has taken it up. */
    async publish(kind: ChangeKind): Promise<void> {
      const [appended] = await journal.append([{ dedupeKeys: [], changes: [{ ...somebodyChanged, kind }] }])
      await until(() => hub.position === appended?.changes[0]?.offset)
    },
    async close() {
      await hub.close()
      await journal.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const somebodyChanged: NewChange = {
  subject: 'USER',
  kind: 'UPDATED',
  origin: 'WEBHOOK',
  occurredAt: '2026-11-23T10:00:00Z',
  actor: null,
  seamEventId: null,
  acsSystemId: null,
  acsUserId: null,
  acsEntranceIds: null,
  acsCredentialId: null,
  connectedAccountId: null,
  connectWebviewId: null,
  changedFields: [],
  problem: null,
}
