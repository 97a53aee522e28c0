import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it, vi } from 'vitest'
import { createBackfill } from '../../src/ingest/backfill.ts'
import type { Ingest } from '../../src/ingest/ingest.ts'
import { type Journal, JournalUnavailable } from '../../src/journal/journal.ts'
import type { Change } from '../../src/model/change.ts'
import { Secret } from '../../src/model/secret.ts'
import { createLogger } from '../../src/observability/logger.ts'
import type { SeamClient } from '../../src/seam/client.ts'
import { startIngestFixture } from './ingest-fixture.ts'

const key = ({ subject, kind, acsCredentialId, acsUserId, acsEntranceIds }: Change): string =>
  `${subject} ${kind} ${acsCredentialId ?? acsUserId ?? acsEntranceIds?.[0]}`

describe('without a webhook', () => {
  it('should publish changes from polled events', async () => {
    await using ground = await startIngestFixture()
    await ground.startIngest({ pollIntervalMs: 20 })
    const { acs_credential_id: id } = ground.sandbox.act('revoke')
    await vi.waitFor(async () =>
      expect(await ground.appendedChanges()).toMatchObject([
        { kind: 'DELETED', origin: 'BACKFILL', acsCredentialId: id },
      ]),
    )
  })

  it('should report that events are polled', async () => {
    await using ground = await startIngestFixture()
    expect((await ground.startIngest()).webhookStatus).toContain('none')
  })
})

describe('the backfill of events', () => {
  it('should not replay events from before the first start', async () => {
    await using ground = await startIngestFixture()
    ground.sandbox.act('revoke')
    ground.sandbox.act('moveIn')
    const at = Date.now()
    await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(at + 2))
    const ingest = await ground.startIngest()
    await ingest.backfill()
    expect(await ground.appendedChanges()).toEqual([])
  })

  it('should append all pages in order and once', async () => {
    await using ground = await startIngestFixture()
    const ingest = await ground.startIngest({ pageSize: 4 })
    const seen = ground.sandbox.events().length
    for (let count = 0; count < 25; count++) ground.sandbox.act('revoke')
    expect(await ingest.backfill()).toMatchObject({ changes: 25 })
    expect((await ground.appendedChanges()).map((change) => change.seamEventId)).toHaveLength(25)
    const times = (await ground.appendedChanges()).map((change) => change.occurredAt)
    expect(times).toEqual(times.toSorted())
    expect(new Set((await ground.appendedChanges()).map((change) => change.seamEventId))).toEqual(
      new Set(
        ground.sandbox
          .events()
          .slice(seen)
          .map((event) => event.event_id),
      ),
    )
    expect(await ingest.backfill()).toMatchObject({ changes: 0 })
  })

  it('should continue where the previous run ended', async () => {
    await using ground = await startIngestFixture()
    const first = await ground.startIngest()
    ground.sandbox.act('revoke')
    await first.backfill()
    await first.close()
    ground.sandbox.act('revoke')
    ground.sandbox.act('revoke')
    await (await ground.startIngest()).backfill()
    const published = await ground.appendedChanges()
    expect(published.map((change) => change.origin)).toEqual(['BACKFILL', 'BACKFILL', 'BACKFILL'])
  })

  it('should start a reconciliation if the list has a gap', async () => {
    await using ground = await startIngestFixture({ eventRetentionMs: 200 })
    const ingest = await ground.startIngest()
    ground.sandbox.act('revoke')
    await ingest.backfill()
    const { acs_credential_id: id } = ground.sandbox.act('revoke')
    await vi.waitFor(() => expect(ground.sandbox.events()).toEqual([]))
    expect(await ingest.backfill()).toMatchObject({ hasGap: true })
    await vi.waitFor(async () =>
      expect((await ground.appendedChanges()).map(key)).toContain(`CREDENTIAL DELETED ${id}`),
    )
  })

  it('should report a gap after more than a week offline', async () => {
    await using ground = await startIngestFixture()
    const { append, putValue } = ground.journal
    const held = {
      signal: new AbortController().signal,
      token: 1,
      isHeld: () => true,
      append,
      putValue: (key: string, value: string) => putValue(key, value, 60_000),
    }
    const backfillAt = (nowMs: number) =>
      createBackfill({
        seam: ground.seam,
        journal: ground.journal,
        workspaceId: ground.sandbox.workspaceId,
        resolveKnownOwners: (change) => change,
        log: createLogger('silent'),
        now: () => nowMs,
      })
    const dayMs = 86_400_000
    expect(await backfillAt(Date.now()).run(held)).toMatchObject({ hasGap: false })
    expect(await backfillAt(Date.now() + 6 * dayMs).run(held)).toMatchObject({ hasGap: false })
    expect(await backfillAt(Date.now() + 14 * dayMs).run(held)).toMatchObject({ hasGap: true })
    expect(await backfillAt(Date.now() + 15 * dayMs).run(held)).toMatchObject({ hasGap: false })
  })

  it('should be retried after an outage of Seam', async () => {
    await using ground = await startIngestFixture()
    const ingest = await ground.startIngest({ pollIntervalMs: 20 })
    ground.sandbox.addFault({ kind: 'status', status: 400, route: 'events/list', times: 2 })
    await expect(ingest.backfill()).rejects.toMatchObject({ name: 'SeamError' })
    ground.sandbox.act('revoke')
    await vi.waitFor(async () => expect(await ground.appendedChanges()).toHaveLength(1))
  })
})

