import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Ingest } from '../../../src/ingest/ingest.ts'
import type { Entry, Journal } from '../../../src/journal/journal.ts'
import { type Change, objectIdsOf } from '../../../src/model/change.ts'
import type { Sandbox, SandboxOptions } from '../../../src/sandbox/sandbox.ts'
import type { SeamClient } from '../../../src/seam/client.ts'
import { type RedisServer, startRedis } from '../../support/redis-server.ts'
import { createWebhookSender, type IngestFixture, startIngestFixture } from '../ingest-fixture.ts'

/** A client with an empty event list, so that events arrive only by webhook. */
function withoutEvents(seam: SeamClient): SeamClient {
  return { ...seam, load: seam.load, listEvents: async () => [] }
}

type Ids = { readonly acs_user_id: string; readonly connected_account_id: string }

/** Runs an action before each append of a reconciliation's differences. */
function actingBeforeAppends(
  journal: Journal,
  act: (differences: readonly Entry[]) => Promise<unknown>,
): Journal {
  const isDifference = ({ changes }: Entry) => changes.some(({ origin }) => origin === 'RECONCILIATION')
  return {
    ...journal,
    async append(entries, lease) {
      if (entries.some(isDifference)) await act(entries)
      return journal.append(entries, lease)
    },
  }
}

/** A change without a timely event, and a later change of the same object after Seam was read. */
const cases: Readonly<Record<string, (sandbox: Sandbox) => () => unknown>> = {
  'a credential that was extended is revoked': (sandbox) => {
    const credential = sandbox.act('extendKey')
    return () => sandbox.act('revoke', credential)
  },
  'a credential that was issued again is revoked': (sandbox) => {
    const credential = sandbox.act('reissue')
    return () => sandbox.act('revoke', credential)
  },
  'a user with another name moves out': (sandbox) => {
    const user = sandbox.act('renameUser')
    return () => sandbox.act('moveOut', user)
  },
  'a new user moves out': (sandbox) => {
    const user = sandbox.act('moveIn')
    return () => sandbox.act('moveOut', user)
  },
  'an entrance with another name is removed': (sandbox) => {
    const door = sandbox.act('renameDoor')
    return () => sandbox.act('removeDoor', door)
  },
  'a new entrance is removed': (sandbox) => {
    const door = sandbox.act('addDoor')
    return () => sandbox.act('removeDoor', door)
  },
  'a disconnected account is repaired': (sandbox) => {
    const account = sandbox.act('disconnect')
    return () => sandbox.act('repair', account)
  },
}

let redis: RedisServer
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis[Symbol.asyncDispose]())

