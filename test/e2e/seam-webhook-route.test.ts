import { randomUUID } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Secret } from '../../src/model/secret.ts'
import { startWorld, type World } from '../support/world.ts'

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

describe("the route for Seam's webhooks", () => {
  let world: World
  beforeAll(async () => {
    world = await startWorld({ config: { seamWebhookSecret: new Secret(secret) } })
  })
  afterAll(() => world[Symbol.asyncDispose]())

  const eventOf = (extra: object = {}) => ({
    event_id: randomUUID(),
    event_type: 'acs_credential.issued',
    workspace_id: world.sandbox.workspaceId,
    acs_system_id: randomUUID(),
    acs_credential_id: randomUUID(),
    created_at: '2026-11-23T12:00:00.000000Z',
    occurred_at: '2026-11-23T12:00:00.000000Z',
    ...extra,
  })

  function signed(body: string, at = new Date(), id = `msg_${randomUUID()}`) {
    return {
      'svix-id': id,
      'svix-timestamp': String(Math.floor(at.getTime() / 1000)),
      'svix-signature': new Webhook(secret).sign(id, at, body),
    }
  }

  const send = (body: string, headers: Record<string, string>) =>
    fetch(`${world.url}/webhooks/seam`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    })

  const changesOf = async (eventId: string) => {
    const { changes } = await world.ask<{ changes: { nodes: { seamEventId: string }[] } }>(
      '{ changes(last: 100) { nodes { seamEventId } } }',
    )
    return changes.nodes.filter((change) => change.seamEventId === eventId).length
  }

  it('should store a signed event once if it arrives several times', async () => {
    const event = eventOf()
    const body = JSON.stringify(event)
    const answers = await Promise.all(Array.from({ length: 5 }, () => send(body, signed(body))))
    expect(answers.map((answer) => answer.status)).toEqual([204, 204, 204, 204, 204])
    expect(await changesOf(event.event_id)).toBe(1)
  })

  it('should count signed webhooks of another workspace and without an event', async () => {
    for (const event of [eventOf({ workspace_id: randomUUID() }), eventOf({ workspace_id: '' }), null]) {
      const body = JSON.stringify(event)
      expect((await send(body, signed(body))).status).toBe(204)
    }
    const metrics = await (await fetch(`${world.url}/metrics`)).text()
    expect(metrics).toMatch(/^latchkey_webhooks_foreign_total 2$/m)
    expect(metrics).toMatch(/^latchkey_webhooks_malformed_total 1$/m)
    expect(metrics).toMatch(/^latchkey_webhooks_refused_total\{reason="workspace"\} 2$/m)
  })

  it('should reject a wrong signature, an old timestamp, missing headers and invalid JSON', async () => {
    const event = eventOf()
    const body = JSON.stringify(event)
    const forged = { ...signed(body), 'svix-signature': `v1,${Buffer.alloc(32).toString('base64')}` }
    const hourAgo = new Date(Date.now() - 3_600_000)
    const answers = await Promise.all([
      send(body, forged),
      send(body, signed(body, hourAgo)),
      send(body, {}),
      send('{"event_id":', signed('{"event_id":')),
      send(`${body} `, signed(body)),
    ])
    for (const answer of answers) expect([400, 401]).toContain(answer.status)
    const texts = await Promise.all(answers.map((answer) => answer.text()))
    for (const text of texts) {
      expect(text).not.toContain(secret)
      expect(text).not.toContain(event.event_id)
    }
    expect(await changesOf(event.event_id)).toBe(0)
  })

  it('should reject a body of 10 MB and keep running', async () => {
    const body = 'x'.repeat(10 * 1024 * 1024)
    const answer = await send(body, signed('')).catch((error: unknown) => error)
    // The gateway may close the connection while the sender still writes.
    if (answer instanceof Response) expect(answer.status).toBe(413)
    expect((await fetch(`${world.url}/healthz`)).status).toBe(200)
  })

  it('should accept unsupported events without storing them', async () => {
    for (const extra of [
      { event_type: 'thermostat.something_new' },
      { event_type: 'acs_credential.issued', acs_credential_id: 'no id' },
      { workspace_id: randomUUID() },
    ]) {
      const event = eventOf(extra)
      const body = JSON.stringify(event)
      expect((await send(body, signed(body))).status).toBe(204)
      expect(await changesOf(event.event_id)).toBe(0)
    }
  })

  it('should store no PIN that an event contains', async () => {
    const body = JSON.stringify(eventOf({ code: '8675309' }))
    expect((await send(body, signed(body))).status).toBe(204)
    const all = JSON.stringify(
      await world.ask('{ changes(last: 100) { nodes { id kind actor seamEventId } } }'),
    )
    expect(all).not.toContain('8675309')
  })
})
