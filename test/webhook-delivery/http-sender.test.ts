import type { AddressInfo } from 'node:net'
import { createServer, type Server } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Secret } from '../../src/model/secret.ts'
import { createHttpSender, type HttpSender } from '../../src/webhook-delivery/http-sender.ts'
import { createSsrfGuard } from '../../src/webhook-delivery/ssrf-guard.ts'
import { type Receiver, startReceiver } from '../support/webhook-receiver.ts'

const secrets = ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD']
const hidden = secrets.map((secret) => new Secret(secret))
const message = { id: 'msg_1', body: '{"type":"user.created","data":{"name":"Zoë"}}' }
const { signal } = new AbortController()

let receiver: Receiver
let sender: HttpSender
beforeEach(async () => {
  receiver = await startReceiver()
  sender = createHttpSender({ ssrfGuard: createSsrfGuard(['127.0.0.1']), answerTimeoutMs: 300 })
})
afterEach(async () => {
  sender.close()
  await receiver[Symbol.asyncDispose]()
})

const send = (url = receiver.url) => sender.send({ url, secrets: hidden }, message, signal)

describe('a message to a webhook endpoint', () => {
  it('should have a signature by every secret, valid for the libraries of Standard Webhooks', async () => {
    expect(await send(`${receiver.url}/hook?x=1`)).toEqual({ kind: 'DELIVERED', status: 204 })
    const [request] = receiver.received
    expect(request).toMatchObject({ id: 'msg_1', path: '/hook?x=1', body: message.body })
    expect(request?.headers['content-type']).toBe('application/json')
    expect(String(request?.headers['webhook-signature']).split(' ')).toHaveLength(2)
    for (const secret of secrets)
      expect(() =>
        new Webhook(secret).verify(request?.body ?? '', request?.headers as Record<string, string>),
      ).not.toThrow()
    const other = new Webhook('whsec_plJ3nmyCDGBKInavdOK15jsl')
    expect(() => other.verify(request?.body ?? '', request?.headers as Record<string, string>)).toThrow()
  })

  it.each([200, 201, 202, 204, 299])('should be delivered if the status is %i', async (status) => {
    receiver.answer = () => ({ status })
    expect(await send()).toEqual({ kind: 'DELIVERED', status })
  })

  it.each([400, 401, 404, 429, 500, 503])('should be failed if the status is %i', async (status) => {
    receiver.answer = () => ({ status, headers: { 'retry-after': '7' }, body: 'secret of the receiver' })
    expect(await send()).toEqual({
      kind: 'FAILED',
      status,
      message: `The server responded with HTTP status ${status}.`,
      retryAfterMs: 7_000,
    })
  })

  it('should stop further messages if the status is 410', async () => {
    receiver.answer = () => ({ status: 410 })
    expect(await send()).toMatchObject({ kind: 'GONE', status: 410 })
  })

  it.each([301, 302, 303, 307, 308])(
    'should not be sent on to the target of a redirect with %i',
    async (status) => {
      receiver.answer = () => ({ status, headers: { location: `${receiver.url}/elsewhere` } })
      expect(await send()).toMatchObject({ kind: 'FAILED', status })
      expect(receiver.received).toHaveLength(1)
    },
  )

  it('should fail if the server does not respond in time', async () => {
    receiver.answer = () => null
    expect(await send()).toMatchObject({
      kind: 'FAILED',
      status: null,
      message: 'The server did not respond within 0.3 seconds.',
    })
  })

  it('should be delivered without reading a long response body', async () => {
    receiver.answer = () => ({ status: 200, body: 'x'.repeat(10_000_000) })
    expect(await send()).toEqual({ kind: 'DELIVERED', status: 200 })
    receiver.answer = () => ({ status: 204 })
    expect(await send()).toEqual({ kind: 'DELIVERED', status: 204 })
  })

  it('should reuse the connection of an earlier message', async () => {
    for (let count = 0; count < 5; count++) await send()
    expect(receiver.connections).toBe(1)
  })

  it('should fail with the reason if the server cannot be reached, or does not use HTTP', async () => {
    await receiver[Symbol.asyncDispose]()
    expect(await send()).toMatchObject({
      status: null,
      message: 'The server could not be reached (ECONNREFUSED).',
    })
    const mailServer: Server = createServer((socket) =>
      socket.on('error', () => undefined).end('220 mail.example\r\n'),
    )
    await new Promise<void>((resolve) => mailServer.listen(0, '127.0.0.1', resolve))
    const { port } = mailServer.address() as AddressInfo
    expect(await send(`http://127.0.0.1:${port}`)).toMatchObject({ kind: 'FAILED', status: null })
    mailServer.close()
  })

  it('should not be sent to an internal address, even if its URL was accepted before', async () => {
    const strict = createHttpSender({ ssrfGuard: createSsrfGuard([]) })
    for (const url of [receiver.url, receiver.url.replace('http', 'https'), 'https://localhost/'])
      expect(await strict.send({ url, secrets: hidden }, message, signal)).toMatchObject({
        kind: 'FAILED',
        message: 'The host of the URL does not resolve to a public IP address.',
      })
    expect(receiver.connections).toBe(0)
    strict.close()
  })
})
