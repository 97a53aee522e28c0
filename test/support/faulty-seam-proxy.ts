import { once } from 'node:events'
import { createServer, type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'

/** How the next matching call goes wrong at once, and when Seam gets it all the same. */
export type CallFault = {
  readonly path: RegExp
  /** What its sender sees at once: a status, or a connection that is reset; or Seam's own answer, late. */
  readonly answer: number | 'reset' | 'late'
  /** After how many milliseconds the call is passed on, or its answer; `null` is never. */
  readonly afterMs: number | null
}

/** Stands between a gateway and Seam, as a load balancer does: it can give a call up and pass it on later. */
export type FaultySeamProxy = AsyncDisposable & {
  readonly url: string
  delayNext(delay: CallFault): void
  /** Calls that were passed on late and have been answered. */
  readonly late: () => number
}

export async function startFaultySeamProxy(target: string): Promise<FaultySeamProxy> {
  const delays: CallFault[] = []
  const timers = new Set<NodeJS.Timeout>()
  let late = 0
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk as Buffer)
    const pass = (onAnswer: (answer: IncomingMessage) => void) => {
      const { host } = new URL(target)
      request(new URL(incoming.url ?? '/', target), {
        method: incoming.method,
        headers: { ...incoming.headers, host },
      })
        .on('response', onAnswer)
        .on('error', () => undefined)
        .end(Buffer.concat(chunks))
    }
    const found = delays.findIndex(({ path }) => path.test(incoming.url ?? ''))
    const [delay] = found < 0 ? [] : delays.splice(found, 1)
    if (delay === undefined) {
      return pass((answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(outgoing)
      })
    }
    if (delay.answer === 'late') {
      return pass((answer) => {
        timers.add(
          setTimeout(() => {
            outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
            answer.pipe(outgoing)
          }, delay.afterMs ?? 0),
        )
      })
    }
    if (delay.answer === 'reset') incoming.socket.destroy()
    else outgoing.writeHead(delay.answer, { 'content-type': 'text/html' }).end('<html>gateway</html>')
    if (delay.afterMs === null) return
    const timer = setTimeout(
      () =>
        pass((answer) => {
          answer.resume()
          answer.once('end', () => late++)
        }),
      delay.afterMs,
    )
    timers.add(timer)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    delayNext: (delay) => void delays.push(delay),
    late: () => late,
    async [Symbol.asyncDispose]() {
      for (const timer of timers) clearTimeout(timer)
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
