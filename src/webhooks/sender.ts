import {
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { Webhook } from 'standardwebhooks'
import type { Secret } from '../model/secret.ts'
import { type Addresses, NotPublic } from './address.ts'
import type { Message } from './message.ts'
import { readRetryAfter } from './schedule.ts'

/** A try that was not taken. Only `GONE` says that the receiver wants no more. */
export type Failed = {
  readonly kind: 'GONE' | 'FAILED'
  /** Of the answer; `null` where there was none. */
  readonly status: number | null
  /** For the owner; holds nothing that the receiver has said but its status. */
  readonly message: string
  readonly retryAfterMs: number | null
}
export type SendResult = { readonly kind: 'DELIVERED' } | Failed

/** Where to, and the secrets that sign, the newest first. */
export type Target = { readonly url: string; readonly secrets: readonly Secret[] }

/** Sends messages signed as Standard Webhooks has it (standardwebhooks.com). Never rejects. */
export type Sender = {
  send(target: Target, message: Message, signal: AbortSignal): Promise<SendResult>
  close(): void
}

/** How long a receiver may take to answer. */
const answerMs = 15_000
/** An answer's text is read, for the connection to be used again, and thrown away. */
const answerBytes = 64 * 1024

export type SenderOptions = {
  readonly addresses: Addresses
  readonly answerMs?: number
}

export function createSender({ addresses, answerMs: patienceMs = answerMs }: SenderOptions): Sender {
  const pool = { keepAlive: true, maxSockets: 16, maxFreeSockets: 4, timeout: 60_000 }
  const agents = {
    'http:': new HttpAgent(pool),
    'https:': new HttpsAgent(pool),
  }

  async function send(target: Target, message: Message, signal: AbortSignal): Promise<SendResult> {
    const url = new URL(target.url)
    const lookup = addresses.lookupOf(url)
    if (lookup === null) return failed(new NotPublic())
    const timeout = AbortSignal.timeout(patienceMs)
    const options: RequestOptions = {
      method: 'POST',
      lookup,
      agent: agents[url.protocol as 'http:' | 'https:'],
      signal: AbortSignal.any([signal, timeout]),
      headers: headersOf(target, message),
    }
    try {
      return resultOf(await exchange(url, options, message.body))
    } catch (error) {
      return timeout.aborted ? slow(patienceMs) : failed(error)
    }
  }

  return {
    send,
    close() {
      for (const agent of Object.values(agents)) agent.destroy()
    },
  }
}

/** Sends a text and answers with the head of what comes back. */
function exchange(url: URL, options: RequestOptions, body: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const open = url.protocol === 'https:' ? httpsRequest : httpRequest
    const request = open(url, options, (response) => {
      discard(response)
      resolve(response)
    })
    request.on('error', (error: NodeJS.ErrnoException) => {
      // A connection that was kept may have been closed at the other end in the same moment: nothing was read of this.
      if (request.reusedSocket && error.code === 'ECONNRESET')
        exchange(url, options, body).then(resolve, reject)
      else reject(error)
    })
    request.end(body)
  })
}

/** Reads what comes after the head, up to a bound, for nobody. */
function discard(response: IncomingMessage): void {
  let left = answerBytes
  response.on('error', () => undefined)
  response.on('data', (chunk: Buffer) => {
    left -= chunk.length
    if (left < 0) response.destroy()
  })
}

function headersOf({ secrets }: Target, { id, body }: Message): Record<string, string | number> {
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

function resultOf({ statusCode: status = 0, headers }: IncomingMessage): SendResult {
  if (status >= 200 && status < 300) return { kind: 'DELIVERED' }
  const isRedirect = status >= 300 && status < 400
  return {
    kind: status === 410 ? 'GONE' : 'FAILED',
    status,
    message: `It answered ${status}.${isRedirect ? ' Redirects are not followed: give the address they lead to.' : ''}`,
    retryAfterMs: readRetryAfter(headers['retry-after'], Date.now()),
  }
}

const unanswered = (message: string): SendResult => ({
  kind: 'FAILED',
  status: null,
  message,
  retryAfterMs: null,
})
const slow = (ms: number): SendResult => unanswered(`It gave no answer within ${ms / 1000} seconds.`)

/** Why there was no answer, by the code of the error: its text may hold addresses. */
function failed(error: unknown): SendResult {
  if (error instanceof NotPublic) return unanswered('Its host does not resolve to a public address.')
  const { code } = error as { code?: unknown }
  return unanswered(`It could not be reached${typeof code === 'string' ? ` (${code})` : ''}.`)
}
