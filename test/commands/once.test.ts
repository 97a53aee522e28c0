import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Scope } from '../../src/auth/viewer.ts'
import { done, everythingIn, mutate, writesIn } from '../support/mutations.ts'
import { startRedis } from '../support/redis.ts'
import { ask, startScene } from '../support/scene.ts'
import { inBuilding } from '../support/seam.ts'
import { startWorld, type World } from '../support/world.ts'

const timeout = 60_000

async function moverIn(world: Pick<World, 'sandbox'>) {
  const [acsSystemId = ''] = world.sandbox.ids().acsSystemIds
  const { acs_entrances } = await inBuilding<{
    acs_entrances: { acs_entrance_id: string; can_unlock_with_code?: boolean }[]
  }>(world, 'acs/entrances/list', { acs_system_id: acsSystemId })
  const doors = acs_entrances
    .filter((door) => door.can_unlock_with_code === true)
    .map((door) => door.acs_entrance_id)
  return {
    acsSystemId,
    fullName: 'Ann Poe',
    emailAddress: `${randomUUID()}@example.com`,
    startsAt: '2099-01-01T00:00:00Z',
    mobileKeyAcsEntranceIds: doors.slice(0, 2),
    codeAcsEntranceIds: doors.slice(0, 1),
  }
}

const counts = async (world: Pick<World, 'sandbox'>) => {
  const { users, credentials, identities } = await everythingIn(world)
  return [users.length, credentials.length, identities.length]
}

describe('an idempotency key', () => {
  let world: World
  beforeAll(async () => {
    world = await startWorld({ sandbox: { systems: 1, doors: 12, residents: 3 } })
  })
  afterAll(() => world[Symbol.asyncDispose]())

  it('should make one thing of fifty requests, and give all of them one answer', { timeout }, async () => {
    const [users = 0, credentials = 0, identities = 0] = await counts(world)
    const input = { ...(await moverIn(world)), idempotencyKey: 'fifty' }
    const answers = await Promise.all(Array.from({ length: 50 }, () => mutate(world, 'moveIn', input)))
    expect(answers[0]?.payload?.userErrors).toEqual([])
    for (const answer of answers) expect(answer).toEqual(answers[0])
    expect(await counts(world)).toEqual([users + 1, credentials + 2, identities + 1])
  })

  it('should get the first answer again after a restart, though the rules would refuse it by now', async () => {
    const input = { ...(await moverIn(world)), idempotencyKey: 'again' }
    const first = await mutate(world, 'moveIn', input)
    const gone = { acsCredentialId: first.payload?.acsCredentials[0].seamId, idempotencyKey: 'gone' }
    const revoked = await mutate(world, 'revokeCredential', gone)
    expect(revoked.payload?.userErrors).toEqual([])
    await world.restart()
    world.sandbox.resetCalls()
    const again = await mutate(world, 'moveIn', input)
    expect(again.payload?.cursor).toBe(first.payload?.cursor)
    expect(again.payload?.acsUser).toEqual(first.payload?.acsUser)
    expect(await mutate(world, 'revokeCredential', gone)).toEqual(revoked)
    expect(writesIn(world)).toEqual([])
  })

  it('should be refused for anything else, and kept apart for each mutation', async () => {
    const input = { fullName: 'Jane', idempotencyKey: 'else' }
    await done(world, 'createUserIdentity', input)
    world.sandbox.resetCalls()
    const other = await mutate(world, 'createUserIdentity', { ...input, fullName: 'John' })
    const elsewhere = await mutate(world, 'suspendAcsUser', {
      acsUserId: world.sandbox.ids().acsUserIds[0],
      idempotencyKey: 'else',
    })
    for (const { payload } of [other, elsewhere])
      expect(payload?.userErrors).toMatchObject([{ code: 'IDEMPOTENCY_MISMATCH', field: ['idempotencyKey'] }])
    expect(writesIn(world)).toEqual([])
  })

  it('should not be spent by an input that the rules refuse', async () => {
    const [acsSystemId] = world.sandbox.ids().acsSystemIds
    const input = { acsSystemId, fullName: '', idempotencyKey: 'mended' }
    expect((await mutate(world, 'createAcsUser', input)).payload?.userErrors).toHaveLength(1)
    const { acsUser } = await done(world, 'createAcsUser', { ...input, fullName: 'Mended' })
    expect(acsUser.fullName).toBe('Mended')
  })

  it('should keep what Seam refused', async () => {
    world.sandbox.addFault({ kind: 'status', status: 400, route: 'acs/users/suspend', times: 1 })
    const input = { acsUserId: world.sandbox.ids().acsUserIds[0], idempotencyKey: 'refused' }
    const first = await mutate(world, 'suspendAcsUser', input)
    expect(first.payload?.userErrors).toMatchObject([{ code: 'REFUSED_BY_SEAM' }])
    expect(await mutate(world, 'suspendAcsUser', input)).toEqual(first)
  })

  it('should give a token once: to those who ask at the same time, and to nobody later', async () => {
    const input = { ...(await moverIn(world)) }
    const { acsUser } = await done(world, 'moveIn', input)
    const session = { acsUserId: acsUser.seamId, idempotencyKey: 'phone' }
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => mutate(world, 'createClientSession', session)),
    )
    const tokens = answers.map(({ payload }) => payload?.token).filter((token) => token !== null)
    expect(new Set(tokens).size).toBe(1)
    expect(tokens[0]).toMatch(/^seam_cst/)
    const later = await mutate(world, 'createClientSession', session)
    expect(later.payload).toEqual({ ...answers[0]?.payload, token: null })
    expect(world.sandbox.ids().clientSessionIds).toHaveLength(1)
  })
})

