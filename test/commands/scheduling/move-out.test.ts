import { setTimeout as delay } from 'node:timers/promises'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openApiKeyStore } from '../../../src/auth/api-keys/open-api-key-store.ts'
import type { AcsSystemId, AcsUserId } from '../../../src/model/ids.ts'
import { ask, startDeployment } from '../../support/deployment.ts'
import {
  listSeamWrites,
  mutate,
  mutateSuccessfully,
  readSandboxObjects,
} from '../../support/graph-mutations.ts'
import { startRedis } from '../../support/redis-server.ts'
import { callSandbox } from '../../support/sandbox-client.ts'
import { subscribe } from '../../support/subscriber.ts'
import { startWorld, type World } from '../../support/world.ts'

const timeout = 120_000

/** Times in the far future, in ascending order. */
const [first, second, third] = ['2096-01-01T00:00:00Z', '2097-01-01T00:00:00Z', '2098-01-01T00:00:00Z']

type SandboxWorld = Pick<World, 'sandbox'>
type Credential = { readonly id: string; readonly method: string; readonly end: number | null }

const toMs = (time: unknown): number | null => (typeof time === 'string' ? Date.parse(time) : null)

/** Returns the credentials of an ACS user in Seam, oldest first. */
async function listCredentials(world: SandboxWorld, acsUserId: string): Promise<readonly Credential[]> {
  const { credentials } = await readSandboxObjects(world)
  return credentials
    .filter((row) => row.acs_user_id === acsUserId)
    .map((row) => ({
      id: String(row.acs_credential_id),
      method: String(row.access_method),
      end: toMs(row.ends_at),
    }))
}

const listEnds = async (world: SandboxWorld, acsUserId: string) =>
  (await listCredentials(world, acsUserId)).map(({ end }) => end).sort()

const isInSeam = async (world: SandboxWorld, acsUserId: string) =>
  (await readSandboxObjects(world)).users.some((row) => row.acs_user_id === acsUserId)

/** Returns the ids of the entrances that unlock with a PIN. */
async function listCodeEntranceIds(world: SandboxWorld, systemIndex = 0): Promise<readonly string[]> {
  type Entrance = { readonly acs_entrance_id: string; readonly can_unlock_with_code?: boolean }
  const { acs_entrances } = await callSandbox<{ acs_entrances: Entrance[] }>(world, 'acs/entrances/list', {
    acs_system_id: world.sandbox.ids().acsSystemIds[systemIndex],
  })
  return acs_entrances.filter((row) => row.can_unlock_with_code === true).map((row) => row.acs_entrance_id)
}

/** Creates an ACS user with a PIN for each end, directly in Seam. */
async function createUser(
  world: SandboxWorld,
  ends: readonly (string | null)[],
  systemIndex = 0,
): Promise<string> {
  const acs_system_id = world.sandbox.ids().acsSystemIds[systemIndex]
  const { acs_user } = await callSandbox<{ acs_user: { acs_user_id: string } }>(world, 'acs/users/create', {
    acs_system_id,
    full_name: 'Pat Mover',
  })
  const entranceIds = await listCodeEntranceIds(world, systemIndex)
  for (const [index, ends_at] of ends.entries())
    await callSandbox(world, 'acs/credentials/create', {
      acs_user_id: acs_user.acs_user_id,
      access_method: 'code',
      allowed_acs_entrance_ids: [entranceIds[index % entranceIds.length]],
      ...(ends_at !== null && { ends_at }),
    })
  return acs_user.acs_user_id
}

const scheduleQuery = /* GraphQL */ `
  query Schedule($id: ID!) {
    acsUser(id: $id) { scheduledMoveOut { at keepUser requestedAt acsUser { seamId } } }
  }
`
type Schedule = { readonly at: string; readonly keepUser: boolean; readonly acsUser: { seamId: string } }

