import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { WebSocket } from 'ws'
import type { GraphContext } from '../../schema/context.ts'
import type { AuthenticationEndReason } from '../../src/auth/authenticator.ts'
import { createUsageLimits } from '../../src/auth/usage-limits.ts'
import { type Scope, scopes, type Viewer } from '../../src/auth/viewer.ts'
import { createCatalog } from '../../src/catalog/catalog.ts'
import { createCursorWait } from '../../src/feed/cursor-wait.ts'
import { createCursors } from '../../src/feed/cursors.ts'
import { createSubscriptionHub } from '../../src/feed/subscription-hub.ts'
import { readTrustedDocuments } from '../../src/http/graphql/trusted-documents.ts'
import { createHttpServer } from '../../src/http/server.ts'
import { defaultHttpTimings, type HttpTimings } from '../../src/http/timings.ts'
import type { HttpDependencies } from '../../src/http/types.ts'
import { openSqliteJournal } from '../../src/journal/sqlite/sqlite-journal.ts'
import type { ChangeKind, NewChange } from '../../src/model/change.ts'
import { Secret } from '../../src/model/secret.ts'
import { createLogger, type Logger } from '../../src/observability/logger.ts'
import { createMetrics } from '../../src/observability/metrics.ts'
import { createSeamClient } from '../../src/seam/client.ts'
import { createFixtureGraph } from './fixture-graph.ts'

export const authorizationHeader = 'Bearer key_of_ada'
const demoAuthorizationHeader = 'Bearer key_of_the_demo'