describe('webhooks', () => {
  const signed = (body: string, secret: string) => {
    const [id, at] = [`msg_${randomUUID()}`, new Date()]
    return {
      'svix-id': id,
      'svix-timestamp': String(Math.floor(at.getTime() / 1000)),
      'svix-signature': new Webhook(secret).sign(id, at, body),
    }
  }

  it('should be backfilled if the journal could not store them', async () => {
    await using ground = await startIngestFixture()
    const webhookSecret = `whsec_${randomBytes(24).toString('base64')}`
    let isUnavailable = false
    const journal: Journal = {
      ...ground.journal,
      async append(entries) {
        if (isUnavailable) throw new JournalUnavailable('no room')
        return ground.journal.append(entries)
      },
    }
    const ingest = await ground.startIngest({ journal, webhookSecret: new Secret(webhookSecret) })
    ground.sandbox.act('revoke')
    const body = JSON.stringify(ground.sandbox.events().at(-1))
    isUnavailable = true
    expect(await ingest.receiveWebhook(Buffer.from(body), signed(body, webhookSecret))).toMatchObject({
      status: 503,
    })
    isUnavailable = false
    await vi.waitFor(
      async () => expect(await ground.appendedChanges()).toMatchObject([{ origin: 'BACKFILL' }]),
      10_000,
    )
  })

  it('should be accepted by every replica, also after one of them rotated the secret', async () => {
    await using ground = await startIngestFixture()
    let other: Ingest | null = null
    const server = createServer(async (request, response) => {
      const body = Buffer.concat(await Array.fromAsync(request))
      const { status = 503 } = (await other?.receiveWebhook(body, request.headers)) ?? {}
      response.writeHead(status).end()
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const publicUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    let nowMs = Date.now()
    const options = { publicUrl, now: () => nowMs }
    const first = await ground.startIngest(options)
    other = await ground.startIngest(options)
    expect(await other.reconcile()).toBeNull()
    expect(await other.rotateWebhook()).toBe(false)
    expect(await first.rotateWebhook()).toBe(true)
    nowMs += 60_000
    ground.sandbox.act('revoke')
    await vi.waitFor(() => expect(ground.sandbox.deliveries().map((each) => each.status)).toEqual([204, 204]))
    expect(await ground.appendedChanges()).toMatchObject([{ kind: 'DELETED', origin: 'WEBHOOK' }])
    server.close()
  })
})

describe('a reconciliation', () => {
  it('should publish nothing in the first run', async () => {
    await using ground = await startIngestFixture()
    expect((await ground.startIngest()).stats().reconciliation).toMatchObject({ runs: 1, changes: 0 })
    expect(await ground.appendedChanges()).toEqual([])
  })

  it('should read five lists, independent of the number of systems, while access is not used', async () => {
    await using ground = await startIngestFixture({ systems: 6 })
    const ingest = await ground.startIngest()
    ground.sandbox.resetCalls()
    expect(await ingest.reconcile()).toEqual({ changes: 0, seamCalls: 5 })
    expect(ground.sandbox.calls().total).toBe(6)
  })

  it('should not publish a deletion for a row that is only missing from a list', async () => {
    await using ground = await startIngestFixture()
    const short: SeamClient = {
      ...ground.seam,
      listUsers: async (filter, options) => (await ground.seam.listUsers(filter, options)).slice(0, -1),
      listCredentials: async () => [],
      load: ground.seam.load,
    }
    await (await ground.startIngest()).close()
    const { acs_credential_id: gone } = ground.sandbox.act('revoke')
    const ingest = await ground.startIngest({ seam: short })
    await ingest.close()
    expect((await ground.appendedChanges()).map(key)).toEqual([`CREDENTIAL DELETED ${gone}`])
    await ground.startIngest()
    expect(await ground.appendedChanges()).toHaveLength(1)
  })

  it('should publish the remaining changes, and none twice, after an interrupted run', async () => {
    await using ground = await startIngestFixture({ eventRetentionMs: 1 })
    await (await ground.startIngest()).close()
    for (let count = 0; count < 5; count++) {
      ground.sandbox.act('doorOffline', { acs_entrance_id: ground.sandbox.ids().acsEntranceIds[count] ?? '' })
      ground.sandbox.act('moveIn')
    }
    const ended: typeof ground.journal = {
      ...ground.journal,
      putValue: async (name, ...rest) => {
        if (name.startsWith('image/')) throw new Error('the process ended')
        return ground.journal.putValue(name, ...rest)
      },
    }
    await vi.waitFor(() => expect(ground.sandbox.events()).toEqual([]))
    await (await ground.startIngest({ journal: ended })).close()
    const published = (await ground.appendedChanges()).map(key)
    expect(published.length).toBeGreaterThanOrEqual(10)
    await ground.startIngest()
    expect((await ground.appendedChanges()).map(key)).toEqual(published)
  })

  it('should publish a disconnection and a reconnection without events', async () => {
    await using ground = await startIngestFixture({ eventRetentionMs: 1 })
    const ingest = await ground.startIngest()
    const account = ground.sandbox.act('disconnect')
    await vi.waitFor(() => expect(ground.sandbox.events()).toEqual([]))
    await ingest.reconcile()
    const down = await ground.appendedChanges()
    expect(down.length).toBeGreaterThan(1)
    for (const change of down)
      expect(change).toMatchObject({
        subject: 'CONNECTION',
        kind: 'DISCONNECTED',
        changedFields: ['errors'],
        problem: { code: 'account_disconnected' },
      })
    ground.sandbox.act('repair', account)
    await vi.waitFor(() => expect(ground.sandbox.events()).toEqual([]))
    await ingest.reconcile()
    const up = (await ground.appendedChanges()).slice(down.length)
    expect(up).toHaveLength(down.length)
    for (const change of up) expect(change).toMatchObject({ kind: 'CONNECTED', problem: null })
  })

  it('should name the owner of a deleted credential', async () => {
    await using ground = await startIngestFixture({ eventRetentionMs: 1 })
    const rows = await ground.seam.listCredentials({})
    const ingest = await ground.startIngest()
    const { acs_credential_id: id } = ground.sandbox.act('revoke')
    await vi.waitFor(() => expect(ground.sandbox.events()).toEqual([]))
    await ingest.reconcile()
    const row = rows.find((each) => each.acsCredentialId === id)
    expect(await ground.appendedChanges()).toMatchObject([
      { kind: 'DELETED', acsUserId: row?.acsUserId, acsSystemId: row?.acsSystemId },
    ])
  })

  it('should be retried after an outage of Seam', async () => {
    await using ground = await startIngestFixture()
    const ingest = await ground.startIngest()
    ground.sandbox.act('doorOffline')
    ground.sandbox.addFault({ kind: 'status', status: 400, route: 'acs/users/list', times: 1 })
    await expect(ingest.reconcile()).rejects.toMatchObject({ name: 'SeamError' })
    expect(await ingest.reconcile()).toMatchObject({ changes: 1 })
  })
})

describe('closing the ingest', () => {
  it('should make no further calls to Seam', async () => {
    await using ground = await startIngestFixture()
    const ingest = await ground.startIngest({ pollIntervalMs: 5, reconcileSeconds: 1 })
    const running = ingest.reconcile().catch((error: unknown) => error)
    await ingest.close()
    await running
    ground.sandbox.resetCalls()
    await expect(ingest.backfill()).rejects.toThrow('stopped')
    await expect(ingest.reconcile()).rejects.toThrow('stopped')
    expect(ground.sandbox.calls().total).toBe(0)
  })
})
