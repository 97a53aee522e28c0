import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  createWebhookRegistration,
  type WebhookRegistration,
} from '../../../src/ingest/seam-webhooks/webhook-registration.ts'
import { createLeaderLease, type LeaderLease, type RunAsLeader } from '../../../src/journal/leader-lease.ts'
import { createLogger } from '../../../src/observability/logger.ts'
import { type IngestFixture, startIngestFixture } from '../ingest-fixture.ts'

const secretsOf = (registration: WebhookRegistration): readonly string[] =>
  registration.secrets().map((secret) => secret.reveal())

const { signal } = new AbortController()
const hourMs = 3_600_000

let ground: IngestFixture
let nowMs: number
beforeEach(async () => {
  ground = await startIngestFixture()
  nowMs = Date.now()
})
afterEach(async () => {
  for (const { close } of leases.splice(0)) await close()
  await ground[Symbol.asyncDispose]()
})

const leases: LeaderLease[] = []

function createRunAsLeader(holder: string): RunAsLeader {
  const own = createLeaderLease({
    journal: ground.journal,
    name: 'ingest',
    holder,
    log: createLogger('silent'),
  })
  leases.push(own)
  return own.runAsLeader
}

function registrationAt(publicUrl = 'https://latchkey.example.com', holder = 'one'): WebhookRegistration {
  return createWebhookRegistration({
    seam: ground.seam,
    journal: ground.journal,
    log: createLogger('silent'),
    runAsLeader: createRunAsLeader(holder),
    publicUrl,
    gracePeriodMs: hourMs,
    now: () => nowMs,
  })
}

const readWebhooks = async () =>
  (await ground.seam.listWebhooks()).map(({ webhookId, url }) => ({ webhookId, url }))

describe("the gateway's webhook", () => {
  it('should be created once, and found again after a restart', async () => {
    const first = registrationAt()
    expect(await first.check(signal)).toBe('MADE')
    const again = registrationAt()
    expect(await again.check(signal)).toBe('FOUND')
    expect(secretsOf(again)).toEqual(secretsOf(first))
    expect(await readWebhooks()).toMatchObject([{ url: 'https://latchkey.example.com/webhooks/seam' }])
  })

  it.each([
    ['https://latchkey.example.com', 'https://latchkey.example.com/webhooks/seam'],
    ['https://example.com/gw', 'https://example.com/gw/webhooks/seam'],
    ['https://example.com/a/b', 'https://example.com/a/b/webhooks/seam'],
  ])('should keep the path of PUBLIC_URL: %s', async (publicUrl, url) => {
    const registration = registrationAt(publicUrl)
    await registration.check(signal)
    expect(await readWebhooks()).toMatchObject([{ url }])
    expect(await registrationAt(publicUrl).check(signal)).toBe('FOUND')
  })

  it('should be created again after it was deleted', async () => {
    const registration = registrationAt()
    await registration.check(signal)
    const [made] = await readWebhooks()
    await ground.seam.deleteWebhook(made?.webhookId ?? '')
    const [before] = secretsOf(registration)
    expect(await registration.check(signal)).toBe('MADE')
    expect(secretsOf(registration)).toHaveLength(1)
    expect(secretsOf(registration)).not.toContain(before)
    expect(await readWebhooks()).toHaveLength(1)
  })

  it('should be replaced, and the old one deleted, if the public URL changes', async () => {
    await registrationAt().check(signal)
    expect(await registrationAt('https://elsewhere.example.com').check(signal)).toBe('MADE')
    expect(await readWebhooks()).toMatchObject([{ url: 'https://elsewhere.example.com/webhooks/seam' }])
  })

  it('should replace a webhook with an unknown secret, and keep webhooks at other URLs', async () => {
    const orphan = await ground.seam.createWebhook({ url: 'https://latchkey.example.com/webhooks/seam' })
    const stranger = await ground.seam.createWebhook({ url: 'https://other.example.com/webhooks/seam' })
    await registrationAt().check(signal)
    const ids = (await readWebhooks()).map((webhook) => webhook.webhookId)
    expect(ids).toHaveLength(2)
    expect(ids).toContain(stranger.webhookId)
    expect(ids).not.toContain(orphan.webhookId)
  })

  it('should have two valid secrets during a rotation', async () => {
    const registration = registrationAt()
    await registration.check(signal)
    const [old] = secretsOf(registration)
    await registration.rotate(signal)
    expect(secretsOf(registration)).toHaveLength(2)
    expect(secretsOf(registration).at(1)).toBe(old)
    await registration.check(signal)
    expect(await readWebhooks()).toHaveLength(2)
    nowMs += hourMs
    expect(await registration.check(signal)).toBe('FOUND')
    expect(secretsOf(registration)).toHaveLength(1)
    expect(secretsOf(registration)).not.toContain(old)
    expect(await readWebhooks()).toHaveLength(1)
  })

  it('should be rotated automatically after 90 days', async () => {
    const registration = registrationAt()
    await registration.check(signal)
    nowMs += 91 * 24 * hourMs
    expect(await registration.check(signal)).toBe('FOUND')
    expect(secretsOf(registration)).toHaveLength(2)
    expect(await readWebhooks()).toHaveLength(2)
  })

  it('should be shared by all replicas, with the same secret', async () => {
    const replicas = ['one', 'two', 'three'].map((holder) =>
      createWebhookRegistration({
        seam: ground.seam,
        journal: ground.journal,
        log: createLogger('silent'),
        runAsLeader: createRunAsLeader(holder),
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
    expect(await readWebhooks()).toHaveLength(1)
  })
})
