import {
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { Webhook } from 'standardwebhooks'
import type { Secret } from '../model/secret.ts'
import { parseRetryAfterMs } from './back-off.ts'
import { type Endpoint, maxParallel } from './endpoint.ts'
import type { Message } from './message.ts'
import { AddressNotPublic, type SsrfGuard } from './ssrf-guard.ts'

/** A failed attempt. With `GONE`, the receiver wants no more messages. */
export type SendFailure = {
  readonly kind: 'GONE' | 'FAILED'
  /** Status of the answer, or `null` without an answer. */
  readonly status: number | null
  /** Message for the owner. Contains nothing of the answer except its status. */
  readonly message: string
  readonly retryAfterMs: number | null
}
export type SendResult = { readonly kind: 'DELIVERED'; readonly status: number } | SendFailure

/** URL and secrets, the newest secret first. */
export type SendTarget = { readonly url: string; readonly secrets: readonly Secret[] }

/** Returns the URL of an endpoint and the secrets that sign at a time. */
export function getSendTarget(
  { url, secrets }: Pick<Endpoint, 'url' | 'secrets'>,
  nowMs: number,
): SendTarget {
  const validSecrets = secrets.filter(({ until }) => until === null || Date.parse(until) > nowMs)
  return { url, secrets: validSecrets.map(({ secret }) => secret) }
}

/** Sends messages with the signatures of Standard Webhooks (standardwebhooks.com). Never rejects. */
export type HttpSender = {
  send(target: SendTarget, message: Message, signal: AbortSignal): Promise<SendResult>
  close(): void
}

/** Time limit for an answer. */
const defaultAnswerTimeoutMs = 15_000
/** Bytes of an answer's body that are read and discarded, so that the connection can be reused. */
const maxAnswerBytes = 64 * 1024

export type HttpSenderOptions = {
  readonly ssrfGuard: SsrfGuard
  readonly answerTimeoutMs?: number
}

export function createHttpSender({
  ssrfGuard,
  answerTimeoutMs: timeoutMs = defaultAnswerTimeoutMs,
}: HttpSenderOptions): HttpSender {
  // The endpoints limit the number of connections: a limit per host would let one of them delay the others of its host.
  const pool = { keepAlive: true, maxFreeSockets: maxParallel, timeout: 60_000 }
  const agents = {
    'http:': new HttpAgent(pool),
    'https:': new HttpsAgent(pool),
  }

  async function send(target: SendTarget, message: Message, signal: AbortSignal): Promise<SendResult> {
    const url = new URL(target.url)
    const lookup = ssrfGuard.getLookup(url)
    if (lookup === null) return toSendFailure(new AddressNotPublic())
    const timeout = AbortSignal.timeout(timeoutMs)
    const options: RequestOptions = {
      method: 'POST',
      lookup,
      agent: agents[url.protocol as 'http:' | 'https:'],
      signal: AbortSignal.any([signal, timeout]),
      headers: createHeaders(target, message),
    }
    try {
      return toSendResult(await sendRequest(url, options, message.body))
    } catch (error) {
      return timeout.aborted ? createTimeoutFailure(timeoutMs) : toSendFailure(error)
    }
  }

  return {
    send,
    close() {
      for (const agent of Object.values(agents)) agent.destroy()
    },
  }
}

/** Sends a request and resolves to the head of the answer. */
function sendRequest(url: URL, options: RequestOptions, body: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const open = url.protocol === 'https:' ? httpsRequest : httpRequest
    const request = open(url, options, (response) => {
      discardBody(response)
      resolve(response)
    })
    request.on('error', (error: NodeJS.ErrnoException) => {
      // The receiver may have closed a kept-alive connection at the same moment; it has read nothing of this request.
      if (request.reusedSocket && error.code === 'ECONNRESET')
        sendRequest(url, options, body).then(resolve, reject)
      else reject(error)
    })
    request.end(body)
  })
}

/** Discards the body, up to a limit. */
function discardBody(response: IncomingMessage): void {
  let left = maxAnswerBytes
  response.on('error', () => undefined)
  response.on('data', (chunk: Buffer) => {
    left -= chunk.length
    if (left < 0) response.destroy()
  })
}

function createHeaders({ secrets }: SendTarget, { id, body }: Message): Record<string, string | number> {
  const now = new Date()
  return {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'user-agent': 'Latchkey-Webhooks',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret.reveal()).sign(id, now, body)).join(' '),
  }
}

function toSendResult({ statusCode: status = 0, headers }: IncomingMessage): SendResult {
  if (status >= 200 && status < 300) return { kind: 'DELIVERED', status }
  const isRedirect = status >= 300 && status < 400
  return {
    kind: status === 410 ? 'GONE' : 'FAILED',
    status,
    message: `The server responded with HTTP status ${status}.${isRedirect ? ' Redirects are not followed: use the URL that the redirect leads to.' : ''}`,
    retryAfterMs: parseRetryAfterMs(headers['retry-after'], Date.now()),
  }
}

const createUnanswered = (message: string): SendResult => ({
  kind: 'FAILED',
  status: null,
  message,
  retryAfterMs: null,
})
const createTimeoutFailure = (ms: number): SendResult =>
  createUnanswered(`The server did not respond within ${ms / 1000} seconds.`)

/** Describes why there was no answer, by the error's code; its message may contain addresses. */
function toSendFailure(error: unknown): SendResult {
  if (error instanceof AddressNotPublic)
    return createUnanswered('The host of the URL does not resolve to a public IP address.')
  const { code } = error as { code?: unknown }
  return createUnanswered(`The server could not be reached${typeof code === 'string' ? ` (${code})` : ''}.`)
}