describe('an idempotency key on several gateways with one Redis', () => {
  const scopes: readonly Scope[] = ['write', 'codes:read']

  it('should make one thing of fifty requests to two of them, and give all of them one answer', {
    timeout: 120_000,
  }, async () => {
    await using redis = await startRedis()
    await using scene = await startScene({ replicas: 2, redisUrl: redis.url, scopes })
    const [users = 0, credentials = 0, identities = 0] = await counts(scene)
    const input = { ...(await moverIn(scene)), idempotencyKey: 'fifty' }
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        mutate({ url: scene.urls[index % 2] ?? '' }, 'moveIn', input, scene.key),
      ),
    )
    expect(answers[0]?.payload?.userErrors).toEqual([])
    for (const answer of answers) expect(answer).toEqual(answers[0])
    expect(await counts(scene)).toEqual([users + 1, credentials + 2, identities + 1])
  })

  it('should let one finish what another began, when that one is killed', { timeout: 120_000 }, async () => {
    await using redis = await startRedis()
    await using scene = await startScene({ replicas: 2, redisUrl: redis.url, scopes })
    const [users = 0, credentials = 0, identities = 0] = await counts(scene)
    const input = { ...(await moverIn(scene)), idempotencyKey: 'killed' }
    const [here = '', there = ''] = scene.urls
    scene.sandbox.addFault({ kind: 'latency', ms: 1_000, route: 'acs/credentials/create' })
    scene.sandbox.resetCalls()
    const lost = mutate({ url: here }, 'moveIn', input, scene.key).catch(() => null)
    while (scene.sandbox.calls().byRoute['acs/credentials/create'] === undefined)
      await new Promise((resolve) => setTimeout(resolve, 20))
    await scene.kill(0)
    await lost
    scene.sandbox.clearFaults()
    let answer = await mutate({ url: there }, 'moveIn', input, scene.key)
    while (answer.error?.extensions.code === 'IN_PROGRESS')
      answer = await mutate({ url: there }, 'moveIn', input, scene.key)
    expect(answer.payload?.userErrors).toEqual([])
    expect(answer.payload?.acsCredentials).toHaveLength(2)
    expect(await counts(scene)).toEqual([users + 1, credentials + 2, identities + 1])
  })

  it('should show a write on every replica that is given its cursor', { timeout }, async () => {
    await using redis = await startRedis()
    await using scene = await startScene({ replicas: 2, redisUrl: redis.url, scopes })
    const [here = '', there = ''] = scene.urls
    const [acsSystemId] = scene.sandbox.ids().acsSystemIds
    const count = (url: string, after: string | null) =>
      ask<{ acsUsers: { totalCount: number } }>(
        url,
        scene.key,
        '{ acsUsers { totalCount } }',
        {},
        after === null ? {} : { 'latchkey-after': after },
      )
    const { acsUsers } = await count(there, null)
    const { payload } = await mutate(
      { url: here },
      'createAcsUser',
      { acsSystemId, fullName: 'New Neighbour' },
      scene.key,
    )
    const seen = await count(there, payload?.cursor ?? null)
    expect(seen.acsUsers.totalCount).toBe(acsUsers.totalCount + 1)
  })
})
