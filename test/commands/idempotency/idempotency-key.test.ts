import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Scope } from '../../../src/auth/viewer.ts'
import { ask, startDeployment } from '../../support/deployment.ts'
import {
  listSeamWrites,
  mutate,
  mutateSuccessfully,
  readSandboxObjects,
} from '../../support/graph-mutations.ts'
import { startRedis } from '../../support/redis-server.ts'
import { callSandbox } from '../../support/sandbox-client.ts'
import { startWorld, type World } from '../../support/world.ts'

const timeout = 60_000

async function createMoveInInput(world: Pick<World, 'sandbox'>) {
  const [acsSystemId = ''] = world.sandbox.ids().acsSystemIds
  const { acs_entrances } = await callSandbox<{
    acs_entrances: { acs_entrance_id: string; can_unlock_with_code?: boolean }[]
  }>(world, 'acs/entrances/list', { acs_system_id: acsSystemId })
  const entranceIds = acs_entrances
    .filter((row) => row.can_unlock_with_code === true)
    .map((row) => row.acs_entrance_id)
  return {
    acsSystemId,
    fullName: 'Ann Poe',
    emailAddress: `${randomUUID()}@example.com`,
    startsAt: '2099-01-01T00:00:00Z',
    mobileKeyAcsEntranceIds: entranceIds.slice(0, 2),
    codeAcsEntranceIds: entranceIds.slice(0, 1),
  }
}

const countObjects = async (world: Pick<World, 'sandbox'>) => {
  const { users, credentials, identities } = await readSandboxObjects(world)
  return [users.length, credentials.length, identities.length]
}

