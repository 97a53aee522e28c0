import { createHmac, randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { readRefusals } from '../../../src/ingest/seam-webhooks/refused-webhooks.ts'
import {
  createWebhookReceiver,
  type WebhookReceiver,
  type WebhookReceiverOptions,
} from '../../../src/ingest/seam-webhooks/webhook-receiver.ts'
import type { Journal } from '../../../src/journal/journal.ts'
import { openSqliteJournal } from '../../../src/journal/sqlite/sqlite-journal.ts'
import { lifecycleDedupeKeys } from '../../../src/model/change.ts'
import { changesOfEvent } from '../../../src/model/seam-events.ts'
import { Secret } from '../../../src/model/secret.ts'
import { createLogger } from '../../../src/observability/logger.ts'

const workspaceId = '0d1e2f3a-4b5c-4d6e-8f70-8192a3b4c5d6'
const secretOf = (key: Buffer): string => `whsec_${key.toString('base64')}`
const secret = secretOf(randomBytes(24))

type Headers = Record<string, string | string[] | undefined>

const eventOf = (extra: Record<string, unknown> = {}) => ({
  event_id: randomUUID(),
  event_type: 'acs_credential.issued',
  workspace_id: workspaceId,
  acs_system_id: '3c9e1a70-52b4-4f0e-9d1c-6b7a8c9d0e1f',
  acs_credential_id: '66666666-6666-4666-8666-666666666666',
  created_at: '2026-07-20T12:00:00.000Z',
  occurred_at: '2026-07-20T12:00:00.000Z',
  ...extra,
})

/** Signs as Seam does, implemented from the specification instead of the library under test. */
function sign(
  body: string,
  { by = secret, at = Math.floor(Date.now() / 1000), id = `msg_${randomUUID()}` } = {},
) {
  const key = Buffer.from(by.replace('whsec_', ''), 'base64')
  const mac = createHmac('sha256', key).update(`${id}.${at}.${body}`).digest('base64')
  return { 'svix-id': id, 'svix-timestamp': `${at}`, 'svix-signature': `v1,${mac}` }
}

let folder: string
let journal: Journal
let logged: PassThrough
let secrets: string[]
let receiver: WebhookReceiver
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-ingest-'))
  journal = await openSqliteJournal({ file: join(folder, 'journal.db') })
  logged = new PassThrough()
  secrets = [secret]
  receiver = createWebhookReceiver(receiverOptions())
})
afterEach(async () => {
  vi.useRealTimers()
  await journal.close()
  await rm(folder, { recursive: true })
})

const receiverOptions = (): WebhookReceiverOptions => ({
  journal,
  workspaceId,
  secrets: () => secrets.map((secret) => new Secret(secret)),
  log: createLogger('trace', { destination: logged, isTerminal: false }),
})

const receive = (body: string, headers: Headers = sign(body)) => receiver.receive(Buffer.from(body), headers)
const kept = () => journal.read(0, 100)
const log = (): string => String(logged.read() ?? '')

