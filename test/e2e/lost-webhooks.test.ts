import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { callSandbox } from '../support/sandbox-client.ts'
import { subscribe } from '../support/subscriber.ts'
import { startWorld, type World } from '../support/world.ts'

type Told = {
  subject: string
  kind: string
  origin: string
  seamEventId: string | null
  id: string | null
  fields: string[]
}

const changesQuery = /* GraphQL */ `
  query Told($after: String) {
    changes(first: 100, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes {
        __typename kind origin seamEventId
        ... on CredentialChange { credentialId changedFields }
        ... on UserChange { acsUserId changedFields }
        ... on EntranceChange { acsEntranceId changedFields }
        ... on ConnectionChange { acsSystem { seamId } problem { code } }
      }
    }
  }
`

type Node = {
  __typename: string
  kind: string
  origin: string
  seamEventId: string | null
  credentialId?: string
  acsUserId?: string
  acsEntranceId?: string
  acsSystem?: { seamId: string } | null
  changedFields?: string[]
}

/** Everything that was told since a cursor, from the first. */
async function toldBy(world: World, after: string | null = null): Promise<Told[]> {
  const { changes } = await world.ask<{
    changes: { pageInfo: { hasNextPage: boolean; endCursor: string | null }; nodes: Node[] }
  }>(changesQuery, { after })
  const told = changes.nodes.map((node) => ({
    subject: node.__typename.replace('Change', '').toUpperCase(),
    kind: node.kind,
    origin: node.origin,
    seamEventId: node.seamEventId,
    id: node.credentialId ?? node.acsUserId ?? node.acsEntranceId ?? node.acsSystem?.seamId ?? null,
    fields: node.changedFields ?? [],
  }))
  return changes.pageInfo.hasNextPage ? [...told, ...(await toldBy(world, changes.pageInfo.endCursor))] : told
}

const cursorOf = async (world: World) => (await world.ask<{ cursor: string }>('{ cursor }')).cursor
const loseWebhooks = (world: World) => world.sandbox.addFault({ kind: 'webhookLost' })
const short = ({ subject, kind, id, fields }: Told) => ({ subject, kind, id, fields })
const reconciled = (told: Told[]) => told.filter((change) => change.origin === 'RECONCILIATION').map(short)

describe('webhooks that were lost', () => {
  it("should be made up for by Seam's list of events, in order and once", async () => {
    await using world = await startWorld()
    const after = await cursorOf(world)
    loseWebhooks(world)
    const seen = world.sandbox.events().length
    for (let count = 0; count < 5; count++) {
      world.sandbox.act('revoke')
      world.sandbox.act('moveIn')
    }
    await world.app.ingest.backfill()
    const events = world.sandbox
      .events()
      .slice(seen)
      .filter((event) => /^acs_(user|credential)\./.test(event.event_type))
    const told = await toldBy(world, after)
    expect(told.map((change) => change.seamEventId).toSorted()).toEqual(
      events.map((event) => event.event_id).toSorted(),
    )
    expect(told.every((change) => change.origin === 'BACKFILL')).toBe(true)
    const times = told.map(
      (change) => events.find((each) => each.event_id === change.seamEventId)?.created_at,
    )
    expect(times).toEqual(times.toSorted())
    await world.app.ingest.backfill()
    expect(await toldBy(world, after)).toHaveLength(told.length)
  })

  it('should reach subscribers as any change does', async () => {
    await using world = await startWorld()
    loseWebhooks(world)
    const feed = subscribe<{ credentialChanges: { changes: { kind: string; origin: string }[] } }>(
      world.wsUrl,
      'subscription { credentialChanges { changes { kind origin } } }',
    )
    await feed.next()
    world.sandbox.act('revoke')
    await world.app.ingest.backfill()
    const batch = await feed.until(({ credentialChanges }) => credentialChanges.changes.length > 0)
    expect(batch.credentialChanges.changes).toEqual([{ kind: 'DELETED', origin: 'BACKFILL' }])
    await feed.close()
  })

  it('should not be told again when they come late', async () => {
    await using world = await startWorld()
    const after = await cursorOf(world)
    world.sandbox.addFault({ kind: 'webhookLate', ms: 300 })
    world.sandbox.act('revoke')
    await world.app.ingest.backfill()
    await vi.waitFor(() => expect(world.sandbox.deliveries().at(-1)).toMatchObject({ status: 204 }), 5_000)
    expect(await toldBy(world, after)).toHaveLength(1)
  })
})

