import { Agent, globalAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { Seam } from 'seam'
import type { Secret } from '../../model/secret.ts'
import { SeamError } from '../errors.ts'

/** Endpoint, API key and connection limit. */
export type SdkTransportOptions = {
  readonly apiKey: Secret
  readonly endpoint: string
  /** Maximum number of connections. */
  readonly maxSockets: number
}

/** Sends single requests to Seam. */
export type SdkTransport = {
  /** Rejects with the error of the SDK. */
  post(
    route: string,
    params: object,
    signal: AbortSignal,
  ): Promise<{
    status: number
    body: unknown /** When Seam answered, in ms by its own clock; NaN where it doesn't say. */
    date: number
  }>
  /** Closes all connections and aborts the requests on them. */
  close(): void
}

/** Idle time after which a connection is closed, so that no write is lost on a connection that the server has dropped. */
const idleConnectionMs = 5_000
/** URL of Seam's API. */
export const seamUrl = 'https://connect.getseam.com'

/**
 * Creates a transport from Seam's SDK with keep-alive connections. Every route accepts POST with a JSON body (docs/seam.md), which preserves
 * empty texts. The SDK's generic request is used because, unlike its methods, it accepts an abort signal. Throws `SeamError` if the API key
 * is malformed.
 */
export function createSdkTransport({ apiKey, endpoint, maxSockets }: SdkTransportOptions): SdkTransport {
  // Node's NODE_USE_ENV_PROXY controls the use of a proxy, as for all other requests of this process.
  const agentOptions = {
    keepAlive: true,
    timeout: idleConnectionMs,
    maxSockets,
    proxyEnv: readProxyEnv(globalAgent),
  }
  const httpAgent = new Agent(agentOptions)
  const httpsAgent = new HttpsAgent(agentOptions)
  const seam = openSdk(() => {
    return new Seam({
      apiKey: apiKey.reveal(),
      endpoint,
      // The caller handles timeouts and retries, because it knows the deadline and Seam's `retry-after`.
      timeout: 0,
      axiosRetryOptions: { retries: 0 },
      // A redirect would send the API key to another server.
      axiosOptions: { adapter: 'http', httpAgent, httpsAgent, proxy: false, maxRedirects: 0 },
    })
  })
  return {
    async post(route, params, signal) {
      const { status, data, headers } = await seam.client.post<unknown>(`/${route}`, params, { signal })
      return { status, body: data, date: Date.parse(String(headers.date)) }
    },
    close() {
      httpAgent.destroy()
      httpsAgent.destroy()
    },
  }
}

function readProxyEnv(agent: Agent): NodeJS.ProcessEnv | undefined {
  return (agent as Agent & { options: { proxyEnv?: NodeJS.ProcessEnv } }).options.proxyEnv
}

function openSdk(open: () => Seam): Seam {
  try {
    return open()
  } catch {
    throw new SeamError({
      code: 'UNAUTHORIZED',
      message:
        'The key for Seam is no API key: one of a workspace begins with seam_ and is not a session, publishable or access token.',
      route: '',
      outcome: 'not_sent',
    })
  }
}
