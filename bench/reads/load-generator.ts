import { Agent, request } from 'node:http'
import type { Variant } from './variants.ts'

/** What one stretch of load saw. */
export type LoadResult = {
  readonly requests: number
  readonly seconds: number
  readonly latenciesMs: readonly number[]
}

/** Asks once; rejects for anything but 200. */
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

/** Asks on several connections, each as soon as it has an answer, for some seconds; what has begun is waited for. */
export async function generateLoad(
  variant: Variant,
  connections: number,
  seconds: number,
): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const startedAt = performance.now()
  const latenciesMs: number[] = []
  async function connection(): Promise<void> {
    do {
      const askedAt = performance.now()
      await sendRequest(variant, agent)
      latenciesMs.push(performance.now() - askedAt)
    } while (performance.now() - startedAt < seconds * 1000)
  }
  await Promise.all(Array.from({ length: connections }, connection))
  agent.destroy()
  return { requests: latenciesMs.length, seconds: (performance.now() - startedAt) / 1000, latenciesMs }
}