/** The HTTP server with a small graph and a feed that tests publish to. */
export async function startHttpFixture(
  options: Partial<HttpDependencies> & {
    timing?: Partial<HttpTimings>
    scopes?: readonly Scope[]
    openToAll?: boolean
  } = {},
) {
  const graph = createFixtureGraph()
  const ends = new Set<(reason: AuthenticationEndReason) => void>()
  const logged: string[] = []
  const viewer: Viewer = {
    name: 'ada',
    // Without `admin`, so that responses have no `extensions.cost`.
    scopes: new Set(options.scopes ?? scopes.filter((scope) => scope !== 'admin')),
    accessScope: { acsSystemIds: null, acsUserId: null },
    graph: 'whole',
    isDemo: false,
    expiresAt: null,
    apiKeyId: 'k1',
  }
  const destination = new Writable({
    write(line, _encoding, done) {
      logged.push(String(line))
      done()
    },
  })
  const log = createLogger('debug', { destination, isTerminal: false })
  const feed = await openFeed(log)
  const deps: HttpDependencies = {
    config: {
      host: '127.0.0.1',
      port: 0,
      publicUrl: null,
      login: null,
      keepAliveSeconds: 620,
      allowedOrigins: ['https://app.example.com'],
    },
    log,
    schemas: { whole: graph.schema, partner: graph.schema },
    createContext: (who) =>
      ({
        viewer: who,
        view: {},
        cursor: feed.cursors.write(who, feed.hub.position),
      }) as unknown as GraphContext,
    trustedDocuments: await readTrustedDocuments({
      files: [],
      requiredFor: 'nobody',
      schema: graph.schema,
      log,
    }),
    hub: feed.hub,
    usageLimits: createUsageLimits({
      limitValues: { complexityPerMinute: 0, subscriptions: 0, connections: 0 },
      redisUrl: null,
      workspaceId: 'w1',
    }),
    waitForCursor: createCursorWait({ cursors: feed.cursors, hub: feed.hub }),
    metrics: createMetrics(),
    authenticate: async (authorization) => {
      if (authorization === authorizationHeader) return viewer
      return authorization === demoAuthorizationHeader || options.openToAll
        ? { ...viewer, name: 'demo', isDemo: true }
        : null
    },
    findTokenOrigin: async () => null,
    findEndReason: async () => null,
    async watchViewer(_viewer, onEnd) {
      ends.add(onEnd)
      return () => void ends.delete(onEnd)
    },
    receiveSeamWebhook: async () => ({ status: 204, code: 'OK', message: 'kept' }),
    checkReadiness: () => ({ ok: true, checks: { journal: 'ok' } }),
    ...options,
  }
  const server = createHttpServer(deps, { ...defaultHttpTimings, closeSpreadMs: 20, ...options.timing })
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
    /** Publishes a change and waits until it was executed for a subscriber, so that the next change is in another batch. */
    async publishAndWait(kind: ChangeKind): Promise<void> {
      const before = graph.executions.changes
      await feed.publish(kind)
      while (graph.executions.changes === before) await nextTurn()
    },
    endViewers(reason: AuthenticationEndReason) {
      for (const onEnd of [...ends]) onEnd(reason)
    },
    ask: (asked: Asked) => ask(port, asked),
    query: (query: string, more: Partial<Asked> & { variables?: object; operationName?: string } = {}) =>
      ask(port, {
        method: 'POST',
        path: '/graphql',
        body: JSON.stringify({ query, variables: more.variables, operationName: more.operationName }),
        ...more,
        headers: { authorization: authorizationHeader, 'content-type': 'application/json', ...more.headers },
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

export type HttpFixture = Awaited<ReturnType<typeof startHttpFixture>>

type Asked = { method?: string; path?: string; headers?: Record<string, string>; body?: string | Buffer }

export type HttpAnswer = {
  status: number
  headers: IncomingHttpHeaders
  text: string
  /** The body as it was sent, possibly compressed. */
  bytes: Buffer
  // biome-ignore lint/suspicious/noExplicitAny: a response can have any shape, and tests read its members
  json: any
}

/** Sends one request with exactly the given headers, on a new connection. */
async function ask(
  port: number,
  { method = 'GET', path = '/', headers = {}, body }: Asked,
): Promise<HttpAnswer> {
  const request = httpRequest({ host: '127.0.0.1', port, method, path, headers, agent: false })
  request.end(body)
  const [response] = await once(request, 'response')
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  const bytes = Buffer.concat(chunks)
  const text = bytes.toString('utf8')
  const isJson = text !== '' && String(response.headers['content-type']).includes('json')
  return {
    status: response.statusCode,
    headers: response.headers,
    text,
    bytes,
    json: isJson ? JSON.parse(text) : null,
  }
}

/** Opens a socket without a protocol library: the test sends and receives every message. */
export async function openSocket(
  gateway: Pick<HttpFixture, 'port'>,
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
  const initialise = (authorization: string = authorizationHeader) => {
    send({ type: 'connection_init', payload: { authorization } })
    return receive()
  }
  return { socket, closed, send, receive, initialise }
}

/** A feed with its own journal. It needs no Seam client, as viewers without a limited access scope need no owners. */
async function openFeed(log: Logger) {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-http-'))
  const journal = await openSqliteJournal({ file: join(folder, 'journal.db') })
  const seam = createSeamClient({ apiKey: new Secret('seam_unused'), endpoint: 'http://127.0.0.1:9' })
  const catalog = createCatalog({ seam, maxAgeMs: 1000 })
  const cursors = await createCursors(journal)
  const hub = await createSubscriptionHub({ journal, catalog, cursors, log, metrics: createMetrics() })
  const until = async (fits: () => boolean) => {
    while (!fits()) await nextTurn()
  }
  return {
    hub,
    cursors,
    until: (subscribers: number) => until(() => hub.subscriberCount === subscribers),
    /** Appends one change to the journal and waits until the feed has read it. */
    async publish(kind: ChangeKind): Promise<void> {
      const [appended] = await journal.append([{ dedupeKeys: [], changes: [{ ...sampleUserChange, kind }] }])
      await until(() => hub.position === appended?.changes[0]?.offset)
    },
    async close() {
      await hub.close()
      await journal.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const sampleUserChange: NewChange = {
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