describe("a webhook of Seam's", () => {
  it('should be in the journal once it is answered with 204', async () => {
    const event = eventOf()
    expect(await receive(JSON.stringify(event))).toMatchObject({ status: 204 })
    expect(await kept()).toMatchObject([
      {
        offset: 1,
        subject: 'CREDENTIAL',
        kind: 'ISSUED',
        origin: 'WEBHOOK',
        seamEventId: event.event_id,
        acsCredentialId: event.acs_credential_id,
        occurredAt: event.occurred_at,
      },
    ])
  })

  it('should be stored once, even if it is repeated in other messages', async () => {
    const body = JSON.stringify(eventOf())
    const answers = await Promise.all(Array.from({ length: 5 }, () => receive(body)))
    answers.push(await receive(body))
    expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(204))
    expect(await kept()).toHaveLength(1)
  })

  it('should not publish again a creation or deletion that another source has published', async () => {
    const id = '66666666-6666-4666-8666-666666666666'
    const deleted = eventOf({ event_type: 'acs_credential.deleted', acs_credential_id: id })
    const own = changesOfEvent(deleted, 'MUTATION')
    await journal.append([{ dedupeKeys: lifecycleDedupeKeys(own), changes: own }])
    expect(await receive(JSON.stringify(deleted))).toMatchObject({ status: 204 })
    const issued = { ...eventOf(), event_id: randomUUID(), acs_credential_id: id }
    await receive(JSON.stringify(issued))
    expect(await kept()).toMatchObject([
      { kind: 'DELETED', origin: 'MUTATION' },
      { kind: 'ISSUED', origin: 'WEBHOOK' },
    ])
  })

  it('should be accepted as in the published example, bytes and all', async () => {
    vi.useFakeTimers({ now: 1_784_548_800_000, toFake: ['Date'] })
    secrets = ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw']
    const body =
      '{"event_id":"8a1f3c52-0d4e-4b7a-9c11-2f6d5e7a9b01","event_type":"acs_user.created","workspace_id":"0d1e2f3a-4b5c-4d6e-8f70-8192a3b4c5d6","acs_system_id":"3c9e1a70-52b4-4f0e-9d1c-6b7a8c9d0e1f","acs_user_id":"b2d4f6a8-1c3e-4a5b-8d7f-9e0a1b2c3d4e","created_at":"2026-07-20T12:00:00.000Z","occurred_at":"2026-07-20T12:00:00.000Z"}'
    const headers = {
      'svix-id': 'msg_2bXKq4ExampleLatch01',
      'svix-timestamp': '1784548800',
      'svix-signature': 'v1,HVMkdwvo8BvRiARzeokC245QlE5Fhqjm2NQKowZ/Mt0=',
    }
    expect(await receive(body, headers)).toMatchObject({ status: 204 })
    expect(await kept()).toMatchObject([
      { subject: 'USER', kind: 'CREATED', acsUserId: 'b2d4f6a8-1c3e-4a5b-8d7f-9e0a1b2c3d4e' },
    ])
  })

  it("should be accepted as Svix's own library signs it", async () => {
    const body = JSON.stringify(eventOf({ note: 'Zoë 🔑' }))
    const at = new Date()
    const headers = {
      'svix-id': 'msg_1',
      'svix-timestamp': `${Math.floor(at.getTime() / 1000)}`,
      'svix-signature': new Webhook(secret).sign('msg_1', at, body),
    }
    expect(await receive(body, headers)).toMatchObject({ status: 204 })
    expect(await kept()).toHaveLength(1)
  })

  it("should be accepted with Standard Webhooks' names of the headers", async () => {
    const body = JSON.stringify(eventOf())
    const headers = Object.fromEntries(
      Object.entries(sign(body)).map(([name, value]) => [name.replace('svix', 'webhook'), value]),
    )
    expect(await receive(body, headers)).toMatchObject({ status: 204 })
    expect(await kept()).toHaveLength(1)
  })

  it('should be accepted when any of its signatures matches', async () => {
    const body = JSON.stringify(eventOf())
    const headers = sign(body)
    const others = `v1a,${randomBytes(64).toString('base64')} v1,${randomBytes(32).toString('base64')}`
    const answer = await receive(body, {
      ...headers,
      'svix-signature': `${others} ${headers['svix-signature']}`,
    })
    expect(answer).toMatchObject({ status: 204 })
    expect(await kept()).toHaveLength(1)
  })

  it('should be accepted with either secret during a rotation, and only with the new one afterwards', async () => {
    const next = secretOf(randomBytes(24))
    secrets = [next, secret]
    for (const by of [secret, next]) {
      const body = JSON.stringify(eventOf())
      expect(await receive(body, sign(body, { by }))).toMatchObject({ status: 204 })
    }
    secrets = [next]
    expect(await receive(JSON.stringify(eventOf()))).toMatchObject({ status: 401, code: 'BAD_SIGNATURE' })
    expect(await kept()).toHaveLength(2)
  })

  it.each([
    [300, 204],
    [-300, 204],
    [301, 400],
    [-301, 400],
  ])(
    'should be accepted if its timestamp is at most 5 minutes from now: %i s results in %i',
    async (ageSeconds, status) => {
      vi.useFakeTimers({ now: Date.now(), toFake: ['Date'] })
      const body = JSON.stringify(eventOf())
      const at = Math.floor(Date.now() / 1000) - ageSeconds
      const answer = await receive(body, sign(body, { at }))
      expect(answer).toMatchObject({ status, code: status === 204 ? 'TAKEN' : 'STALE' })
    },
  )
})

