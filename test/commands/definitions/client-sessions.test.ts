import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { NewApiKey } from '../../../src/auth/api-keys/api-key-store.ts'
import { openApiKeyStore } from '../../../src/auth/api-keys/open-api-key-store.ts'
import type { AcsUserId } from '../../../src/model/ids.ts'
import { mutate, mutateSuccessfully } from '../../support/graph-mutations.ts'
import { callSandbox } from '../../support/sandbox-client.ts'
import { audience, type Issuer, issuerName, startIssuer } from '../../support/token-issuer.ts'
import { startWorld, type World } from '../../support/world.ts'

const wait = { timeout: 30_000, interval: 100 }
const minuteMs = 60_000
const hourMs = 60 * minuteMs

type Session = { readonly client_session_id: string; readonly expires_at: string }
type SessionUser = { readonly acsUserId: string; readonly userIdentityId: string }

let world: World
let issuer: Issuer
beforeAll(async () => {
  issuer = await startIssuer()
  world = await startWorld({
    sandbox: { systems: 2, doors: 4, residents: 2 },
    config: { auth: { jwksUrl: issuer.url, issuer: issuerName, audience } },
    timing: { settleMs: 200, sweepMs: 3_600_000 },
  })
})
afterAll(async () => {
  await world[Symbol.asyncDispose]()
  await issuer[Symbol.asyncDispose]()
})

/** Creates a user identity with an ACS user in each of the first ACS systems. */
async function createUser(systemCount = 1): Promise<SessionUser> {
  const emailAddress = `${randomUUID()}@example.com`
  const { userIdentity } = await mutateSuccessfully(world, 'createUserIdentity', {
    fullName: 'Pat Phone',
    emailAddress,
  })
  const userIdentityId = userIdentity.seamId
  const users = []
  for (const acsSystemId of world.sandbox.ids().acsSystemIds.slice(0, systemCount))
    users.push(
      await mutateSuccessfully(world, 'createAcsUser', {
        acsSystemId,
        fullName: 'Pat Phone',
        userIdentityId,
      }),
    )
  return { acsUserId: users[0]?.acsUserId ?? '', userIdentityId }
}

/** Returns the ids of the client sessions in Seam. */
async function listSessionIds({ userIdentityId }: SessionUser): Promise<readonly string[]> {
  const { client_sessions } = await callSandbox<{ client_sessions: Session[] }>(
    world,
    'client_sessions/list',
    {
      user_identity_id: userIdentityId,
    },
  )
  return client_sessions.map((row) => row.client_session_id)
}

async function createKey(key: Omit<NewApiKey, 'name'>): Promise<string> {
  const keys = await openApiKeyStore({
    redisUrl: null,
    dataDir: world.dataDir,
    workspaceId: async () => world.sandbox.workspaceId,
  })
  const created = await keys.create({ name: randomUUID(), ...key })
  await keys.close()
  return created.key
}

const timeAfter = (ms: number): string => new Date(Date.now() + ms).toISOString()

