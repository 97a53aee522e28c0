import type { AddressInfo } from 'node:net'
import { createServer, type Server } from 'node:net'
import { Webhook } from 'svix'
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

describe('sending to a webhook', () => {
  it('should carry a signature of every secret, which libraries of the standard verify', async () => {
    expect(await send(`${receiver.url}/hook?x=1`)).toEqual({ kind: 'DELIVERED', status: 204 })
    const [came] = receiver.received
    expect(came).toMatchObject({ id: 'msg_1', path: '/hook?x=1', body: message.body })
    expect(came?.headers['content-type']).toBe('application/json')
    expect(String(came?.headers['webhook-signature']).split(' ')).toHaveLength(2)
    for (const secret of secrets)
      expect(() =>
        new Webhook(secret).verify(came?.body ?? '', came?.headers as Record<string, string>),
      ).not.toThrow()
    const other = new Webhook('whsec_plJ3nmyCDGBKInavdOK15jsl')
    expect(() => other.verify(came?.body ?? '', came?.headers as Record<string, string>)).toThrow()
  })

  it.each([200, 201, 202, 204, 299])('should take %i for delivered', async (status) => {
    receiver.answer = () => ({ status })
    expect(await send()).toEqual({ kind: 'DELIVERED', status })
  })

  it.each([400, 401, 404, 429, 500, 503])('should take %i for failed', async (status) => {
    receiver.answer = () => ({ status, headers: { 'retry-after': '7' }, body: 'secret of the receiver' })
    expect(await send()).toEqual({
      kind: 'FAILED',
      status,
      message: `The server responded with HTTP status ${status}.`,
      retryAfterMs: 7_000,
    })
  })

  it('should take 410 for a wish to be sent no more', async () => {
    receiver.answer = () => ({ status: 410 })
    expect(await send()).toMatchObject({ kind: 'GONE', status: 410 })
  })

  it.each([301, 302, 303, 307, 308])('should not follow a redirect, such as %i', async (status) => {
    receiver.answer = () => ({ status, headers: { location: `${receiver.url}/elsewhere` } })
    expect(await send()).toMatchObject({ kind: 'FAILED', status })
    expect(receiver.received).toHaveLength(1)
  })

  it('should wait for an answer only so long', async () => {
    receiver.answer = () => null
    expect(await send()).toMatchObject({
      kind: 'FAILED',
      status: null,
      message: 'The server did not respond within 0.3 seconds.',
    })
  })

  it('should not read an answer without an end', async () => {
    receiver.answer = () => ({ status: 200, body: 'x'.repeat(10_000_000) })
    expect(await send()).toEqual({ kind: 'DELIVERED', status: 200 })
    receiver.answer = () => ({ status: 204 })
    expect(await send()).toEqual({ kind: 'DELIVERED', status: 204 })
  })

  it('should use one connection for messages one after the other', async () => {
    for (let count = 0; count < 5; count++) await send()
    expect(receiver.connections).toBe(1)
  })

  it('should say what is wrong with a receiver that is not there, or does not speak HTTP', async () => {
    await receiver[Symbol.asyncDispose]()
    expect(await send()).toMatchObject({
      status: null,
      message: 'The server could not be reached (ECONNREFUSED).',
    })
    const babbler: Server = createServer((socket) =>
      socket.on('error', () => undefined).end('220 mail.example\r\n'),
    )
    await new Promise<void>((resolve) => babbler.listen(0, '127.0.0.1', resolve))
    const { port } = babbler.address() as AddressInfo
    expect(await send(`http://127.0.0.1:${port}`)).toMatchObject({ kind: 'FAILED', status: null })
    babbler.close()
  })

  it('should send nothing inside, whatever was taken before', async () => {
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