describe('a webhook that is dropped with 204, since a retry would not change the result', () => {
  it.each([
    ['an event that Latchkey does not use', eventOf({ event_type: 'thermostat.schedule_created' })],
    ['an event of an unknown type', eventOf({ event_type: 'acs_credential.some_day_new' })],
    ['an event without a valid id of its object', eventOf({ acs_credential_id: 'no id' })],
    ['an event of another workspace', eventOf({ workspace_id: randomUUID() })],
    ['an event without a workspace', eventOf({ workspace_id: undefined })],
    ['an event without an id', eventOf({ event_id: undefined })],
    ['an event with an empty id', eventOf({ event_id: '' })],
    ['an event whose id is a number', eventOf({ event_id: 7 })],
    ['an event without a type', eventOf({ event_type: undefined })],
    ['a list', [eventOf()]],
    ['a text', 'event'],
    ['null', null],
  ])('should not be stored: %s', async (_, event) => {
    expect(await receive(JSON.stringify(event))).toMatchObject({ status: 204 })
    expect(await journal.readHead()).toBe(0)
  })

  it('should be counted if it belongs to another workspace or is not an event', async () => {
    const foreign = randomUUID()
    const event = eventOf({ workspace_id: foreign })
    await receive(JSON.stringify(event))
    const warning = log()
    for (const part of ['another workspace', foreign, workspaceId]) expect(warning).toContain(part)
    await receive('null')
    expect(log()).toContain('not a Seam event')
    expect(receiver.refused).toMatchObject({ workspace: 1, event: 1, signature: 0 })
  })

  it('should be logged at most once per minute', async () => {
    let nowMs = Date.now()
    const many = createWebhookReceiver({ ...receiverOptions(), now: () => nowMs })
    const body = JSON.stringify(eventOf({ workspace_id: randomUUID() }))
    const receiveMany = async () => {
      for (let count = 0; count < 50; count++) await many.receive(Buffer.from(body), sign(body))
      return log()
        .split('\n')
        .filter((line) => line.includes('another workspace'))
    }
    expect(await receiveMany()).toHaveLength(1)
    expect(await receiveMany()).toHaveLength(0)
    nowMs += 60_000
    const [line = '', ...others] = await receiveMany()
    expect(others).toEqual([])
    expect(JSON.parse(line)).toMatchObject({ reason: 'workspace', count: 101 })
    expect(many.refused).toMatchObject({ workspace: 150, event: 0 })
  })

  it('should not be an event of this workspace with its id in upper case', async () => {
    await receive(JSON.stringify(eventOf({ workspace_id: workspaceId.toUpperCase() })))
    expect(await kept()).toHaveLength(1)
  })

  it('should not prevent the same event from being stored by the right workspace', async () => {
    const event = eventOf({ workspace_id: randomUUID() })
    await receive(JSON.stringify(event))
    await receive(JSON.stringify({ ...event, workspace_id: workspaceId }))
    expect(await kept()).toHaveLength(1)
  })
})

