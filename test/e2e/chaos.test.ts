import { randomInt } from 'node:crypto'
import { describe, expect, it, vi } from 'vitest'
import type { ActivityName } from '../../src/sandbox/activity/activities.ts'
import { callSandbox } from '../support/sandbox-client.ts'
import { readSandboxState, type SandboxState } from '../support/sandbox-state.ts'
import { subscribe } from '../support/subscriber.ts'
import { startWorld, type World } from '../support/world.ts'

const rounds = 8
const actsInRound = 12

/** Half of these acts cause no event, like the same changes at Seam. */
const acts: readonly ActivityName[] = [
  ...(['moveIn', 'moveOut', 'issue', 'reissue', 'revoke', 'expire', 'guestCode'] as const),
  ...(['disconnect', 'repair', 'addDoor', 'removeDoor'] as const),
  ...(['renameDoor', 'doorOffline', 'doorOnline', 'renameSystem', 'renameUser'] as const),
  ...(['suspendUser', 'unsuspendUser', 'extendKey'] as const),
]

type GraphNode = Record<string, unknown> & { seamId: string }
type Page = { nodes: GraphNode[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } }

const lists = {
  acsSystems: 'name',
  acsUsers: 'displayName fullName emailAddress isSuspended',
  acsEntrances: 'displayName latch { isConnected } users(first: 100) { totalCount }',
  acsCredentials:
    'displayName seamAccessMethod code startsAt endsAt isIssued acsUser { seamId } entrances(first: 50) { nodes { seamId } }',
}

/** Reads all objects of the graph, by list name and id. */
async function readGraph(world: World): Promise<Map<string, unknown>> {
  const nodes = new Map<string, unknown>()
  for (const [list, fields] of Object.entries(lists)) {
    const query = `query All($after: String) { list: ${list}(first: 100, after: $after) { nodes { seamId ${fields} } pageInfo { hasNextPage endCursor } } }`
    for (let after: string | null = null; ; ) {
      const page: Page = (await world.ask<{ list: Page }>(query, { after })).list
      for (const node of page.nodes) nodes.set(`${list} ${node.seamId}`, node)
      if (!page.pageInfo.hasNextPage) break
      after = page.pageInfo.endCursor
    }
  }
  return nodes
}

type System = { acs_system_id: string; name: string }

/** Computes the same objects from the sandbox's own answers. */
function expected(raw: SandboxState, systems: readonly System[]): Map<string, unknown> {
  const nodes = new Map<string, unknown>()
  const put = (list: string, seamId: string, fields: object) =>
    nodes.set(`${list} ${seamId}`, { seamId, ...fields })
  const time = (text: string | undefined) => (text === undefined ? null : new Date(text).toISOString())
  for (const { acs_system_id: id, name } of systems) put('acsSystems', id, { name })
  for (const row of raw.users)
    put('acsUsers', row.acs_user_id, {
      displayName: row.display_name,
      fullName: row.full_name ?? null,
      emailAddress: row.email_address ?? null,
      isSuspended: row.is_suspended === true,
    })
  const holder = new Map(raw.credentials.map((row) => [row.acs_credential_id, row.acs_user_id]))
  for (const row of raw.entrances) {
    const opening = [...raw.opens]
      .filter(([, entrances]) => entrances.has(row.acs_entrance_id))
      .map(([id]) => holder.get(id))
    put('acsEntrances', row.acs_entrance_id, {
      displayName: row.display_name,
      latch: { isConnected: row.latch_metadata?.is_connected ?? null },
      users: { totalCount: new Set(opening.filter((user) => user !== undefined)).size },
    })
  }
  for (const row of raw.credentials)
    put('acsCredentials', row.acs_credential_id, {
      displayName: row.display_name,
      seamAccessMethod: row.access_method,
      code: row.code ?? null,
      startsAt: time(row.starts_at),
      endsAt: time(row.ends_at),
      isIssued: row.is_issued ?? null,
      acsUser: row.acs_user_id === undefined ? null : { seamId: row.acs_user_id },
      entrances: [...(raw.opens.get(row.acs_credential_id) ?? [])].sort(),
    })
  return nodes
}