describe('changes that have no event', () => {
  it('should be told with the fields that differ, and be readable', async () => {
    await using world = await startWorld()
    const after = await cursorOf(world)
    const renamed = world.sandbox.act('renameUser', { full_name: 'Ada Lovelace' }).acs_user_id
    const suspended = world.sandbox.act('suspendUser', {
      acs_user_id: world.sandbox.ids().acsUserIds.find((id) => id !== renamed),
    }).acs_user_id
    const extended = world.sandbox.act('extendKey').acs_credential_id
    const offline = world.sandbox.act('doorOffline').acs_entrance_id
    const system = world.sandbox.act('renameSystem', { display_name: 'Elm Court' }).acs_system_id
    await world.app.ingest.reconcile()
    const told = reconciled(await toldBy(world, after))
    expect(told).toHaveLength(5)
    expect(told).toEqual(
      expect.arrayContaining([
        {
          subject: 'USER',
          kind: 'UPDATED',
          id: renamed,
          fields: expect.arrayContaining(['displayName', 'fullName']),
        },
        { subject: 'USER', kind: 'UPDATED', id: suspended, fields: ['isSuspended'] },
        { subject: 'CREDENTIAL', kind: 'UPDATED', id: extended, fields: ['endsAt'] },
        { subject: 'ENTRANCE', kind: 'UPDATED', id: offline, fields: ['latch'] },
        { subject: 'CONNECTION', kind: 'UPDATED', id: system, fields: [] },
      ]),
    )
    const read = await world.ask<{ acsUser: { fullName: string }; acsEntrance: { latch: object } }>(
      'query Read($user: ID!, $door: ID!) { acsUser(id: $user) { fullName } acsEntrance(id: $door) { latch { isConnected } } }',
      { user: renamed, door: offline },
    )
    expect(read).toEqual({
      acsUser: { fullName: 'Ada Lovelace' },
      acsEntrance: { latch: { isConnected: false } },
    })
  })

  it('should be told once, however often everything is compared', async () => {
    await using world = await startWorld()
    const after = await cursorOf(world)
    world.sandbox.act('doorOffline')
    await world.app.ingest.reconcile()
    await world.app.ingest.reconcile()
    await world.restart()
    await world.app.ingest.reconcile()
    expect(await toldBy(world, after)).toHaveLength(1)
  })

  it('should tell each difference again that is made again', async () => {
    await using world = await startWorld()
    const after = await cursorOf(world)
    const door = world.sandbox.act('doorOffline')
    await world.app.ingest.reconcile()
    for (const act of ['doorOnline', 'doorOffline', 'doorOnline'] as const) {
      world.sandbox.act(act, door)
      await world.app.ingest.reconcile()
    }
    expect(reconciled(await toldBy(world, after)).map((change) => change.fields)).toEqual([
      ['latch'],
      ['latch'],
      ['latch'],
      ['latch'],
    ])
  })

  it('should tell who opens what once somebody has asked about doors', async () => {
    await using world = await startWorld()
    await world.ask('{ acsEntrances(first: 50) { nodes { credentials(first: 1) { totalCount } } } }')
    await world.app.ingest.reconcile()
    const after = await cursorOf(world)
    const { acs_credentials: rows } = await callSandbox<{
      acs_credentials: { acs_credential_id: string; access_method: string }[]
    }>(world, 'acs/credentials/list', { limit: 5000 })
    const key = rows.find((row) => row.access_method === 'mobile_key')?.acs_credential_id
    const { acs_entrances: doors } = await callSandbox<{ acs_entrances: { acs_entrance_id: string }[] }>(
      world,
      'acs/credentials/list_accessible_entrances',
      { acs_credential_id: key },
    )
    world.sandbox.act('removeDoor', { acs_entrance_id: doors[0]?.acs_entrance_id ?? '' })
    await world.app.ingest.reconcile()
    expect(reconciled(await toldBy(world, after))).toContainEqual({
      subject: 'CREDENTIAL',
      kind: 'UPDATED',
      id: key,
      fields: ['entrances'],
    })
  })
})