describe('a refused webhook', () => {
  const body = JSON.stringify(eventOf({ code: '8675309' }))
  const good = () => sign(body)
  const without = (name: string) => ({ ...good(), [name]: undefined })

  it.each<[string, () => Headers]>([
    ['no headers', () => ({})],
    ['no id', () => without('svix-id')],
    ['no timestamp', () => without('svix-timestamp')],
    ['no signature', () => without('svix-signature')],
    ['an empty id', () => ({ ...good(), 'svix-id': '' })],
    ['an id with a space', () => ({ ...good(), 'svix-id': 'msg 1' })],
    ['an id twice, as Node joins it', () => ({ ...good(), 'svix-id': 'msg_1, msg_1' })],
    ['an id twice, as a list', () => ({ ...good(), 'svix-id': ['msg_1', 'msg_1'] })],
    ['an id with a character outside ASCII', () => ({ ...good(), 'svix-id': 'msg_é' })],
    ['an id of 10,000 characters', () => ({ ...good(), 'svix-id': 'm'.repeat(10_000) })],
    [
      'a timestamp with text after it',
      () => ({ ...good(), 'svix-timestamp': `${good()['svix-timestamp']}x` }),
    ],
    ['a timestamp with a fraction', () => ({ ...good(), 'svix-timestamp': `${good()['svix-timestamp']}.0` })],
    ['a timestamp with a sign', () => ({ ...good(), 'svix-timestamp': `+${good()['svix-timestamp']}` })],
    ['a timestamp with a space', () => ({ ...good(), 'svix-timestamp': ` ${good()['svix-timestamp']}` })],
    [
      'a timestamp with zeros before it',
      () => ({ ...good(), 'svix-timestamp': `00${good()['svix-timestamp']}` }),
    ],
    ['a timestamp twice', () => ({ ...good(), 'svix-timestamp': `${good()['svix-timestamp']}, 1` })],
    ['a timestamp that is not a number', () => ({ ...good(), 'svix-timestamp': 'now' })],
    ['an empty signature', () => ({ ...good(), 'svix-signature': '' })],
    [
      'a signature without a version',
      () => ({ ...good(), 'svix-signature': good()['svix-signature'].slice(3) }),
    ],
    ['a version without a signature', () => ({ ...good(), 'svix-signature': 'v1,' })],
    [
      'signatures with two spaces',
      () => ({ ...good(), 'svix-signature': `${good()['svix-signature']}  v1,AAAA` }),
    ],
    ['signatures twice', () => ({ ...good(), 'svix-signature': `${good()['svix-signature']}, v1,AAAA` })],
    ['a list of signatures', () => ({ ...good(), 'svix-signature': [good()['svix-signature']] })],
    [
      'a signature with another part',
      () => ({ ...good(), 'svix-signature': `${good()['svix-signature']},x` }),
    ],
    [
      'headers of both families, none of them complete',
      () => ({ ...without('svix-id'), 'webhook-id': good()['svix-id'] }),
    ],
  ])('should get BAD_HEADERS: %s', async (_, headers) => {
    const answer = await receive(body, headers())
    expect(answer).toMatchObject({ status: 400, code: 'BAD_HEADERS' })
    expect(answer.message).toMatch(/svix-|webhook-/)
    expect(await journal.readHead()).toBe(0)
  })

  it.each<[string, () => Headers]>([
    ['signed with another secret', () => sign(body, { by: secretOf(randomBytes(24)) })],
    ['signed for another body', () => sign(`${body} `)],
    ['signed for another message', () => ({ ...good(), 'svix-id': 'msg_other' })],
    [
      'signed for another time',
      () => ({ ...good(), 'svix-timestamp': `${Number(good()['svix-timestamp']) - 1}` }),
    ],
    [
      'signed in another version only',
      () => ({ ...good(), 'svix-signature': good()['svix-signature'].replace('v1', 'v2') }),
    ],
    [
      'signed with a truncated signature',
      () => ({ ...good(), 'svix-signature': good()['svix-signature'].slice(0, -8) }),
    ],
  ])('should get BAD_SIGNATURE: %s', async (_, headers) => {
    expect(await receive(body, headers())).toMatchObject({ status: 401, code: 'BAD_SIGNATURE' })
    expect(await journal.readHead()).toBe(0)
  })

  it.each([
    ['an empty body', ''],
    ['truncated JSON', '{"event_id":'],
    ['form data', 'event_id=1&event_type=acs_user.created'],
  ])('should get BAD_JSON if it is signed and not readable: %s', async (_, text) => {
    secrets = [secret, secretOf(randomBytes(24))]
    expect(await receive(text)).toMatchObject({ status: 400, code: 'BAD_JSON' })
  })

  it('should get BAD_SIGNATURE if it is neither JSON nor signed', async () => {
    expect(await receive('{"event_id":', good())).toMatchObject({ status: 401, code: 'BAD_SIGNATURE' })
  })

  it('should get STALE despite a valid signature', async () => {
    const answer = await receive(body, sign(body, { at: Math.floor(Date.now() / 1000) - 3_600 }))
    expect(answer).toMatchObject({ status: 400, code: 'STALE' })
    expect(answer.message).toContain('clocks')
  })

  it('should get NO_SECRET or BAD_SECRET if the secret of the gateway is missing or malformed', async () => {
    secrets = []
    expect(await receive(body)).toMatchObject({ status: 401, code: 'NO_SECRET' })
    secrets = ['whsec_not base64!']
    expect(await receive(body)).toMatchObject({ status: 401, code: 'BAD_SECRET' })
    expect(log()).toContain('secret')
    secrets = ['whsec_not base64!', secretOf(randomBytes(24)), '']
    expect(await receive(body)).toMatchObject({ status: 401, code: 'BAD_SIGNATURE' })
    secrets = ['whsec_not base64!', secret]
    expect(await receive(body)).toMatchObject({ status: 204 })
  })

  it('should not find its data or a secret in any response or in the log', async () => {
    secrets = ['whsec_not base64!', secret]
    const attempts = await Promise.all([
      receive(body),
      receive(body, {}),
      receive(body, { ...good(), 'svix-id': 'msg 8675309' }),
      receive(body, sign(`${body} `)),
      receive(body, sign(body, { at: 1 })),
      receive('8675309 {'),
      receive('"8675309"'),
    ])
    const said = `${JSON.stringify(attempts)} ${log()}`
    for (const hidden of ['8675309', secret, secret.slice(6), 'not base64!'])
      expect(said).not.toContain(hidden)
  })
})

