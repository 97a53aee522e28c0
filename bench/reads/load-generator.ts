import { Agent, request } from 'node:http'
import type { Variant } from './variants.ts'

/** Result of a period of load. */
export type LoadResult = {
  readonly requests: number
  /** Time that each connection spent waiting for responses. */
  readonly seconds: number
  readonly latenciesMs: readonly number[]
}

/** Sends one request and resolves to the response body. Rejects if the status is not 200. */
export function sendRequest({ url, headers, body }: Variant, agent?: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = {
      method: 'POST',
      ...(agent !== undefined && { agent }),
      headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
    }
    const sent = request(url, options, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        if (response.statusCode === 200) resolve(text)
        else reject(new Error(`${url} answered ${response.statusCode}: ${text.slice(0, 500)}`))
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

/**
 * Sends requests on several connections for `seconds`. Each connection sends the next request when the previous one has ended. Waits for the
 * requests that are in progress at the end.
 */
export async function generateLoad(
  variant: Variant,
  connections: number,
  seconds: number,
): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const { viewers = [variant.headers] } = variant
  const startedAt = performance.now()
  const latenciesMs: number[] = []
  let sent = 0
  async function connection(): Promise<void> {
    do {
      await variant.beforeRequest?.()
      const headers = viewers[sent++ % viewers.length] ?? variant.headers
      const sentAt = performance.now()
      await sendRequest({ ...variant, headers }, agent)
      latenciesMs.push(performance.now() - sentAt)
    } while (performance.now() - startedAt < seconds * 1000)
  }
  await Promise.all(Array.from({ length: connections }, connection))
  agent.destroy()
  const requestMs = latenciesMs.reduce((sum, latencyMs) => sum + latencyMs, 0)
  return { requests: latenciesMs.length, seconds: requestMs / 1000 / connections, latenciesMs }
}