describe('what an event and a comparison both see', () => {
  it('should be told by the event alone', async () => {
    await using world = await startWorld()
    const after = await cursorOf(world)
    loseWebhooks(world)
    world.sandbox.act('moveIn')
    world.sandbox.act('revoke')
    world.sandbox.act('moveOut')
    world.sandbox.act('addDoor')
    world.sandbox.act('removeDoor')
    world.sandbox.act('disconnect')
    await world.app.ingest.reconcile()
    const told = await toldBy(world, after)
    expect(told.length).toBeGreaterThan(5)
    expect(told.filter((change) => change.origin === 'RECONCILIATION')).toEqual([])
    world.sandbox.act('repair')
    await world.app.ingest.reconcile()
    expect(reconciled(await toldBy(world, after))).toEqual([])
  })

  it('should be told once when the webhook comes while everything is compared', async () => {
    await using world = await startWorld()
    const after = await cursorOf(world)
    for (let count = 0; count < 5; count++) {
      const comparing = world.app.ingest.reconcile()
      world.sandbox.act('moveIn')
      world.sandbox.act('revoke')
      await comparing
    }
    await world.app.ingest.reconcile()
    const told = await toldBy(world, after)
    const keys = told.map(({ subject, kind, id }) => `${subject} ${kind} ${id}`)
    expect(keys).toEqual([...new Set(keys)])
    expect(reconciled(told)).toEqual([])
  })
})

describe('a day without the gateway', () => {
  it('should end with graph and feed in agreement with the building, every difference told', async () => {
    await using world = await startWorld({ sandbox: { eventRetentionMs: 1 } })
    const after = await cursorOf(world)
    const before = world.sandbox.ids()
    const expected = new Set<string>()
    await world.restart(async () => {
      const { sandbox } = world
      for (let count = 0; count < 30; count++) {
        sandbox.act('moveIn')
        sandbox.act('guestCode')
        sandbox.act('revoke')
      }
      for (let count = 0; count < 10; count++) sandbox.act('moveOut')
      sandbox.act('addDoor')
      sandbox.act('removeDoor')
      const door = sandbox.act('doorOffline').acs_entrance_id
      const user = sandbox.act('renameUser', { full_name: 'Grace Hopper' }).acs_user_id
      const account = sandbox.act('disconnect').connected_account_id
      const ids = sandbox.ids()
      const differ = (subject: string, was: readonly string[], is: readonly string[]) => {
        for (const id of is) if (!was.includes(id)) expected.add(`${subject} CREATED ${id}`)
        for (const id of was) if (!is.includes(id)) expected.add(`${subject} DELETED ${id}`)
      }
      differ('USER', before.acsUserIds, ids.acsUserIds)
      differ('CREDENTIAL', before.acsCredentialIds, ids.acsCredentialIds)
      differ('ENTRANCE', before.acsEntranceIds, ids.acsEntranceIds)
      if (before.acsEntranceIds.includes(door ?? '')) expected.add(`ENTRANCE UPDATED ${door}`)
      if (before.acsUserIds.includes(user ?? '')) expected.add(`USER UPDATED ${user}`)
      const { acs_systems: systems } = await callSandbox<{
        acs_systems: { acs_system_id: string; connected_account_id: string }[]
      }>(world, 'acs/systems/list')
      for (const system of systems)
        if (system.connected_account_id === account)
          expected.add(`CONNECTION DISCONNECTED ${system.acs_system_id}`)
      await vi.waitFor(() => expect(sandbox.events()).toEqual([]))
    })
    const told = await toldBy(world, after)
    const keys = told
      .filter((change) => change.id !== null && change.origin === 'RECONCILIATION')
      .map(({ subject, kind, id }) => `${subject} ${kind} ${id}`)
    expect(keys.toSorted()).toEqual([...expected].toSorted())

    const graph = await world.ask<
      Record<'acsUsers' | 'acsCredentials' | 'acsEntrances', { totalCount: number }>
    >('{ acsUsers { totalCount } acsCredentials { totalCount } acsEntrances { totalCount } }')
    const ids = world.sandbox.ids()
    expect(graph).toEqual({
      acsUsers: { totalCount: ids.acsUserIds.length },
      acsCredentials: { totalCount: ids.acsCredentialIds.length },
      acsEntrances: { totalCount: ids.acsEntranceIds.length },
    })
  })
})

