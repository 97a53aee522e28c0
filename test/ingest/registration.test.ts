import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRegistration, type Registration } from '../../src/ingest/registration.ts'
import { createTurns, type Turn, type Turns } from '../../src/journal/turn.ts'
import { createLogger } from '../../src/log.ts'
import { type Ground, startGround } from './intake.ts'

const secretsOf = (registration: Registration): readonly string[] =>
  registration.secrets().map((secret) => secret.reveal())

const { signal } = new AbortController()
const hourMs = 3_600_000

let ground: Ground
let nowMs: number
beforeEach(async () => {
  ground = await startGround()
  nowMs = Date.now()
})
afterEach(async () => {
  for (const { close } of turns.splice(0)) await close()
  await ground[Symbol.asyncDispose]()
})

const turns: Turns[] = []

function turnOf(holder: string): Turn {
  const own = createTurns({ journal: ground.journal, name: 'ingest', holder, log: createLogger('silent') })
  turns.push(own)
  return own.take
}

function registrationAt(publicUrl = 'https://latchkey.example.com', holder = 'one'): Registration {
  return createRegistration({
    seam: ground.seam,
    journal: ground.journal,
    log: createLogger('silent'),
    turn: turnOf(holder),
    publicUrl,
    graceMs: hourMs,
    now: () => nowMs,
  })
}

const there = async () => (await ground.seam.listWebhooks()).map(({ webhookId, url }) => ({ webhookId, url }))

describe("the gateway's webhook", () => {
  it('should be made once, and found again after a restart', async () => {
    const first = registrationAt()
    expect(await first.check(signal)).toBe('MADE')
    const again = registrationAt()
    expect(await again.check(signal)).toBe('FOUND')
    expect(secretsOf(again)).toEqual(secretsOf(first))
    expect(await there()).toMatchObject([{ url: 'https://latchkey.example.com/webhooks/seam' }])
  })

  it('should be made again where it was deleted', async () => {
    const registration = registrationAt()
    await registration.check(signal)
    const [made] = await there()
    await ground.seam.deleteWebhook(made?.webhookId ?? '')
    const [before] = secretsOf(registration)
    expect(await registration.check(signal)).toBe('MADE')
    expect(secretsOf(registration)).toHaveLength(1)
    expect(secretsOf(registration)).not.toContain(before)
    expect(await there()).toHaveLength(1)
  })

  it('should be made anew where the gateway has moved, and the old one taken away', async () => {
    await registrationAt().check(signal)
    expect(await registrationAt('https://elsewhere.example.com').check(signal)).toBe('MADE')
    expect(await there()).toMatchObject([{ url: 'https://elsewhere.example.com/webhooks/seam' }])
  })

  it('should take the place of one whose secret nobody knows, and leave strangers alone', async () => {
    const orphan = await ground.seam.createWebhook({ url: 'https://latchkey.example.com/webhooks/seam' })
    const stranger = await ground.seam.createWebhook({ url: 'https://other.example.com/webhooks/seam' })
    await registrationAt().check(signal)
    const ids = (await there()).map((webhook) => webhook.webhookId)
    expect(ids).toHaveLength(2)
    expect(ids).toContain(stranger.webhookId)
    expect(ids).not.toContain(orphan.webhookId)
  })

  it('should have two secrets while one takes the place of the other', async () => {
    const registration = registrationAt()
    await registration.check(signal)
    const [old] = secretsOf(registration)
    await registration.rotate(signal)
    expect(secretsOf(registration)).toHaveLength(2)
    expect(secretsOf(registration).at(1)).toBe(old)
    await registration.check(signal)
    expect(await there()).toHaveLength(2)
    nowMs += hourMs
    expect(await registration.check(signal)).toBe('FOUND')
    expect(secretsOf(registration)).toHaveLength(1)
    expect(secretsOf(registration)).not.toContain(old)
    expect(await there()).toHaveLength(1)
  })

  it('should get another secret by itself after a quarter of a year', async () => {
    const registration = registrationAt()
    await registration.check(signal)
    nowMs += 91 * 24 * hourMs
    expect(await registration.check(signal)).toBe('FOUND')
    expect(secretsOf(registration)).toHaveLength(2)
    expect(await there()).toHaveLength(2)
  })

  it('should be one for all replicas, which agree on its secret', async () => {
    const replicas = ['one', 'two', 'three'].map((holder) =>
      createRegistration({
        seam: ground.seam,
        journal: ground.journal,
        log: createLogger('silent'),
        turn: turnOf(holder),
        publicUrl: 'https://latchkey.example.com',
      }),
    )
    const found = await Promise.all(replicas.map((replica) => replica.check(signal)))
    expect(found.toSorted()).toEqual(['MADE', 'WAITING', 'WAITING'])
    expect(await Promise.all(replicas.map((replica) => replica.check(signal)))).toEqual([
      'FOUND',
      'FOUND',
      'FOUND',
    ])
    expect(new Set(replicas.map((replica) => secretsOf(replica).join()))).toHaveProperty('size', 1)
    expect(await there()).toHaveLength(1)
  })
})
