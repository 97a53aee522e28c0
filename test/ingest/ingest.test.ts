import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'svix'
import { describe, expect, it, vi } from 'vitest'
import { createBackfill } from '../../src/ingest/backfill.ts'
import type { Ingest } from '../../src/ingest/ingest.ts'
import { type Journal, JournalUnavailable } from '../../src/journal/journal.ts'
import { createLogger } from '../../src/log.ts'
import type { Change } from '../../src/model/change.ts'
import { Secret } from '../../src/model/secret.ts'
import type { SeamClient } from '../../src/seam/client.ts'
import { startGround } from './intake.ts'

const key = ({ subject, kind, acsCredentialId, acsUserId, acsEntranceIds }: Change): string =>
  `${subject} ${kind} ${acsCredentialId ?? acsUserId ?? acsEntranceIds?.[0]}`

describe('without a webhook', () => {
  it("should hear of everything from Seam's events by itself", async () => {
    await using ground = await startGround()
    await ground.ingest({ pollMs: 20 })
    const { acs_credential_id: id } = ground.sandbox.act('revoke')
    await vi.waitFor(async () =>
      expect(await ground.told()).toMatchObject([
        { kind: 'DELETED', origin: 'BACKFILL', acsCredentialId: id },
      ]),
    )
  })

  it('should say so', async () => {
    await using ground = await startGround()
    expect((await ground.ingest()).webhook).toContain('none')
  })
})