async function findSchedule(world: World, id: string): Promise<Schedule | null> {
  const { acsUser } = await world.ask<{ acsUser: { scheduledMoveOut: Schedule | null } }>(scheduleQuery, {
    id,
  })
  return acsUser.scheduledMoveOut
}

describe('a scheduled move-out', () => {
  let world: World
  beforeAll(async () => {
    world = await startWorld({
      sandbox: { systems: 2, doors: 12, residents: 4 },
      timing: { seamTimeoutMs: 1_000, settleMs: 500, sweepMs: 60_000, seamRetryMs: 10 },
    })
  })
  afterEach(() => world.sandbox.clearFaults())
  afterAll(() => world[Symbol.asyncDispose]())

  const settle = async () => {
    while ((await world.app.sweep()) > 0) await delay(50)
  }

  it('should set the ends of credentials again when it is rescheduled to a later or an earlier time', async () => {
    const acsUserId = await createUser(world, [null, second, first])
    await mutateSuccessfully(world, 'moveOut', { acsUserId, at: second })
    expect(await listEnds(world, acsUserId)).toEqual([toMs(first), toMs(second), toMs(second)])
    await mutateSuccessfully(world, 'moveOut', { acsUserId, at: third })
    expect(await listEnds(world, acsUserId)).toEqual([toMs(first), toMs(second), toMs(third)])
    await mutateSuccessfully(world, 'moveOut', { acsUserId, at: first })
    expect(await listEnds(world, acsUserId)).toEqual([toMs(first), toMs(first), toMs(first)])
    await mutateSuccessfully(world, 'moveOut', { acsUserId, at: third })
    expect(await listEnds(world, acsUserId)).toEqual([toMs(first), toMs(second), toMs(third)])
    expect(Date.parse((await findSchedule(world, acsUserId))?.at ?? '')).toBe(toMs(third))
  })

  it('should not change an end that was updated after it was scheduled', async () => {
    const acsUserId = await createUser(world, [third])
    await mutateSuccessfully(world, 'moveOut', { acsUserId, at: first })
    const [credential] = await listCredentials(world, acsUserId)
    await mutateSuccessfully(world, 'updateCredential', { acsCredentialId: credential?.id, endsAt: second })
    await mutateSuccessfully(world, 'moveOut', { acsUserId, at: third })
    expect(await listEnds(world, acsUserId)).toEqual([toMs(second)])
    await mutateSuccessfully(world, 'cancelMoveOut', { acsUserId })
    expect(await listEnds(world, acsUserId)).toEqual([toMs(second)])
  })

  it.each([
    ['the client sends its idempotency key again', true],
    ['the recovery sweep finishes it', false],
  ])(
    'should win over an earlier request although its first attempt failed, if %s',
    { timeout },
    async (_title, isRepeated) => {
      // Several ACS users, since the order in which unfinished commands are resumed is undefined.
      const users = await Promise.all(Array.from({ length: 6 }, () => createUser(world, [null, null])))
      const soon = new Date(Date.now() + 5_000).toISOString()
      const route = 'acs/credentials/update'
      for (const acsUserId of users) {
        await mutateSuccessfully(world, 'moveOut', { acsUserId, at: soon })
        // The first end is updated, and every call after that fails.
        const about = (await listCredentials(world, acsUserId))[1]?.id as string
        world.sandbox.addFault({ kind: 'status', status: 503, route, about, times: 9_999 })
      }
      const later = (acsUserId: string) => ({ acsUserId, at: third, idempotencyKey: `later ${acsUserId}` })
      await Promise.all(
        users.map(async (acsUserId) => {
          const { error } = await mutate(world, 'moveOut', later(acsUserId))
          expect(error?.extensions.code).toMatch(/^SEAM_/)
        }),
      )
      const waitUntilDue = async () => {
        while (Date.now() < Date.parse(soon)) await delay(50)
      }
      if (isRepeated) {
        world.sandbox.clearFaults()
        for (const acsUserId of users) await mutateSuccessfully(world, 'moveOut', later(acsUserId))
        await waitUntilDue()
      } else {
        // The earlier request is due while the outcome of the later one is unknown.
        await waitUntilDue()
        for (let round = 0; round < 3; round++) await world.app.sweep()
        world.sandbox.clearFaults()
      }
      await settle()
      for (const acsUserId of users) {
        expect(await isInSeam(world, acsUserId)).toBe(true)
        expect(await listEnds(world, acsUserId)).toEqual([toMs(third), toMs(third)])
        expect(toMs((await findSchedule(world, acsUserId))?.at)).toBe(toMs(third))
      }
    },
  )

  it('should stay unchanged if a later request had no effect', { timeout }, async () => {
    const acsUserId = await createUser(world, [null, third])
    await mutateSuccessfully(world, 'moveOut', { acsUserId, at: second })
    const route = 'acs/credentials/update'
    for (const { id: about } of await listCredentials(world, acsUserId))
      world.sandbox.addFault({ kind: 'status', status: 503, route, about, times: 99 })
    expect((await mutate(world, 'moveOut', { acsUserId, at: first })).error).not.toBeNull()
    world.sandbox.clearFaults()
    await settle()
    expect(await listEnds(world, acsUserId)).toEqual([toMs(second), toMs(second)])
    expect(toMs((await findSchedule(world, acsUserId))?.at)).toBe(toMs(second))
  })

  it('should be neither rescheduled nor cancelled once the removal has started', { timeout }, async () => {
    const acsUserId = await createUser(world, [null])
    const soon = new Date(Date.now() + 3_000).toISOString()
    await mutateSuccessfully(world, 'moveOut', { acsUserId, at: soon })
    while (Date.now() < Date.parse(soon)) await delay(50)
    world.sandbox.addFault({
      kind: 'status',
      status: 503,
      route: 'acs/users/delete',
      about: acsUserId,
      times: 99,
    })
    await world.app.sweep()
    for (const [name, input] of [
      ['moveOut', { acsUserId, at: third }],
      ['cancelMoveOut', { acsUserId }],
    ] as const) {
      const { payload } = await mutate(world, name, input)
      expect(payload?.userErrors, name).toMatchObject([{ code: 'CONFLICT', field: ['acsUserId'] }])
    }
    world.sandbox.clearFaults()
    await settle()
    expect(await isInSeam(world, acsUserId)).toBe(false)
  })

  it('should not be replaced by an earlier request that is repeated or ends late', {
    timeout,
  }, async () => {
    const acsUserId = await createUser(world, [null])
    const earlier = { acsUserId, at: first, idempotencyKey: 'earlier' }
    const answer = await mutateSuccessfully(world, 'moveOut', earlier)
    const [credential] = await listCredentials(world, acsUserId)
    const failing = { acsUserId, at: second, idempotencyKey: 'failing' }
    const route = 'acs/credentials/update'
    world.sandbox.addFault({ kind: 'status', status: 503, route, about: String(credential?.id), times: 99 })
    expect((await mutate(world, 'moveOut', failing)).error).not.toBeNull()
    world.sandbox.clearFaults()
    await mutateSuccessfully(world, 'moveOut', { acsUserId, at: third })
    expect((await mutate(world, 'moveOut', failing)).payload?.userErrors).toMatchObject([
      { code: 'CONFLICT' },
    ])
    expect(await mutate(world, 'moveOut', earlier)).toEqual({ payload: answer, error: null })
    await settle()
    expect(await listEnds(world, acsUserId)).toEqual([toMs(third)])
    expect(toMs((await findSchedule(world, acsUserId))?.at)).toBe(toMs(third))
  })

  it('should be replaced by a move-out without a time', async () => {
    const acsUserId = await createUser(world, [null])
    await mutateSuccessfully(world, 'moveOut', { acsUserId, at: first })
    const countChanges = async () => {
      const query = `query($id: ID!) { changes(filter: { acsUserId: $id, subjects: [USER] }, last: 100) {
        nodes { ... on UserChange { changedFields } } } }`
      type Changes = { changes: { nodes: { changedFields: string[] }[] } }
      const { changes } = await world.ask<Changes>(query, { id: acsUserId })
      return changes.nodes.filter(({ changedFields }) => changedFields.includes('scheduledMoveOut')).length
    }
    expect(await countChanges()).toBe(1)
    await mutateSuccessfully(world, 'moveOut', { acsUserId, keepUser: true })
    expect(await findSchedule(world, acsUserId)).toBeNull()
    expect(await countChanges()).toBe(2)
    await mutateSuccessfully(world, 'moveOut', { acsUserId, keepUser: true })
    expect(await countChanges()).toBe(2)
    await mutateSuccessfully(world, 'moveOut', { acsUserId, at: first })
    await mutateSuccessfully(world, 'moveOut', { acsUserId })
    expect(await isInSeam(world, acsUserId)).toBe(false)
    expect(await listScheduledUserIds(world)).not.toContain(acsUserId)
  })

  it('should be published and visible when it is scheduled, rescheduled and cancelled', async () => {
    const acsUserId = await createUser(world, [second])
    type Payload = {
      userChanges: {
        changes: {
          kind: string
          changedFields: string[]
          acsUser: { scheduledMoveOut: Schedule | null } | null
        }[]
      }
    }
    const subscription = subscribe<Payload>(
      world.wsUrl,
      `subscription($id: ID!) { userChanges(filter: { acsUserId: $id }) {
        changes { kind changedFields acsUser { scheduledMoveOut { at } } } } }`,
      { id: acsUserId },
    )
    await subscription.next()
    const nextChange = async () => {
      const { userChanges } = await subscription.until(({ userChanges: { changes } }) =>
        changes.some(({ changedFields }) => changedFields.includes('scheduledMoveOut')),
      )
      const change = userChanges.changes.find(({ changedFields }) =>
        changedFields.includes('scheduledMoveOut'),
      )
      return [change?.kind, toMs(change?.acsUser?.scheduledMoveOut?.at)]
    }
    await mutateSuccessfully(world, 'moveOut', { acsUserId, at: first })
    expect(await nextChange()).toEqual(['UPDATED', toMs(first)])
    await mutateSuccessfully(world, 'moveOut', { acsUserId, at: third })
    expect(await nextChange()).toEqual(['UPDATED', toMs(third)])
    await mutateSuccessfully(world, 'cancelMoveOut', { acsUserId })
    expect(await nextChange()).toEqual(['UPDATED', null])
    await subscription.close()
  })

  it('should be listed in the order of time, in pages, after a restart', async () => {
    const at = { a: '2090-01-01T00:00:00Z', b: '2091-01-01T00:00:00Z', c: '2092-01-01T00:00:00Z' }
    const [a, b, c] = await Promise.all([
      createUser(world, []),
      createUser(world, []),
      createUser(world, [], 1),
    ])
    await mutateSuccessfully(world, 'moveOut', { acsUserId: c, at: at.c, keepUser: true })
    await mutateSuccessfully(world, 'moveOut', { acsUserId: a, at: at.a })
    await mutateSuccessfully(world, 'moveOut', { acsUserId: b, at: at.b })
    await world.restart()
    const before = '2093-01-01T00:00:00Z'
    expect(await listScheduledUserIds(world, { before })).toEqual([a, b, c])
    const [, secondSystemId] = world.sandbox.ids().acsSystemIds
    expect(await listScheduledUserIds(world, { before, acsSystemId: secondSystemId })).toEqual([c])
    expect(await findSchedule(world, c)).toMatchObject({ keepUser: true, acsUser: { seamId: c } })
  })

  it('should be visible to, and cancelled by, only viewers with access to the ACS user', async () => {
    const [firstSystemId = '', secondSystemId = ''] = world.sandbox.ids().acsSystemIds
    const [acsUserId, foreignUserId] = await Promise.all([createUser(world, []), createUser(world, [], 1)])
    await mutateSuccessfully(world, 'moveOut', { acsUserId, at: first })
    await mutateSuccessfully(world, 'moveOut', { acsUserId: foreignUserId, at: first })
    const store = await openApiKeyStore({
      redisUrl: null,
      dataDir: world.dataDir,
      workspaceId: async () => world.sandbox.workspaceId,
    })
    const scopes = ['read', 'write'] as const
    const systemKey = await store.create({ name: 'n', scopes, acsSystemIds: [firstSystemId as AcsSystemId] })
    const residentKey = await store.create({ name: 'r', scopes, residentId: acsUserId as AcsUserId })
    await store.close()
    const visibleIds = await listScheduledUserIds(world, {}, systemKey.key)
    expect(visibleIds).toContain(acsUserId)
    expect(visibleIds).not.toContain(foreignUserId)
    expect(await listScheduledUserIds(world, { acsSystemId: secondSystemId }, systemKey.key)).toEqual([])
    expect(await listScheduledUserIds(world, {}, residentKey.key)).toEqual([acsUserId])
    world.sandbox.resetCalls()
    const foreign = await mutate(world, 'cancelMoveOut', { acsUserId: foreignUserId }, systemKey.key)
    const nobodys = await mutate(
      world,
      'cancelMoveOut',
      { acsUserId: '00000000-0000-4000-8000-000000000000' },
      systemKey.key,
    )
    expect(foreign).toEqual(nobodys)
    expect(foreign.payload?.userErrors).toMatchObject([{ code: 'NOT_FOUND' }])
    const own = await mutate(world, 'cancelMoveOut', { acsUserId }, residentKey.key)
    expect(own.payload?.userErrors).toMatchObject([{ code: 'NOT_ALLOWED' }])
    expect(listSeamWrites(world)).toEqual([])
  })

  describe('that is cancelled', () => {
    it('should restore the ends of credentials, and replace a credential that had no end', async () => {
      const acsUserId = await createUser(world, [null, first, third])
      const before = await listCredentials(world, acsUserId)
      await mutateSuccessfully(world, 'moveOut', { acsUserId, at: second })
      const { acsCredentials, steps } = await mutateSuccessfully(world, 'cancelMoveOut', { acsUserId })
      expect(steps.map(({ status }: { status: string }) => status)).toEqual(['DONE', 'DONE', 'DONE', 'DONE'])
      const after = await listCredentials(world, acsUserId)
      expect(after.map(({ end }) => end).sort()).toEqual(before.map(({ end }) => end).sort())
      const kept = before.filter(({ end }) => end !== null).map(({ id }) => id)
      expect(after.map(({ id }) => id)).toEqual(expect.arrayContaining(kept))
      expect(acsCredentials).toHaveLength(1)
      expect(acsCredentials[0].endsAt).toBeNull()
      expect(after.map(({ id }) => id)).toContain(acsCredentials[0].seamId)
      expect(await findSchedule(world, acsUserId)).toBeNull()
    })

    it('should be finished and published after a partial failure', { timeout }, async () => {
      const acsUserId = await createUser(world, [second, third])
      await mutateSuccessfully(world, 'moveOut', { acsUserId, at: first })
      const about = (await listCredentials(world, acsUserId))[1]?.id as string
      const route = 'acs/credentials/update'
      world.sandbox.addFault({ kind: 'status', status: 503, route, about, times: 99 })
      const { cursor } = await world.ask<{ cursor: string }>('{ cursor }')
      expect((await mutate(world, 'cancelMoveOut', { acsUserId })).error).not.toBeNull()
      expect(await findSchedule(world, acsUserId)).toBeNull()
      world.sandbox.clearFaults()
      await settle()
      expect(await listEnds(world, acsUserId)).toEqual([toMs(second), toMs(third)])
      const query = `query($after: String) { changes(filter: { subjects: [CREDENTIAL] }, first: 100, after: $after) {
        nodes { ... on CredentialChange { credentialId changedFields } } } }`
      type ChangesResult = { changes: { nodes: { credentialId: string; changedFields: string[] }[] } }
      const { changes } = await world.ask<ChangesResult>(query, { after: cursor })
      const ids = (await listCredentials(world, acsUserId)).map(({ id }) => id)
      expect(changes.nodes.map(({ credentialId }) => credentialId).toSorted()).toEqual(ids.toSorted())
    })

    it('should leave a consistent state with a concurrent request', { timeout }, async () => {
      for (let round = 0; round < 10; round++) {
        const acsUserId = await createUser(world, [third])
        await mutateSuccessfully(world, 'moveOut', { acsUserId, at: first })
        const answers = await Promise.all([
          mutate(world, 'cancelMoveOut', { acsUserId }),
          mutate(world, 'moveOut', { acsUserId, at: second }),
        ])
        const codes = answers.flatMap(
          ({ payload }) => payload?.userErrors.map(({ code }) => code) ?? ['NONE'],
        )
        expect(codes.filter((code) => code !== 'CONFLICT')).toEqual([])
        expect(codes.length).toBeLessThan(2)
        const at = toMs((await findSchedule(world, acsUserId))?.at)
        expect([null, toMs(second)]).toContain(at)
        expect(await listEnds(world, acsUserId)).toEqual([at ?? toMs(third)])
      }
    })

    it('should not be carried out at its time', { timeout }, async () => {
      const acsUserId = await createUser(world, [third])
      const soon = new Date(Date.now() + 3_000).toISOString()
      await mutateSuccessfully(world, 'moveOut', { acsUserId, at: soon })
      await mutateSuccessfully(world, 'cancelMoveOut', { acsUserId })
      while (Date.now() < Date.parse(soon)) await delay(50)
      await settle()
      expect(await isInSeam(world, acsUserId)).toBe(true)
      expect(await listEnds(world, acsUserId)).toEqual([toMs(third)])
    })

    it('should be refused if nothing is scheduled, and return the same payload for its idempotency key', async () => {
      const acsUserId = await createUser(world, [third])
      const nothing = await mutate(world, 'cancelMoveOut', { acsUserId })
      expect(nothing.payload?.userErrors).toMatchObject([{ code: 'NOT_FOUND', field: ['acsUserId'] }])
      await mutateSuccessfully(world, 'moveOut', { acsUserId, at: first })
      const cancelInput = { acsUserId, idempotencyKey: 'cancel' }
      const answer = await mutateSuccessfully(world, 'cancelMoveOut', cancelInput)
      await mutateSuccessfully(world, 'moveOut', { acsUserId, at: second })
      expect(await mutateSuccessfully(world, 'cancelMoveOut', cancelInput)).toEqual(answer)
      expect(toMs((await findSchedule(world, acsUserId))?.at)).toBe(toMs(second))
    })
  })

  it('should have the state of the last request after any sequence of requests', { timeout }, async () => {
    const time = fc.constantFrom(first, second, third)
    const request = fc.oneof(
      { weight: 3, arbitrary: fc.record({ at: time }) },
      { weight: 1, arbitrary: fc.constant(null) },
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(time, { minLength: 1, maxLength: 3 }),
        fc.array(request, { minLength: 1, maxLength: 5 }),
        async (own, requests) => {
          const acsUserId = await createUser(world, own)
          for (const each of requests) {
            if (each !== null) await mutateSuccessfully(world, 'moveOut', { acsUserId, at: each.at })
            else await mutate(world, 'cancelMoveOut', { acsUserId })
          }
          const at = requests.at(-1)?.at ?? null
          const expected = own.map((end) => (at !== null && at < end ? at : end))
          expect(await listEnds(world, acsUserId)).toEqual(expected.map(toMs).sort())
          expect(toMs((await findSchedule(world, acsUserId))?.at)).toBe(toMs(at))
        },
      ),
      { numRuns: 25 },
    )
  })
})