describe('a journal that cannot be written', () => {
  it('should result in 503 with a retry-after', async () => {
    await journal.close()
    const answer = await receive(JSON.stringify(eventOf()))
    expect(answer).toMatchObject({ status: 503, code: 'JOURNAL_UNAVAILABLE', retryAfter: 5 })
    expect(answer.message).not.toContain(folder)
    expect(log()).toContain('could not be stored')
  })

  it('should not be used for events that are dropped anyway', async () => {
    await journal.close()
    const body = JSON.stringify(eventOf({ event_type: 'space.created' }))
    expect(await receive(body)).toMatchObject({ status: 204 })
    expect(await receive(body, {})).toMatchObject({ status: 400 })
  })
})

describe('the refusal log and record', () => {
  const body = JSON.stringify(eventOf())
  const now = () => Math.floor(Date.now() / 1000)
  const foreign = JSON.stringify(eventOf({ workspace_id: randomUUID() }))

  it.each<[string, string, Headers, RegExp]>([
    ['headers', body, {}, /svix-id/],
    [
      'signature',
      body,
      sign(body, { by: secretOf(randomBytes(24)) }),
      /SEAM_WEBHOOK_SECRET to the secret of the webhook/,
    ],
    ['timestamp', body, sign(body, { at: now() - 600 }), /clock is \d{3} s ahead of the timestamp.*NTP/],
    ['timestamp', body, sign(body, { at: now() + 3600 }), /clock is \d{4} s behind the timestamp.*NTP/],
    ['body', '{', sign('{'), /not JSON/],
    ['event', 'null', sign('null'), /not a Seam event/],
    ['workspace', foreign, sign(foreign), /another workspace/],
  ])('should contain the reason: %s', async (reason, text, headers, detail) => {
    await receiver.receive(Buffer.from(text), headers)
    expect(receiver.refused).toMatchObject({ [reason]: 1 })
    const line = log()
      .split('\n')
      .find((each) => each.includes('a webhook was refused'))
    expect(JSON.parse(line ?? '')).toMatchObject({
      level: 'warn',
      reason,
      msg: expect.stringMatching(detail),
    })
    const found = await readRefusals(journal)
    expect(found).toMatchObject({
      takenAt: null,
      reasons: { [reason]: { count: 1, detail: expect.stringMatching(detail) } },
    })
    await receive(body)
    expect(await readRefusals(journal)).toMatchObject({ takenAt: expect.any(Number) })
  })

  it('should name a malformed secret', async () => {
    secrets = []
    await receive(body)
    expect(receiver.refused).toMatchObject({ secret: 1 })
    expect(log()).toContain('webhook secret of this gateway is missing or malformed')
  })

  it('should not count a webhook that matches a secret rotated by another process', async () => {
    secrets = [secretOf(randomBytes(24))]
    const again = createWebhookReceiver({
      ...receiverOptions(),
      async reloadSecrets() {
        secrets = [secret]
        return true
      },
    })
    expect(await again.receive(Buffer.from(body), sign(body))).toMatchObject({ status: 204 })
    expect(again.refused).toMatchObject({ signature: 0 })
  })
})