describe('the webhook', () => {
  it('should be registered again when somebody deletes it, without a loss', async () => {
    await using world = await startWorld()
    const after = await cursorOf(world)
    const list = () => callSandbox<{ webhooks: { webhook_id: string }[] }>(world, 'webhooks/list')
    const { webhooks } = await list()
    await callSandbox(world, 'webhooks/delete', { webhook_id: webhooks[0]?.webhook_id })
    world.sandbox.act('revoke')
    await world.app.ingest.reconcile()
    expect((await list()).webhooks).toHaveLength(1)
    world.sandbox.act('revoke')
    await vi.waitFor(async () =>
      expect((await toldBy(world, after)).map((change) => change.origin)).toEqual(['BACKFILL', 'WEBHOOK']),
    )
  })

  it('should lose nothing and tell nothing twice while its secret is exchanged', async () => {
    await using world = await startWorld()
    const after = await cursorOf(world)
    const seen = world.sandbox.events().length
    world.sandbox.act('revoke')
    const rotating = world.app.ingest.rotateWebhook()
    world.sandbox.act('revoke')
    await rotating
    world.sandbox.act('revoke')
    await vi.waitFor(async () => expect(await toldBy(world, after)).toHaveLength(3))
    await vi.waitFor(() => {
      const last = world.sandbox.events().at(-1)?.event_id
      const copies = world.sandbox.deliveries().filter((each) => each.event_id === last)
      expect(copies.map((each) => each.status)).toEqual([204, 204])
    })
    const told = await toldBy(world, after)
    expect(new Set(told.map((change) => change.seamEventId))).toEqual(
      new Set(
        world.sandbox
          .events()
          .slice(seen)
          .map((event) => event.event_id),
      ),
    )
    expect(told).toHaveLength(3)
  })
})

describe('what is kept on disk', () => {
  it('should never hold a PIN', async () => {
    await using world = await startWorld()
    for (let count = 0; count < 5; count++) world.sandbox.act('guestCode')
    world.sandbox.act('reissue')
    await world.app.ingest.reconcile()
    const { acs_credentials: rows } = await callSandbox<{ acs_credentials: { code?: string | null }[] }>(
      world,
      'acs/credentials/list',
      { limit: 5000 },
    )
    const pins = new Set(rows.flatMap((row) => (row.code ? [row.code] : [])))
    expect(pins.size).toBeGreaterThan(10)
    const files = readdirSync(world.dataDir).filter((name) => name.startsWith('journal-'))
    const bytes = files.map((name) => readFileSync(join(world.dataDir, name), 'latin1')).join('\n')
    expect(bytes).toContain('image/')
    // Digits inside a longer word belong to an id or a time.
    const words = new Set(bytes.match(/(?<![\w.-])\d{7}(?![\w.-])/g))
    expect([...pins].filter((pin) => words.has(pin))).toEqual([])
  })
})
