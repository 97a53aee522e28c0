import { Agent, globalAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { Seam } from 'seam'
import type { Secret } from '../model/secret.ts'
import { SeamError } from './errors.ts'

/** Where Seam is, and how it knows us. */
export type TransportOptions = {
  readonly apiKey: Secret
  /** Seam's own by default. */
  readonly endpoint?: string | undefined
  /** Connections at most. */
  readonly maxSockets: number
}

/** Carries one request to Seam. */
export type Transport = {
  /** Throws whatever the SDK throws. */
  post(route: string, params: object, signal: AbortSignal): Promise<{ status: number; body: unknown }>
  /** Closes all connections, with what runs on them. */
  close(): void
}

/** A connection that was idle for longer may be dead without our knowing: a write must not be lost on it. */
const idleMs = 5_000
const seamUrl = 'https://connect.getseam.com'

/**
 * Opens Seam's SDK on connections that are kept alive. Every route takes POST with a JSON body (facts on endpoints), where nothing
 * is lost in encoding: an empty text stays one. So the SDK's own request is used, which also takes a signal, as its methods don't.
 * Throws `SeamError` for a key that is no API key.
 */
export function createTransport({ apiKey, endpoint = seamUrl, maxSockets }: TransportOptions): Transport {
  // Whether a proxy is used is Node's affair (NODE_USE_ENV_PROXY), as it is for any other request of this process.
  const agentOptions = { keepAlive: true, timeout: idleMs, maxSockets, proxyEnv: proxyOf(globalAgent) }
  const httpAgent = new Agent(agentOptions)
  const httpsAgent = new HttpsAgent(agentOptions)
  const seam = openSdk(() => {
    return new Seam({
      apiKey: apiKey.reveal(),
      endpoint,
      // Timeouts and repeating are decided where deadlines and Seam's wishes are known; here it would be a second time.
      timeout: 0,
      axiosRetryOptions: { retries: 0 },
      // A redirect would take the key elsewhere.
      axiosOptions: { adapter: 'http', httpAgent, httpsAgent, proxy: false, maxRedirects: 0 },
    })
  })
  return {
    async post(route, params, signal) {
      const { status, data } = await seam.client.post<unknown>(`/${route}`, params, { signal })
      return { status, body: data }
    },
    close() {
      httpAgent.destroy()
      httpsAgent.destroy()
    },
  }
}

function proxyOf(agent: Agent): NodeJS.ProcessEnv | undefined {
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
