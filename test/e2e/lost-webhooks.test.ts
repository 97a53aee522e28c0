import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { callSandbox } from '../support/sandbox-client.ts'
import { subscribe } from '../support/subscriber.ts'
import { startWorld, type World } from '../support/world.ts'

type Change = {
  subject: string
  kind: string
  origin: string
  seamEventId: string | null
  id: string | null
  fields: string[]
}

const changesQuery = /* GraphQL */ `
  query Changes($after: String) {
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

/** Returns all changes after a cursor, oldest first. */
async function changesAfter(world: World, after: string | null = null): Promise<Change[]> {
  const { changes } = await world.ask<{
    changes: { pageInfo: { hasNextPage: boolean; endCursor: string | null }; nodes: Node[] }
  }>(changesQuery, { after })
  const pageOfChanges = changes.nodes.map((node) => ({
    subject: node.__typename.replace('Change', '').toUpperCase(),
    kind: node.kind,
    origin: node.origin,
    seamEventId: node.seamEventId,
    id: node.credentialId ?? node.acsUserId ?? node.acsEntranceId ?? node.acsSystem?.seamId ?? null,
    fields: node.changedFields ?? [],
  }))
  return changes.pageInfo.hasNextPage
    ? [...pageOfChanges, ...(await changesAfter(world, changes.pageInfo.endCursor))]
    : pageOfChanges
}

const cursorOf = async (world: World) => (await world.ask<{ cursor: string }>('{ cursor }')).cursor
const loseWebhooks = (world: World) => world.sandbox.addFault({ kind: 'webhookLost' })
const short = ({ subject, kind, id, fields }: Change) => ({ subject, kind, id, fields })
const reconciled = (changes: Change[]) =>
  changes.filter((change) => change.origin === 'RECONCILIATION').map(short)

describe('lost webhooks', () => {
  it("should be replaced by Seam's list of events, in order and without repetition", async () => {
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
    const changes = await changesAfter(world, after)
    expect(changes.map((change) => change.seamEventId).toSorted()).toEqual(
      events.map((event) => event.event_id).toSorted(),
    )
    expect(changes.every((change) => change.origin === 'BACKFILL')).toBe(true)
    const times = changes.map(
      (change) => events.find((each) => each.event_id === change.seamEventId)?.created_at,
    )
    expect(times).toEqual(times.toSorted())
    await world.app.ingest.backfill()
    expect(await changesAfter(world, after)).toHaveLength(changes.length)
  })

  it('should cause changes for subscribers like other webhooks', async () => {
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

  it('should cause no second change if they arrive late', async () => {
    await using world = await startWorld()
    const after = await cursorOf(world)
    world.sandbox.addFault({ kind: 'webhookLate', ms: 300 })
    world.sandbox.act('revoke')
    await world.app.ingest.backfill()
    await vi.waitFor(() => expect(world.sandbox.deliveries().at(-1)).toMatchObject({ status: 204 }), 5_000)
    expect(await changesAfter(world, after)).toHaveLength(1)
  })
})

describe('changes without an event', () => {
  it('should be reported with the changed fields, and visible to queries', async () => {
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
    const changes = reconciled(await changesAfter(world, after))
    expect(changes).toHaveLength(5)
    expect(changes).toEqual(
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
      'query Read($user: ID!, $entrance: ID!) { acsUser(id: $user) { fullName } acsEntrance(id: $entrance) { latch { isConnected } } }',
      { user: renamed, entrance: offline },
    )
    expect(read).toEqual({
      acsUser: { fullName: 'Ada Lovelace' },
      acsEntrance: { latch: { isConnected: false } },
    })
  })

  it('should be reported once by several reconciliations', async () => {
    await using world = await startWorld()
    const after = await cursorOf(world)
    world.sandbox.act('doorOffline')
    await world.app.ingest.reconcile()
    await world.app.ingest.reconcile()
    await world.restart()
    await world.app.ingest.reconcile()
    expect(await changesAfter(world, after)).toHaveLength(1)
  })

  it('should be reported again if they happen again', async () => {
    await using world = await startWorld()
    const after = await cursorOf(world)
    const entrance = world.sandbox.act('doorOffline')
    await world.app.ingest.reconcile()
    for (const act of ['doorOnline', 'doorOffline', 'doorOnline'] as const) {
      world.sandbox.act(act, entrance)
      await world.app.ingest.reconcile()
    }
    expect(reconciled(await changesAfter(world, after)).map((change) => change.fields)).toEqual([
      ['latch'],
      ['latch'],
      ['latch'],
      ['latch'],
    ])
  })

  it('should include the entrances of a credential after a client has queried entrances', async () => {
    await using world = await startWorld()
    await world.ask('{ acsEntrances(first: 50) { nodes { credentials(first: 1) { totalCount } } } }')
    await world.app.ingest.reconcile()
    const after = await cursorOf(world)
    const { acs_credentials: rows } = await callSandbox<{
      acs_credentials: { acs_credential_id: string; access_method: string }[]
    }>(world, 'acs/credentials/list', { limit: 5000 })
    const credentialId = rows.find((row) => row.access_method === 'mobile_key')?.acs_credential_id
    const { acs_entrances: entrances } = await callSandbox<{ acs_entrances: { acs_entrance_id: string }[] }>(
      world,
      'acs/credentials/list_accessible_entrances',
      { acs_credential_id: credentialId },
    )
    world.sandbox.act('removeDoor', { acs_entrance_id: entrances[0]?.acs_entrance_id ?? '' })
    await world.app.ingest.reconcile()
    expect(reconciled(await changesAfter(world, after))).toContainEqual({
      subject: 'CREDENTIAL',
      kind: 'UPDATED',
      id: credentialId,
      fields: ['entrances'],
    })
  })
})

describe('a change that both an event and reconciliation find', () => {
  it('should be reported for the event only', async () => {
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
    const changes = await changesAfter(world, after)
    expect(changes.length).toBeGreaterThan(5)
    expect(changes.filter((change) => change.origin === 'RECONCILIATION')).toEqual([])
    world.sandbox.act('repair')
    await world.app.ingest.reconcile()
    expect(reconciled(await changesAfter(world, after))).toEqual([])
  })

  it('should be reported once if the webhook arrives during reconciliation', async () => {
    await using world = await startWorld()
    const after = await cursorOf(world)
    for (let count = 0; count < 5; count++) {
      const comparing = world.app.ingest.reconcile()
      world.sandbox.act('moveIn')
      world.sandbox.act('revoke')
      await comparing
    }
    await world.app.ingest.reconcile()
    const changes = await changesAfter(world, after)
    const keys = changes.map(({ subject, kind, id }) => `${subject} ${kind} ${id}`)
    expect(keys).toEqual([...new Set(keys)])
    expect(reconciled(changes)).toEqual([])
  })
})

describe('a long time without the gateway', () => {
  it('should end with a graph and a feed that contain every difference', async () => {
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
      const entrance = sandbox.act('doorOffline').acs_entrance_id
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
      if (before.acsEntranceIds.includes(entrance ?? '')) expected.add(`ENTRANCE UPDATED ${entrance}`)
      if (before.acsUserIds.includes(user ?? '')) expected.add(`USER UPDATED ${user}`)
      const { acs_systems: systems } = await callSandbox<{
        acs_systems: { acs_system_id: string; connected_account_id: string }[]
      }>(world, 'acs/systems/list')
      for (const system of systems)
        if (system.connected_account_id === account)
          expected.add(`CONNECTION DISCONNECTED ${system.acs_system_id}`)
      await vi.waitFor(() => expect(sandbox.events()).toEqual([]))
    })
    const changes = await changesAfter(world, after)
    const keys = changes
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

describe('the webhook at Seam', () => {
  it('should be registered again without a lost change if it was deleted', async () => {
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
      expect((await changesAfter(world, after)).map((change) => change.origin)).toEqual([
        'BACKFILL',
        'WEBHOOK',
      ]),
    )
  })

  it('should lose and repeat no change while its secret is rotated', async () => {
    await using world = await startWorld()
    const after = await cursorOf(world)
    const seen = world.sandbox.events().length
    world.sandbox.act('revoke')
    const rotating = world.app.ingest.rotateWebhook()
    world.sandbox.act('revoke')
    await rotating
    world.sandbox.act('revoke')
    await vi.waitFor(async () => expect(await changesAfter(world, after)).toHaveLength(3))
    await vi.waitFor(() => {
      const last = world.sandbox.events().at(-1)?.event_id
      const copies = world.sandbox.deliveries().filter((each) => each.event_id === last)
      expect(copies.map((each) => each.status)).toEqual([204, 204])
    })
    const changes = await changesAfter(world, after)
    expect(new Set(changes.map((change) => change.seamEventId))).toEqual(
      new Set(
        world.sandbox
          .events()
          .slice(seen)
          .map((event) => event.event_id),
      ),
    )
    expect(changes).toHaveLength(3)
  })
})

describe('the journal on disk', () => {
  it('should contain no PIN', async () => {
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
    // Digits inside a longer word are part of an id or a time.
    const words = new Set(bytes.match(/(?<![\w.-])\d{7}(?![\w.-])/g))
    expect([...pins].filter((pin) => words.has(pin))).toEqual([])
  })
})
