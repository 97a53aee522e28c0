import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { WebSocket } from 'ws'

/** An HTTP request that is written to a connection as text. */
export type RawRequest = {
  readonly method?: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** The number of answers by status, or of messages by type. */
export type Tally = Record<string, number>

/** The payload of a `subscribe` message. */
export type Payload = {
  readonly query?: string
  readonly variables?: object
  readonly documentId?: string
}

/** The number of concurrent operations per connection. */
const atOnce = 50
const connections = 4

/** Sends many requests over few connections with HTTP pipelining, which is cheap for the client and the server. */
export async function requestMany(
  url: string,
  count: number,
  request: (index: number) => RawRequest,
): Promise<Tally> {
  const statuses: Tally = {}
  let next = 0

  function send(socket: Socket, size: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    let answered = 0
    let text = ''
    const read = (chunk: Buffer): void => {
      text += chunk
      let end = 0
      for (const { 0: head, 1: status = '', index } of text.matchAll(/HTTP\/1\.1 (\d{3}) /g)) {
        answered++
        add(statuses, status)
        end = index + head.length
      }
      text = text.slice(end)
      if (answered === size) resolve()
    }
    const fail = (): void => reject(new Error(`The connection ended after ${answered} of ${size} answers.`))
    socket.on('data', read).once('close', fail)
    socket.write(Array.from({ length: size }, () => textOf(request(next++))).join(''))
    return promise.finally(() => socket.off('data', read).off('close', fail))
  }

  async function work(): Promise<void> {
    const socket = await openConnection(url)
    while (next < count) await send(socket, Math.min(atOnce, count - next))
    socket.destroy()
  }
  await Promise.all(Array.from({ length: connections }, work))
  return statuses
}

/** Opens many connections. Sends a request on each, waits until the answer contains `until`, and destroys the connection. */
export async function openMany(
  url: string,
  count: number,
  request: (index: number) => RawRequest,
  { more = Buffer.alloc(0), until }: { readonly more?: Buffer; readonly until: string },
): Promise<Tally> {
  const opened: Tally = {}
  let next = 0
  async function work(): Promise<void> {
    while (next < count) {
      const text = textOf(request(next++))
      const socket = await openConnection(url)
      socket.write(Buffer.concat([Buffer.from(text), more]))
      for (let answer = ''; !answer.includes(until); ) answer += (await once(socket, 'data'))[0]
      socket.destroy()
      add(opened, 'opened')
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return opened
}

/** Sends many operations over one WebSocket, some of them concurrently. Completes each subscription after its first result. */
export async function askMany(
  wsUrl: string,
  key: string,
  count: number,
  payload: (index: number) => Payload,
): Promise<Tally> {
  const socket = new WebSocket(wsUrl, 'graphql-transport-ws')
  await once(socket, 'open')
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const types: Tally = {}
  const begun = new Set<string>()
  let asked = 0
  let ended = 0
  const send = (message: object): void => socket.send(JSON.stringify(message))
  const ask = (): void => {
    if (asked === count) return
    send({ type: 'subscribe', id: `${asked}`, payload: payload(asked) })
    asked++
  }
  const end = (): void => {
    ask()
    if (++ended === count) resolve()
  }
  const isFeed = /^subscription/.test(payload(0).query ?? '')
  socket.on('message', (message) => {
    const { type, id } = JSON.parse(String(message))
    add(types, type)
    if (type === 'connection_ack') for (let started = 0; started < atOnce; started++) ask()
    if (type === 'error' || type === 'complete') end()
    if (type === 'next' && isFeed && !begun.has(id)) {
      begun.add(id)
      send({ type: 'complete', id })
      add(types, 'ended')
      end()
    }
  })
  socket.once('close', (code, reason) => reject(new Error(`The socket was closed: ${code} ${reason}`)))
  send({ type: 'connection_init', payload: { authorization: `Bearer ${key}` } })
  await promise
  socket.close()
  return types
}

function add(tally: Tally, name: string): void {
  tally[name] = (tally[name] ?? 0) + 1
}

function textOf({ method = 'GET', path, headers = {}, body = '' }: RawRequest): string {
  const all = { host: 'localhost', 'content-length': `${Buffer.byteLength(body)}`, ...headers }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`)
  return `${[`${method} ${path} HTTP/1.1`, ...lines].join('\r\n')}\r\n\r\n${body}`
}

async function openConnection(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  return socket
}