/** Rounds times to milliseconds and sorts entrances by id, like `expected`. */
function normalize(nodes: Map<string, unknown>): Map<string, unknown> {
  const at = (time: unknown) => (time === null ? null : new Date(String(time)).toISOString())
  return new Map(
    [...nodes].map(([key, node]) => {
      if (!key.startsWith('acsCredentials')) return [key, node]
      const row = node as GraphNode & { entrances: { nodes: GraphNode[] } }
      const entrances = row.entrances.nodes.map(({ seamId }) => seamId).sort()
      return [key, { ...row, startsAt: at(row.startsAt), endsAt: at(row.endsAt), entrances }]
    }),
  )
}

/** Creates a pseudorandom generator from a seed (mulberry32). */
function createDice(seed: number): (sides: number) => number {
  let state = seed
  return (sides) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % sides
  }
}

describe('a gateway under random changes and faults', () => {
  const seed = Number(process.env.CHAOS_SEED ?? randomInt(2 ** 31))

  it(`should agree with the sandbox after each reconciliation (CHAOS_SEED=${seed})`, async () => {
    const roll = createDice(seed)
    const sandbox = { residents: 30, doors: 14, webhookRetryMs: [0, 50, 100] }
    await using world = await startWorld({ sandbox })
    await readGraph(world)
    world.sandbox.addFault({ kind: 'webhookLost', probability: 0.3 })
    world.sandbox.addFault({ kind: 'webhookLate', ms: 120, probability: 0.3 })
    world.sandbox.addFault({ kind: 'webhookRepeated', copies: 3, probability: 0.3 })
    world.sandbox.addFault({ kind: 'webhookReordered', size: 2, holdMs: 50, probability: 0.3 })
    world.sandbox.addFault({ kind: 'latency', ms: [0, 8] })

    for (let round = 0; round < rounds; round++) {
      const readers: Promise<unknown>[] = []
      for (let turn = 0; turn < actsInRound; turn++) {
        try {
          world.sandbox.act(acts[roll(acts.length)] ?? 'moveIn')
        } catch {
          // The sandbox has no object to which this act applies.
        }
        if (roll(3) === 0) readers.push(readGraph(world))
        if (roll(4) === 0) await Promise.all(readers.splice(0))
      }
      await Promise.all(readers)
      await world.app.ingest.reconcile()
      const { acs_systems } = await callSandbox<{ acs_systems: System[] }>(world, 'acs/systems/list')
      const truth = expected(await readSandboxState(world), acs_systems)
      await vi.waitFor(async () => expect(normalize(await readGraph(world))).toEqual(truth), {
        timeout: 2_000,
        interval: 20,
      })
    }
  })

  it('should report a difference without an event after an earlier event of the same object', async () => {
    await using world = await startWorld()
    const feed = subscribe<{ changes: { changes: { kind: string; changedFields?: string[] }[] } }>(
      world.wsUrl,
      'subscription { changes { changes { kind ... on EntranceChange { changedFields } ... on CredentialChange { changedFields } } } }',
    )
    await feed.next()
    const { acs_entrance_id } = world.sandbox.act('addDoor')
    await feed.until(({ changes }) => changes.changes.some(({ kind }) => kind === 'CREATED'))
    const query = 'query Entrance($id: ID!) { acsEntrance(id: $id) { latch { isConnected } } }'
    expect(await world.ask(query, { id: acs_entrance_id })).toMatchObject({
      acsEntrance: { latch: { isConnected: true } },
    })
    world.sandbox.act('doorOffline', { acs_entrance_id })
    await world.app.ingest.reconcile()
    await feed.until(({ changes }) =>
      changes.changes.some(
        ({ kind, changedFields }) => kind === 'UPDATED' && changedFields?.includes('latch'),
      ),
    )
    expect(await world.ask(query, { id: acs_entrance_id })).toMatchObject({
      acsEntrance: { latch: { isConnected: false } },
    })
    const count = feed.all.length
    await world.app.ingest.reconcile()
    await feed.close()
    expect(feed.all.slice(count).flatMap(({ changes }) => changes.changes)).toEqual([])
  })
})