describe('an idempotency key', () => {
  let world: World
  beforeAll(async () => {
    world = await startWorld({ sandbox: { systems: 1, doors: 12, residents: 3 } })
  })
  afterAll(() => world[Symbol.asyncDispose]())

  it('should execute one of fifty concurrent requests, and return its payload to all', {
    timeout,
  }, async () => {
    const [users = 0, credentials = 0, identities = 0] = await countObjects(world)
    const input = { ...(await createMoveInInput(world)), idempotencyKey: 'fifty' }
    const answers = await Promise.all(Array.from({ length: 50 }, () => mutate(world, 'moveIn', input)))
    expect(answers[0]?.payload?.userErrors).toEqual([])
    for (const answer of answers) expect(answer).toEqual(answers[0])
    expect(await countObjects(world)).toEqual([users + 1, credentials + 2, identities + 1])
  })

  it('should return the first payload after a restart, even if the rules would refuse the input now', async () => {
    const input = { ...(await createMoveInInput(world)), idempotencyKey: 'again' }
    const first = await mutate(world, 'moveIn', input)
    const revocation = { acsCredentialId: first.payload?.acsCredentials[0].seamId, idempotencyKey: 'revoked' }
    const revoked = await mutate(world, 'revokeCredential', revocation)
    expect(revoked.payload?.userErrors).toEqual([])
    await world.restart()
    world.sandbox.resetCalls()
    const again = await mutate(world, 'moveIn', input)
    expect(again.payload?.cursor).toBe(first.payload?.cursor)
    expect(again.payload?.acsUser).toEqual(first.payload?.acsUser)
    expect(await mutate(world, 'revokeCredential', revocation)).toEqual(revoked)
    expect(listSeamWrites(world)).toEqual([])
  })

  it('should be refused for another input or another mutation', async () => {
    const input = { fullName: 'Jane', idempotencyKey: 'else' }
    await mutateSuccessfully(world, 'createUserIdentity', input)
    world.sandbox.resetCalls()
    const otherInput = await mutate(world, 'createUserIdentity', { ...input, fullName: 'John' })
    const otherMutation = await mutate(world, 'suspendAcsUser', {
      acsUserId: world.sandbox.ids().acsUserIds[0],
      idempotencyKey: 'else',
    })
    for (const { payload } of [otherInput, otherMutation])
      expect(payload?.userErrors).toMatchObject([{ code: 'IDEMPOTENCY_MISMATCH', field: ['idempotencyKey'] }])
    expect(listSeamWrites(world)).toEqual([])
  })

  it('should stay free after an input that the rules refuse', async () => {
    const [acsSystemId] = world.sandbox.ids().acsSystemIds
    const input = { acsSystemId, fullName: '', idempotencyKey: 'corrected' }
    expect((await mutate(world, 'createAcsUser', input)).payload?.userErrors).toHaveLength(1)
    const { acsUser } = await mutateSuccessfully(world, 'createAcsUser', { ...input, fullName: 'Corrected' })
    expect(acsUser.fullName).toBe('Corrected')
  })

  it('should return the same user errors after a rejection by Seam', async () => {
    world.sandbox.addFault({ kind: 'status', status: 400, route: 'acs/users/suspend', times: 1 })
    const input = { acsUserId: world.sandbox.ids().acsUserIds[0], idempotencyKey: 'refused' }
    const first = await mutate(world, 'suspendAcsUser', input)
    expect(first.payload?.userErrors).toMatchObject([{ code: 'REFUSED_BY_SEAM' }])
    expect(await mutate(world, 'suspendAcsUser', input)).toEqual(first)
  })

  it('should return a token to concurrent requests, and to no later one', async () => {
    const input = { ...(await createMoveInInput(world)) }
    const { acsUser } = await mutateSuccessfully(world, 'moveIn', input)
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

  it('should execute one of fifty concurrent requests to two replicas, and return its payload to all', {
    timeout: 120_000,
  }, async () => {
    await using redis = await startRedis()
    await using scene = await startDeployment({ replicas: 2, redisUrl: redis.url, scopes })
    const [users = 0, credentials = 0, identities = 0] = await countObjects(scene)
    const input = { ...(await createMoveInInput(scene)), idempotencyKey: 'fifty' }
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        mutate({ url: scene.urls[index % 2] ?? '' }, 'moveIn', input, scene.key),
      ),
    )
    expect(answers[0]?.payload?.userErrors).toEqual([])
    for (const answer of answers) expect(answer).toEqual(answers[0])
    expect(await countObjects(scene)).toEqual([users + 1, credentials + 2, identities + 1])
  })

  it('should let a replica finish the command of another one that was killed', {
    timeout: 120_000,
  }, async () => {
    await using redis = await startRedis()
    await using scene = await startDeployment({ replicas: 2, redisUrl: redis.url, scopes })
    const [users = 0, credentials = 0, identities = 0] = await countObjects(scene)
    const input = { ...(await createMoveInInput(scene)), idempotencyKey: 'killed' }
    const [firstUrl = '', secondUrl = ''] = scene.urls
    scene.sandbox.addFault({ kind: 'latency', ms: 1_000, route: 'acs/credentials/create' })
    scene.sandbox.resetCalls()
    const lost = mutate({ url: firstUrl }, 'moveIn', input, scene.key).catch(() => null)
    while (scene.sandbox.calls().byRoute['acs/credentials/create'] === undefined)
      await new Promise((resolve) => setTimeout(resolve, 20))
    await scene.kill(0)
    await lost
    scene.sandbox.clearFaults()
    let answer = await mutate({ url: secondUrl }, 'moveIn', input, scene.key)
    while (answer.error?.extensions.code === 'IN_PROGRESS')
      answer = await mutate({ url: secondUrl }, 'moveIn', input, scene.key)
    expect(answer.payload?.userErrors).toEqual([])
    expect(answer.payload?.acsCredentials).toHaveLength(2)
    expect(await countObjects(scene)).toEqual([users + 1, credentials + 2, identities + 1])
  })

  it('should return a write on every replica that gets its cursor', { timeout }, async () => {
    await using redis = await startRedis()
    await using scene = await startDeployment({ replicas: 2, redisUrl: redis.url, scopes })
    const [firstUrl = '', secondUrl = ''] = scene.urls
    const [acsSystemId] = scene.sandbox.ids().acsSystemIds
    const count = (url: string, after: string | null) =>
      ask<{ acsUsers: { totalCount: number } }>(
        url,
        scene.key,
        '{ acsUsers { totalCount } }',
        {},
        after === null ? {} : { 'latchkey-after': after },
      )
    const { acsUsers } = await count(secondUrl, null)
    const { payload } = await mutate(
      { url: firstUrl },
      'createAcsUser',
      { acsSystemId, fullName: 'New Neighbour' },
      scene.key,
    )
    const seen = await count(secondUrl, payload?.cursor ?? null)
    expect(seen.acsUsers.totalCount).toBe(acsUsers.totalCount + 1)
  })
})
