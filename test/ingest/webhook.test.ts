import { createHmac, randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { Webhook } from 'svix'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createWebhookReceiver, type WebhookReceiver } from '../../src/ingest/webhook.ts'
import type { Journal } from '../../src/journal/journal.ts'
import { openSqliteJournal } from '../../src/journal/sqlite.ts'
import { createLogger } from '../../src/log.ts'
import { type NewChange, onceKeys } from '../../src/model/change.ts'
import { changesOf } from '../../src/model/events.ts'
import type { AcsUserId } from '../../src/model/ids.ts'
import { Secret } from '../../src/model/secret.ts'

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

/** Signs as Seam does, by the book rather than by the library under test. */
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
  receiver = receiverWith((change) => change)
})
afterEach(async () => {
  vi.useRealTimers()
  await journal.close()
  await rm(folder, { recursive: true })
})

const receiverWith = (place: (change: NewChange) => NewChange): WebhookReceiver =>
  createWebhookReceiver({
    journal,
    workspaceId,
    secrets: () => secrets.map((secret) => new Secret(secret)),
    place,
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

  it('should be kept once, however often it comes and in whatever message', async () => {
    const body = JSON.stringify(eventOf())
    const answers = await Promise.all(Array.from({ length: 5 }, () => receive(body)))
    answers.push(await receive(body))
    expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(204))
    expect(await kept()).toHaveLength(1)
  })

  it('should not tell again what somebody else has told of a begin or an end', async () => {
    const id = '66666666-6666-4666-8666-666666666666'
    const deleted = eventOf({ event_type: 'acs_credential.deleted', acs_credential_id: id })
    const own = changesOf(deleted, 'MUTATION')
    await journal.append([{ dedupeKeys: onceKeys(own), changes: own }])
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

  it('should be accepted when any of its signatures fits', async () => {
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

  it('should be accepted with either secret while one is being exchanged, and with the old one no longer', async () => {
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

  it('should be placed by what is known at hand before it is kept', async () => {
    const acsUserId = 'b2d4f6a8-1c3e-4a5b-8d7f-9e0a1b2c3d4e' as AcsUserId
    receiver = receiverWith((change) => ({ ...change, acsUserId }))
    await receive(JSON.stringify(eventOf()))
    expect(await kept()).toMatchObject([{ acsUserId }])
  })

  it.each([
    [300, 204],
    [-300, 204],
    [301, 400],
    [-301, 400],
  ])('should be taken up to 5 minutes from now: %i s gives %i', async (ageSeconds, status) => {
    vi.useFakeTimers({ now: Date.now(), toFake: ['Date'] })
    const body = JSON.stringify(eventOf())
    const at = Math.floor(Date.now() / 1000) - ageSeconds
    const answer = await receive(body, sign(body, { at }))
    expect(answer).toMatchObject({ status, code: status === 204 ? 'TAKEN' : 'STALE' })
  })
})

describe('what leaves nothing behind and is answered with 204, as it would be no other the next time', () => {
  it.each([
    ['an event of no use here', eventOf({ event_type: 'thermostat.schedule_created' })],
    ['an event of a type that is not known', eventOf({ event_type: 'acs_credential.some_day_new' })],
    ['an event without the id of what it is about', eventOf({ acs_credential_id: 'no id' })],
    ['an event of another workspace', eventOf({ workspace_id: randomUUID() })],
    ['an event without a workspace', eventOf({ workspace_id: undefined })],
    ['an event without an id', eventOf({ event_id: undefined })],
    ['an event with an empty id', eventOf({ event_id: '' })],
    ['an event whose id is a number', eventOf({ event_id: 7 })],
    ['an event without a type', eventOf({ event_type: undefined })],
    ['a list', [eventOf()]],
    ['a text', 'event'],
    ['null', null],
  ])('%s', async (_, event) => {
    expect(await receive(JSON.stringify(event))).toMatchObject({ status: 204 })
    expect(await journal.head()).toBe(0)
  })

  it('should be logged where something is odd: another workspace, or no event at all', async () => {
    const event = eventOf({ workspace_id: randomUUID() })
    await receive(JSON.stringify(event))
    expect(log()).toContain('another workspace')
    await receive('null')
    expect(log()).toContain('without an event')
  })

  it('should not stand in the way of the event when it comes to the right place', async () => {
    const event = eventOf({ workspace_id: randomUUID() })
    await receive(JSON.stringify(event))
    await receive(JSON.stringify({ ...event, workspace_id: workspaceId }))
    expect(await kept()).toHaveLength(1)
  })
})

describe('what is refused', () => {
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
    ['an id in letters that no header has', () => ({ ...good(), 'svix-id': 'msg_é' })],
    ['an endless id', () => ({ ...good(), 'svix-id': 'm'.repeat(10_000) })],
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
    ['a timestamp in words', () => ({ ...good(), 'svix-timestamp': 'now' })],
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
      'headers of both families, neither whole',
      () => ({ ...without('svix-id'), 'webhook-id': good()['svix-id'] }),
    ],
  ])('should be told as malformed headers: %s', async (_, headers) => {
    const answer = await receive(body, headers())
    expect(answer).toMatchObject({ status: 400, code: 'BAD_HEADERS' })
    expect(answer.message).toMatch(/svix-|webhook-/)
    expect(await journal.head()).toBe(0)
  })

  it.each<[string, () => Headers]>([
    ['signed by another', () => sign(body, { by: secretOf(randomBytes(24)) })],
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
      'signed with too little',
      () => ({ ...good(), 'svix-signature': good()['svix-signature'].slice(0, -8) }),
    ],
  ])('should be told as a bad signature: %s', async (_, headers) => {
    expect(await receive(body, headers())).toMatchObject({ status: 401, code: 'BAD_SIGNATURE' })
    expect(await journal.head()).toBe(0)
  })

  it.each([
    ['nothing', ''],
    ['half of it', '{"event_id":'],
    ['a form', 'event_id=1&event_type=acs_user.created'],
  ])('should be told as no JSON when it is signed and unreadable: %s', async (_, text) => {
    secrets = [secret, secretOf(randomBytes(24))]
    expect(await receive(text)).toMatchObject({ status: 400, code: 'BAD_JSON' })
  })

  it('should be told as a bad signature when it is unreadable and not even signed', async () => {
    expect(await receive('{"event_id":', good())).toMatchObject({ status: 401, code: 'BAD_SIGNATURE' })
  })

  it('should be told as stale although it is signed well', async () => {
    const answer = await receive(body, sign(body, { at: Math.floor(Date.now() / 1000) - 3_600 }))
    expect(answer).toMatchObject({ status: 400, code: 'STALE' })
    expect(answer.message).toContain('clocks')
  })

  it('should be told what the gateway lacks: a secret, or one that can be read', async () => {
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

  it('should find nothing of what it sent, and no secret, in any answer or in the log', async () => {
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

describe('a journal that can not be written', () => {
  it('should make Seam send it again: 503, and when', async () => {
    await journal.close()
    const answer = await receive(JSON.stringify(eventOf()))
    expect(answer).toMatchObject({ status: 503, code: 'JOURNAL_UNAVAILABLE', retryAfter: 5 })
    expect(answer.message).not.toContain(folder)
    expect(log()).toContain('could not be kept')
  })

  it('should not be asked for what would not be kept anyway', async () => {
    await journal.close()
    const body = JSON.stringify(eventOf({ event_type: 'space.created' }))
    expect(await receive(body)).toMatchObject({ status: 204 })
    expect(await receive(body, {})).toMatchObject({ status: 400 })
  })
})