describe('the end of a client session', () => {
  it('should be 24 hours from now by default, and the requested time if that is earlier', async () => {
    const { acsUserId } = await createUser()
    const before = Date.now()
    const { expiresAt } = await mutateSuccessfully(world, 'createClientSession', { acsUserId })
    expect(Date.parse(expiresAt)).toBeGreaterThanOrEqual(before + 24 * hourMs)
    expect(Date.parse(expiresAt)).toBeLessThanOrEqual(Date.now() + 24 * hourMs)
    const requestedEnd = timeAfter(hourMs)
    const requested = await mutateSuccessfully(world, 'createClientSession', {
      acsUserId,
      expiresAt: requestedEnd,
    })
    expect(Date.parse(requested.expiresAt)).toBe(Date.parse(requestedEnd))
  })

  it('should be refused if it is later than the limit, with the latest allowed time', async () => {
    const user = await createUser()
    const input = { acsUserId: user.acsUserId, expiresAt: '9999-12-31T23:59:59Z' }
    const { payload } = await mutate(world, 'createClientSession', input)
    expect(payload).toMatchObject({
      token: null,
      userErrors: [
        {
          field: ['expiresAt'],
          code: 'SCHEDULE_INVALID',
          message: expect.stringMatching(
            /can end at \d{4}-.*Z at the latest.*24 hours.*CLIENT_SESSION_MAX_HOURS/,
          ),
        },
      ],
    })
    expect(await listSessionIds(user)).toEqual([])
  })

  it.each([
    ['a token of five minutes', async () => issuer.sign({ scope: 'read write' }, { expiresIn: 300 })],
    ['an API key', async () => createKey({ scopes: ['read', 'write'], expiresAt: timeAfter(5 * minuteMs) })],
    [
      "a resident's API key",
      async ({ acsUserId }: SessionUser) =>
        createKey({
          scopes: ['write'],
          residentId: acsUserId as AcsUserId,
          expiresAt: timeAfter(5 * minuteMs),
        }),
    ],
    [
      "a resident's token",
      async ({ acsUserId }: SessionUser) =>
        issuer.sign({ scope: 'write', latchkey_resident: acsUserId }, { expiresIn: 300 }),
    ],
  ] as const)(
    'should not be later than the end of %s of the requester',
    async (_title, createCredentials) => {
      const user = await createUser()
      const { acsUserId } = user
      const key = await createCredentials(user)
      const { expiresAt } = await mutateSuccessfully(world, 'createClientSession', { acsUserId }, key)
      expect(Date.parse(expiresAt)).toBeLessThanOrEqual(Date.now() + 5 * minuteMs)
      const lateRequest = { acsUserId, expiresAt: timeAfter(hourMs) }
      const { payload } = await mutate(world, 'createClientSession', lateRequest, key)
      expect(payload?.userErrors).toMatchObject([
        {
          field: ['expiresAt'],
          code: 'SCHEDULE_INVALID',
          message: expect.stringContaining('of the request expires'),
        },
      ])
      expect(await listSessionIds(user)).toHaveLength(1)
    },
  )

  it('should be limited by CLIENT_SESSION_MAX_HOURS', async () => {
    await using strict = await startWorld({
      sandbox: { systems: 1, doors: 2, residents: 2 },
      config: { clientSessionMaxHours: 1 },
    })
    const [acsUserId] = strict.sandbox.ids().acsUserIds
    const { expiresAt } = await mutateSuccessfully(strict, 'createClientSession', { acsUserId })
    expect(Date.parse(expiresAt)).toBeLessThanOrEqual(Date.now() + hourMs)
    const { payload } = await mutate(strict, 'createClientSession', {
      acsUserId,
      expiresAt: timeAfter(2 * hourMs),
    })
    expect(payload?.userErrors[0]?.message).toContain('1 hours')
  })
})

describe('revoking client sessions', () => {
  it('should end one session or all sessions of an ACS user, after a restart too', async () => {
    const user = await createUser()
    const { acsUserId } = user
    const ids = []
    for (let count = 0; count < 3; count++)
      ids.push((await mutateSuccessfully(world, 'createClientSession', { acsUserId })).clientSessionId)
    const one = { acsUserId, clientSessionId: ids[1] }
    expect((await mutateSuccessfully(world, 'revokeClientSession', one)).clientSessionIds).toEqual([ids[1]])
    expect(await listSessionIds(user)).toEqual([ids[0], ids[2]])
    await world.restart()
    const all = { acsUserId, idempotencyKey: randomUUID() }
    const ended = await mutateSuccessfully(world, 'revokeClientSession', all)
    expect([...ended.clientSessionIds].sort()).toEqual([ids[0], ids[2]].sort())
    expect(await listSessionIds(user)).toEqual([])
    expect((await mutateSuccessfully(world, 'revokeClientSession', all)).clientSessionIds).toEqual(
      ended.clientSessionIds,
    )
    expect((await mutateSuccessfully(world, 'revokeClientSession', { acsUserId })).clientSessionIds).toEqual(
      [],
    )
  })

  it('should get NOT_FOUND for a session outside the access scope', async () => {
    const user = await createUser()
    const { clientSessionId } = await mutateSuccessfully(world, 'createClientSession', {
      acsUserId: user.acsUserId,
    })
    const { acsUserId } = await createUser()
    const { payload } = await mutate(world, 'revokeClientSession', { acsUserId, clientSessionId })
    expect(payload?.userErrors).toMatchObject([{ field: ['clientSessionId'], code: 'NOT_FOUND' }])
    expect(await listSessionIds(user)).toEqual([clientSessionId])
  })
})