describe("Seam's events", () => {
  it('should not be replayed from before the first start', async () => {
    await using ground = await startGround()
    ground.sandbox.act('revoke')
    ground.sandbox.act('moveIn')
    const at = Date.now()
    await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(at + 2))
    const ingest = await ground.ingest()
    await ingest.backfill()
    expect(await ground.told()).toEqual([])
  })

  it('should be taken over page by page, in order and once', async () => {
    await using ground = await startGround()
    const ingest = await ground.ingest({ pageSize: 4 })
    const seen = ground.sandbox.events().length
    for (let count = 0; count < 25; count++) ground.sandbox.act('revoke')
    expect(await ingest.backfill()).toMatchObject({ changes: 25 })
    expect((await ground.told()).map((change) => change.seamEventId)).toHaveLength(25)
    const times = (await ground.told()).map((change) => change.occurredAt)
    expect(times).toEqual(times.toSorted())
    expect(new Set((await ground.told()).map((change) => change.seamEventId))).toEqual(
      new Set(
        ground.sandbox
          .events()
          .slice(seen)
          .map((event) => event.event_id),
      ),
    )
    expect(await ingest.backfill()).toMatchObject({ changes: 0 })
  })

  it('should go on where another run ended', async () => {
    await using ground = await startGround()
    const first = await ground.ingest()
    ground.sandbox.act('revoke')
    await first.backfill()
    await first.close()
    ground.sandbox.act('revoke')
    ground.sandbox.act('revoke')
    await (await ground.ingest()).backfill()
    const told = await ground.told()
    expect(told.map((change) => change.origin)).toEqual(['BACKFILL', 'BACKFILL', 'BACKFILL'])
  })

  it('should be made up for by a comparison where the list has a hole', async () => {
    await using ground = await startGround({ eventRetentionMs: 200 })
    const ingest = await ground.ingest()
    ground.sandbox.act('revoke')
    await ingest.backfill()
    const { acs_credential_id: id } = ground.sandbox.act('revoke')
    await vi.waitFor(() => expect(ground.sandbox.events()).toEqual([]))
    expect(await ingest.backfill()).toMatchObject({ isHole: true })
    await vi.waitFor(async () => expect((await ground.told()).map(key)).toContain(`CREDENTIAL DELETED ${id}`))
  })

  it('should be known to have a hole after more than a week away', async () => {
    await using ground = await startGround()
    const { append, replace } = ground.journal
    const held = {
      signal: new AbortController().signal,
      append,
      keep: (key: string, value: string) => replace(key, value, 60_000),
    }
    const backfillAt = (nowMs: number) =>
      createBackfill({
        seam: ground.seam,
        journal: ground.journal,
        workspaceId: ground.sandbox.workspaceId,
        place: (change) => change,
        log: createLogger('silent'),
        now: () => nowMs,
      })
    const dayMs = 86_400_000
    expect(await backfillAt(Date.now()).run(held)).toMatchObject({ isHole: false })
    expect(await backfillAt(Date.now() + 6 * dayMs).run(held)).toMatchObject({ isHole: false })
    expect(await backfillAt(Date.now() + 14 * dayMs).run(held)).toMatchObject({ isHole: true })
    expect(await backfillAt(Date.now() + 15 * dayMs).run(held)).toMatchObject({ isHole: false })
  })

  it('should be asked for again after Seam was away', async () => {
    await using ground = await startGround()
    const ingest = await ground.ingest({ pollMs: 20 })
    ground.sandbox.addFault({ kind: 'status', status: 400, route: 'events/list', times: 2 })
    await expect(ingest.backfill()).rejects.toMatchObject({ name: 'SeamError' })
    ground.sandbox.act('revoke')
    await vi.waitFor(async () => expect(await ground.told()).toHaveLength(1))
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

  it('that the journal could not keep should be made up for once it can', async () => {
    await using ground = await startGround()
    const webhookSecret = `whsec_${randomBytes(24).toString('base64')}`
    let isAway = false
    const journal: Journal = {
      ...ground.journal,
      async append(entries) {
        if (isAway) throw new JournalUnavailable('no room')
        return ground.journal.append(entries)
      },
    }
    const ingest = await ground.ingest({ journal, webhookSecret: new Secret(webhookSecret) })
    ground.sandbox.act('revoke')
    const body = JSON.stringify(ground.sandbox.events().at(-1))
    isAway = true
    expect(await ingest.receive(Buffer.from(body), signed(body, webhookSecret))).toMatchObject({
      status: 503,
    })
    isAway = false
    await vi.waitFor(async () => expect(await ground.told()).toMatchObject([{ origin: 'BACKFILL' }]), 10_000)
  })

  it('should be taken by every replica, also after one of them exchanged the secret', async () => {
    await using ground = await startGround()
    let other: Ingest | null = null
    const server = createServer(async (request, response) => {
      const body = Buffer.concat(await Array.fromAsync(request))
      const { status = 503 } = (await other?.receive(body, request.headers)) ?? {}
      response.writeHead(status).end()
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const publicUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    let nowMs = Date.now()
    const options = { publicUrl, now: () => nowMs }
    const first = await ground.ingest(options)
    other = await ground.ingest(options)
    expect(await other.reconcile()).toBeNull()
    expect(await other.rotateWebhook()).toBe(false)
    expect(await first.rotateWebhook()).toBe(true)
    nowMs += 60_000
    ground.sandbox.act('revoke')
    await vi.waitFor(() => expect(ground.sandbox.deliveries().map((each) => each.status)).toEqual([204, 204]))
    expect(await ground.told()).toMatchObject([{ kind: 'DELETED', origin: 'WEBHOOK' }])
    server.close()
  })
})

describe('a comparison', () => {
  it('should tell nothing the first time', async () => {
    await using ground = await startGround()
    expect((await ground.ingest()).stats().reconciliation).toMatchObject({ runs: 1, changes: 0 })
    expect(await ground.told()).toEqual([])
  })

  it('should cost five lists, whatever the number of systems, while nobody asks about doors', async () => {
    await using ground = await startGround({ systems: 6 })
    const ingest = await ground.ingest()
    ground.sandbox.resetCalls()
    expect(await ingest.reconcile()).toEqual({ changes: 0, seamCalls: 5 })
    expect(ground.sandbox.calls().total).toBe(6)
  })

  it('should not call deleted what a list has left out', async () => {
    await using ground = await startGround()
    const short: SeamClient = {
      ...ground.seam,
      listUsers: async (filter, options) => (await ground.seam.listUsers(filter, options)).slice(0, -1),
      listCredentials: async () => [],
      load: ground.seam.load,
    }
    await (await ground.ingest()).close()
    const { acs_credential_id: gone } = ground.sandbox.act('revoke')
    const ingest = await ground.ingest({ seam: short })
    await ingest.close()
    expect((await ground.told()).map(key)).toEqual([`CREDENTIAL DELETED ${gone}`])
    await ground.ingest()
    expect(await ground.told()).toHaveLength(1)
  })

  it('should tell the rest, and nothing twice, after an end in the middle', async () => {
    await using ground = await startGround({ eventRetentionMs: 1 })
    await (await ground.ingest()).close()
    for (let count = 0; count < 5; count++) {
      ground.sandbox.act('doorOffline', { acs_entrance_id: ground.sandbox.ids().acsEntranceIds[count] ?? '' })
      ground.sandbox.act('moveIn')
    }
    const ended: typeof ground.journal = {
      ...ground.journal,
      replace: async (name, ...rest) => {
        if (name.startsWith('image/')) throw new Error('the process ended')
        return ground.journal.replace(name, ...rest)
      },
    }
    await vi.waitFor(() => expect(ground.sandbox.events()).toEqual([]))
    await (await ground.ingest({ journal: ended })).close()
    const told = (await ground.told()).map(key)
    expect(told.length).toBeGreaterThanOrEqual(10)
    await ground.ingest()
    expect((await ground.told()).map(key)).toEqual(told)
  })

  it('should tell a connection that went and came back without an event', async () => {
    await using ground = await startGround({ eventRetentionMs: 1 })
    const ingest = await ground.ingest()
    const account = ground.sandbox.act('disconnect')
    await vi.waitFor(() => expect(ground.sandbox.events()).toEqual([]))
    await ingest.reconcile()
    const down = await ground.told()
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
    const up = (await ground.told()).slice(down.length)
    expect(up).toHaveLength(down.length)
    for (const change of up) expect(change).toMatchObject({ kind: 'CONNECTED', problem: null })
  })

  it('should name the owner of a credential that is gone', async () => {
    await using ground = await startGround({ eventRetentionMs: 1 })
    const rows = await ground.seam.listCredentials({})
    const ingest = await ground.ingest()
    const { acs_credential_id: id } = ground.sandbox.act('revoke')
    await vi.waitFor(() => expect(ground.sandbox.events()).toEqual([]))
    await ingest.reconcile()
    const row = rows.find((each) => each.acsCredentialId === id)
    expect(await ground.told()).toMatchObject([
      { kind: 'DELETED', acsUserId: row?.acsUserId, acsSystemId: row?.acsSystemId },
    ])
  })

  it('should be made again after Seam was away', async () => {
    await using ground = await startGround()
    const ingest = await ground.ingest()
    ground.sandbox.act('doorOffline')
    ground.sandbox.addFault({ kind: 'status', status: 400, route: 'acs/users/list', times: 1 })
    await expect(ingest.reconcile()).rejects.toMatchObject({ name: 'SeamError' })
    expect(await ingest.reconcile()).toMatchObject({ changes: 1 })
  })
})

describe('the end', () => {
  it('should ask nothing of Seam any more', async () => {
    await using ground = await startGround()
    const ingest = await ground.ingest({ pollMs: 5, reconcileSeconds: 1 })
    const running = ingest.reconcile().catch((error: unknown) => error)
    await ingest.close()
    await running
    ground.sandbox.resetCalls()
    await expect(ingest.backfill()).rejects.toThrow('stopped')
    await expect(ingest.reconcile()).rejects.toThrow('stopped')
    expect(ground.sandbox.calls().total).toBe(0)
  })
})