const listQuery = /* GraphQL */ `
  query List($filter: ScheduledMoveOutFilter, $after: String) {
    scheduledMoveOuts(filter: $filter, first: 2, after: $after) {
      totalCount
      nodes { acsUser { seamId } }
      pageInfo { hasNextPage endCursor }
    }
  }
`

/** Returns the ids of the ACS users of all matching scheduled move-outs, read in pages of two. */
async function listScheduledUserIds(
  world: World,
  filter: object = {},
  key?: string,
): Promise<readonly string[]> {
  type Page = {
    scheduledMoveOuts: {
      totalCount: number
      nodes: { acsUser: { seamId: string } }[]
      pageInfo: { hasNextPage: boolean; endCursor: string }
    }
  }
  const ids: string[] = []
  for (let after: string | null = null; ; ) {
    const { scheduledMoveOuts: page }: Page = await world.ask<Page>(listQuery, { filter, after }, key)
    ids.push(...page.nodes.map(({ acsUser }) => acsUser.seamId))
    after = page.pageInfo.endCursor
    if (page.pageInfo.hasNextPage) continue
    expect(page.totalCount).toBe(ids.length)
    return ids
  }
}

describe('scheduled move-outs of several replicas', () => {
  it('should be those of the last request, whichever replica received it', { timeout }, async () => {
    await using redis = await startRedis()
    await using scene = await startDeployment({ replicas: 2, redisUrl: redis.url, scopes: ['write'] })
    const [firstUrl = '', secondUrl = ''] = scene.urls
    const acsUserId = await createUser(scene, [third])
    const move = async (url: string, at: string) =>
      (await mutate({ url }, 'moveOut', { acsUserId, at }, scene.key)).payload?.userErrors
    expect([await move(firstUrl, first), await move(secondUrl, second)]).toEqual([[], []])
    const query = 'query($id: ID!) { acsUser(id: $id) { scheduledMoveOut { at } } }'
    type Answer = { acsUser: { scheduledMoveOut: { at: string } | null } }
    const findScheduledTime = async (url: string) => {
      const { acsUser } = await ask<Answer>(url, scene.key, query, { id: acsUserId })
      return toMs(acsUser.scheduledMoveOut?.at)
    }
    expect([await findScheduledTime(firstUrl), await findScheduledTime(secondUrl)]).toEqual([
      toMs(second),
      toMs(second),
    ])
    expect(await listEnds(scene, acsUserId)).toEqual([toMs(second)])

    // One of several concurrent requests wins on both replicas; requests that it has replaced are refused.
    const responses = await Promise.all(
      [firstUrl, secondUrl, firstUrl, secondUrl].map((url, index) => move(url, index < 2 ? first : second)),
    )
    const codes = responses.flatMap((userErrors) => userErrors?.map(({ code }) => code) ?? ['NONE'])
    expect(codes.filter((code) => code !== 'CONFLICT')).toEqual([])
    expect(codes.length).toBeLessThan(responses.length)
    const at = await findScheduledTime(firstUrl)
    expect([toMs(first), toMs(second)]).toContain(at)
    expect(await findScheduledTime(secondUrl)).toBe(at)
    expect(await listEnds(scene, acsUserId)).toEqual([at])

    const { payload } = await mutate({ url: firstUrl }, 'cancelMoveOut', { acsUserId }, scene.key)
    expect(payload?.userErrors).toEqual([])
    expect([await findScheduledTime(firstUrl), await findScheduledTime(secondUrl)]).toEqual([null, null])
    expect(await listEnds(scene, acsUserId)).toEqual([toMs(third)])
  })
})