describe('client sessions of an ACS user whose access ends', () => {
  const ways = [
    ['suspendAcsUser', {}],
    ['deleteAcsUser', {}],
    ['moveOut', {}],
    ['moveOut', { keepUser: true }],
  ] as const
  it.each(ways)('should end with %s %j, though the user identity stays', async (mutation, more) => {
    const user = await createUser(2)
    const { acsUserId } = user
    await mutateSuccessfully(world, 'createClientSession', { acsUserId })
    // Client sessions may be created without the gateway.
    await callSandbox(world, 'client_sessions/create', { user_identity_id: user.userIdentityId })
    expect(await listSessionIds(user)).toHaveLength(2)
    await mutateSuccessfully(world, mutation, { acsUserId, ...more })
    expect(await listSessionIds(user)).toEqual([])
  })

  it('should end when a scheduled move-out is carried out, and not before', async () => {
    const user = await createUser(2)
    const { acsUserId } = user
    const { clientSessionId } = await mutateSuccessfully(world, 'createClientSession', { acsUserId })
    const at = timeAfter(1_500)
    await mutateSuccessfully(world, 'moveOut', { acsUserId, at })
    expect(await listSessionIds(user)).toEqual([clientSessionId])
    await vi.waitFor(async () => {
      await world.app.sweep()
      expect(await listSessionIds(user)).toEqual([])
    }, wait)
  })

  it('should not be created while the ACS user is suspended', async () => {
    const { acsUserId } = await createUser()
    await mutateSuccessfully(world, 'suspendAcsUser', { acsUserId })
    const { payload } = await mutate(world, 'createClientSession', { acsUserId })
    expect(payload?.userErrors).toMatchObject([{ field: ['acsUserId'], code: 'NOT_ALLOWED' }])
    await mutateSuccessfully(world, 'unsuspendAcsUser', { acsUserId })
    await mutateSuccessfully(world, 'createClientSession', { acsUserId })
  })

  it('should end in a later sweep if Seam refuses it at first, and the request fails', async () => {
    const user = await createUser(2)
    const { acsUserId } = user
    await mutateSuccessfully(world, 'createClientSession', { acsUserId })
    world.sandbox.addFault({ kind: 'status', status: 400, route: 'client_sessions/revoke', times: 2 })
    const { error } = await mutate(world, 'suspendAcsUser', { acsUserId })
    expect(error?.extensions.code).toMatch(/^SEAM_/)
    expect(await listSessionIds(user)).toHaveLength(1)
    await vi.waitFor(async () => {
      await world.app.sweep()
      expect(await listSessionIds(user)).toEqual([])
    }, wait)
  })
})

it('should end a client session if its token was lost with the response', async () => {
  const user = await createUser()
  world.sandbox.addFault({ kind: 'reset', when: 'after', route: 'client_sessions/create', times: 1 })
  const { token, clientSessionId } = await mutateSuccessfully(world, 'createClientSession', {
    acsUserId: user.acsUserId,
  })
  expect(token).toMatch(/^seam_cst/)
  expect(await listSessionIds(user)).toEqual([clientSessionId])
})
