import { once } from 'node:events'
import { createServer, type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'

/** How the next matching call fails, and when it is forwarded to Seam nevertheless. */
export type CallFault = {
  readonly path: RegExp
  /** An immediate response with this status, an immediate connection reset, or Seam's own answer after a delay. */
  readonly answer: number | 'reset' | 'late'
  /** The delay in ms before the call is forwarded or, with `late`, before its answer is; `null` is never. */
  readonly afterMs: number | null
}

/** A proxy between a gateway and Seam, like a load balancer: it can fail a call and forward it later. */
export type FaultySeamProxy = AsyncDisposable & {
  readonly url: string
  delayNext(delay: CallFault): void
  /** Returns the number of calls that were forwarded late and have been answered. */
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