describe.each(['SQLite', 'Redis'])('before the differences are appended to %s', (store) => {
  /** Starts a sandbox that was reconciled once, and an ingest whose later reconciliations are interrupted by `act`. */
  async function startInterrupted(
    options: SandboxOptions,
    act: (
      ground: IngestFixture,
      send: (from: number, to?: number) => Promise<void>,
      differences: readonly Entry[],
    ) => Promise<unknown>,
  ): Promise<{ ground: IngestFixture; ingest: Ingest }> {
    const ground = await startIngestFixture({ ...options, ...(store === 'Redis' && { redisUrl: redis.url }) })
    const sender = createWebhookSender()
    let ingest: Ingest | null = null
    const send = async (from: number, to?: number) => {
      if (ingest !== null) await sender.send(ingest, ground.sandbox.events().slice(from, to))
    }
    ingest = await ground.startIngest({
      journal: actingBeforeAppends(ground.journal, (differences) => act(ground, send, differences)),
      seam: withoutEvents(ground.seam),
      webhookSecret: sender.secret,
    })
    return { ground, ingest }
  }

  it.each(Object.keys(cases))('should not publish a reverted change: %s', async (name) => {
    let nextAction: (() => unknown) | undefined
    const { ground, ingest } = await startInterrupted(
      { systems: 1, doors: 4, residents: 3 },
      async ({ sandbox }, send) => {
        const before = sandbox.events().length
        nextAction?.()
        nextAction = undefined
        await send(before)
      },
    )
    await using _ = ground
    nextAction = cases[name]?.(ground.sandbox)
    await ingest.reconcile()
    await ingest.reconcile()
    const published = await ground.appendedChanges()
    const fromWebhooks = published.filter(({ origin }) => origin === 'WEBHOOK')
    expect(fromWebhooks.length).toBeGreaterThan(0)
    for (const change of published.filter(({ origin }) => origin === 'RECONCILIATION')) {
      const later = fromWebhooks.filter((each) =>
        objectIdsOf(each).some((id) => objectIdsOf(change).includes(id)),
      )
      expect(later.filter(({ offset }) => offset < change.offset)).toEqual([])
    }
    expect(await ingest.reconcile()).toMatchObject({ changes: 0 })
  })

  it('should publish all other differences in the same run, regardless of the number of concurrent changes', async () => {
    const removedIds = new Set<string>()
    const { ground, ingest } = await startInterrupted(
      { systems: 1, doors: 620, residents: 3 },
      async ({ sandbox }, send, differences) => {
        const before = sandbox.events().length
        const last = differences.at(-1)?.changes[0]?.acsEntranceIds?.[0] ?? ''
        removedIds.add(last)
        sandbox.act('removeDoor', { acs_entrance_id: last })
        for (let count = 0; count < 20; count++) sandbox.act('reissue')
        await send(before)
      },
    )
    await using _ = ground
    for (const id of ground.sandbox.ids().acsEntranceIds)
      ground.sandbox.act('renameDoor', { acs_entrance_id: id })
    await ingest.reconcile()
    const updated = (await ground.appendedChanges())
      .filter(({ origin }) => origin === 'RECONCILIATION')
      .map(({ acsEntranceIds }) => acsEntranceIds?.[0] ?? '')
    expect(removedIds.size).toBeGreaterThan(1)
    expect(updated).toHaveLength(620 - removedIds.size)
    expect(new Set(updated).isDisjointFrom(removedIds)).toBe(true)
    await ingest.reconcile()
    const entrances = (await ground.appendedChanges()).filter(({ subject }) => subject === 'ENTRANCE')
    expect(entrances).toHaveLength(620)
  })

  it('should publish postponed differences in the next run', async () => {
    let round = 0
    const { ground, ingest } = await startInterrupted(
      { systems: 1, doors: 4, residents: 3 },
      async ({ sandbox }, send, differences) => {
        const before = sandbox.events().length
        const [difference] = differences.flatMap(({ changes }) => changes)
        sandbox.emit({
          event_type: 'access_grant.access_to_door_lost',
          acs_entrance_id: door.acs_entrance_id,
          acs_system_id: difference?.acsSystemId,
        })
        if (round++ === 0) await send(before)
      },
    )
    await using _ = ground
    const door = ground.sandbox.act('renameDoor')
    expect(await ingest.reconcile()).toMatchObject({ changes: 0 })
    await ingest.reconcile()
    const published = (await ground.appendedChanges()).map(
      ({ kind, changedFields }) => `${kind} ${changedFields}`,
    )
    expect(published).toEqual(['UPDATED credentials,users', 'UPDATED displayName'])
  })

  it.each([
    [
      'a user',
      (sandbox: Sandbox, { acs_user_id }: Ids) => sandbox.act('moveOut', { acs_user_id }),
      'acs_user.deleted',
    ],
    [
      'an account',
      (sandbox: Sandbox, ids: Ids) => sandbox.emit({ event_type: 'connected_account.deleted', ...ids }),
      'connected_account.deleted',
    ],
  ] as const)(
    'should not publish a new credential of %s after its deletion was published',
    async (_name, end, type) => {
      let isOver = false
      const { ground, ingest } = await startInterrupted(
        { systems: 1, doors: 4, residents: 3 },
        async ({ sandbox }, send) => {
          if (isOver) return
          isOver = true
          const before = sandbox.events().length
          end(sandbox, ids)
          const at = sandbox
            .events()
            .findIndex((event, index) => index >= before && event.event_type === type)
          await send(at, at + 1)
        },
      )
      await using _ = ground
      const [user] = await ground.seam.listUsers({})
      const [account] = await ground.seam.listAccounts()
      const ids = {
        acs_user_id: user?.acsUserId ?? '',
        connected_account_id: account?.connectedAccountId ?? '',
      }
      ground.sandbox.act('guestCode', { acs_user_id: ids.acs_user_id })
      await ingest.reconcile()
      expect((await ground.appendedChanges()).map(({ subject, kind }) => `${subject} ${kind}`)).toEqual([
        type === 'acs_user.deleted' ? 'USER DELETED' : 'CONNECTION DELETED',
      ])
    },
  )

  it('should publish the deletion of a system only after those of all its rows', async () => {
    let touched = ''
    const { ground, ingest } = await startInterrupted(
      { systems: 2, doors: 4, residents: 4 },
      async ({ sandbox }, send, differences) => {
        if (touched !== '') return
        const ids = differences.flatMap(({ changes }) => changes.map((change) => change.acsUserId ?? ''))
        touched = ids.find((id) => id !== '') ?? ''
        const before = sandbox.events().length
        sandbox.emit({
          event_type: 'acs_user.created',
          acs_user_id: touched,
          acs_system_id: differences[0]?.changes[0]?.acsSystemId,
        })
        await send(before)
      },
    )
    await using _ = ground
    const rows = (await ground.seam.listUsers({})).length + (await ground.seam.listCredentials({})).length
    for (const { connectedAccountId } of await ground.seam.listAccounts())
      await ground.seam.deleteAccount(connectedAccountId)
    await ingest.reconcile()
    const first = (await ground.appendedChanges()).filter(({ origin }) => origin === 'RECONCILIATION')
    const inside = first.filter(({ acsUserId }) => acsUserId === touched)
    expect(inside.filter(({ subject }) => subject === 'USER')).toEqual([])
    await ingest.reconcile()
    const published = (await ground.appendedChanges()).filter(({ kind }) => kind === 'DELETED')
    const subjects = published.map(({ subject }) => subject)
    expect(subjects.filter((each) => each === 'USER' || each === 'CREDENTIAL')).toHaveLength(rows)
    const deletionIndexOf = (change: Change | undefined) => published.indexOf(change as Change)
    for (const system of published.filter(
      ({ subject, acsSystemId }) => subject === 'CONNECTION' && acsSystemId,
    )) {
      const those = published.filter(({ acsSystemId }) => acsSystemId === system.acsSystemId)
      expect(deletionIndexOf(those.at(-1))).toBe(deletionIndexOf(system))
    }
  })
})
