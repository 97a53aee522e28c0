import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type {
  AcsCredentialId,
  AcsEntranceId,
  AcsSystemId,
  AcsUserId,
  ConnectedAccountId,
  ConnectWebviewId,
  UserIdentityId,
} from '../../../src/model/ids.ts'
import { Secret } from '../../../src/model/secret.ts'
import { type Sandbox, startSandbox } from '../../../src/sandbox/sandbox.ts'
import type { CallReport } from '../../../src/seam/calls/seam-caller.ts'
import { createSeamClient, type SeamClient } from '../../../src/seam/client.ts'
import { startSeamStub } from '../seam-stub.ts'
import { catchSeamError, createInstantClock } from '../test-clocks.ts'

const one = '11111111-1111-4111-8111-111111111111'
const other = '22222222-2222-4222-8222-222222222222'
const createdAt = '2026-07-20T12:00:00.123456Z'

describe('reads from the sandbox', () => {
  let sandbox: Sandbox
  let seam: SeamClient
  const reports: CallReport[] = []
  beforeAll(async () => {
    sandbox = await startSandbox({ systems: 2, doors: 12, residents: 40, issueDelayMs: 0 })
    const onCall = (report: CallReport) => reports.push(report)
    seam = createSeamClient({ apiKey: new Secret(sandbox.apiKey), endpoint: sandbox.url, onCall })
  })
  afterEach(() => {
    sandbox.resetCalls()
    reports.length = 0
  })
  afterAll(async () => {
    seam.close()
    await sandbox.close()
  })

  it('should find every object by list and by id', async () => {
    const ids = sandbox.ids()
    const same = (rows: readonly string[], expected: readonly string[]) =>
      expect(rows.toSorted()).toEqual(expected.toSorted())
    const systems = await seam.listSystems()
    same(
      systems.map((row) => row.acsSystemId),
      ids.acsSystemIds,
    )
    const users = await seam.listUsers({})
    same(
      users.map((row) => row.acsUserId),
      ids.acsUserIds,
    )
    const entrances = await seam.listEntrances({})
    same(
      entrances.map((row) => row.acsEntranceId),
      ids.acsEntranceIds,
    )
    const credentials = await seam.listCredentials({})
    same(
      credentials.map((row) => row.acsCredentialId),
      ids.acsCredentialIds,
    )
    const identities = await seam.listIdentities({})
    same(
      identities.map((row) => row.userIdentityId),
      ids.userIdentityIds,
    )
    const accounts = await seam.listAccounts()
    same(
      accounts.map((row) => row.connectedAccountId),
      ids.connectedAccountIds,
    )

    expect(await seam.getSystem(systems[0]?.acsSystemId as AcsSystemId)).toEqual(systems[0])
    expect(await seam.getUser(users[0]?.acsUserId as AcsUserId)).toEqual(users[0])
    expect(await seam.getEntrance(entrances[0]?.acsEntranceId as AcsEntranceId)).toEqual(entrances[0])
    expect(await seam.getCredential(credentials[0]?.acsCredentialId as AcsCredentialId)).toEqual(
      credentials[0],
    )
    expect(await seam.getIdentity(identities[0]?.userIdentityId as UserIdentityId)).toEqual(identities[0])
    expect(await seam.getAccount(accounts[0]?.connectedAccountId as ConnectedAccountId)).toEqual(accounts[0])
    expect((await seam.getWorkspace()).workspaceId).toBe(sandbox.workspaceId)
  })

  it('should filter by system, user, entrance and credential', async () => {
    for (const { acsSystemId } of await seam.listSystems()) {
      const rows = [
        ...(await seam.listUsers({ acsSystemId })),
        ...(await seam.listEntrances({ acsSystemId })),
        ...(await seam.listCredentials({ acsSystemId })),
      ]
      expect(new Set(rows.map((row) => row.acsSystemId))).toEqual(new Set([acsSystemId]))
    }
    const [credential] = (await seam.listCredentials({})).filter((row) => row.acsUserId !== null)
    const { acsCredentialId, acsUserId } = credential as {
      acsCredentialId: AcsCredentialId
      acsUserId: AcsUserId
    }
    const idsOfUser = (await seam.listCredentials({ acsUserId })).map((row) => row.acsCredentialId)
    expect(idsOfUser).toContain(acsCredentialId)
    const [entrance] = await seam.listEntrancesOfCredential(acsCredentialId)
    const { acsEntranceId } = entrance as { acsEntranceId: AcsEntranceId }
    const keys = await seam.listCredentialsOfEntrance(acsEntranceId)
    expect(keys.map((row) => row.acsCredentialId)).toContain(acsCredentialId)
    const accessible = await seam.listEntrancesOfUser(acsUserId)
    expect(accessible.map((row) => row.acsEntranceId)).toContain(acsEntranceId)
    expect(await seam.listEntrances({ ids: [acsEntranceId, acsEntranceId] })).toEqual([entrance])
  })

  it('should resolve to null for an object of each kind that does not exist', async () => {
    expect(await seam.getSystem(one as AcsSystemId)).toBeNull()
    expect(await seam.getUser(one as AcsUserId)).toBeNull()
    expect(await seam.getEntrance(one as AcsEntranceId)).toBeNull()
    expect(await seam.getCredential(one as AcsCredentialId)).toBeNull()
    expect(await seam.getIdentity(one as UserIdentityId)).toBeNull()
    expect(await seam.getAccount(one as ConnectedAccountId)).toBeNull()
    expect(await seam.getWebview(one as ConnectWebviewId)).toBeNull()
    expect(await seam.getWebhook(one)).toBeNull()
  })

  it('should reject every empty id without a request', async () => {
    const empty = '' as never
    const calls: (() => Promise<unknown>)[] = [
      () => seam.getSystem(empty),
      () => seam.getUser(empty),
      () => seam.getEntrance(empty),
      () => seam.getCredential(empty),
      () => seam.getIdentity(empty),
      () => seam.getAccount(empty),
      () => seam.getWebview(empty),
      () => seam.getWebhook(empty),
      () => seam.listUsers({ acsSystemId: empty }),
      () => seam.listEntrances({ acsSystemId: empty }),
      () => seam.listEntrances({ ids: [one as AcsEntranceId, empty] }),
      () => seam.listCredentials({ acsSystemId: empty }),
      () => seam.listCredentials({ acsUserId: empty }),
      () => seam.listIdentities({ ids: [empty] }),
      () => seam.listCredentialsOfEntrance(empty),
      () => seam.listEntrancesOfCredential(empty),
      () => seam.listEntrancesOfUser(empty),
      () => seam.deleteUser(empty),
      () => seam.suspendUser(empty),
      () => seam.unsuspendUser(empty),
      () => seam.updateUser(empty, {}),
      () => seam.createUser({ acsSystemId: empty, fullName: 'Jane' }),
      () => seam.createUser({ acsSystemId: one as AcsSystemId, fullName: 'Jane', userIdentityId: empty }),
      () =>
        seam.createCredential({
          acsUserId: empty,
          accessMethod: 'code',
          acsEntranceIds: [one as AcsEntranceId],
        }),
      () =>
        seam.createCredential({ acsUserId: one as AcsUserId, accessMethod: 'code', acsEntranceIds: [empty] }),
      () =>
        seam.createCredential({
          acsUserId: one as AcsUserId,
          accessMethod: 'mobile_key',
          acsEntranceIds: [] as never,
        }),
      () => seam.updateCredential(empty, { endsAt: createdAt }),
      () => seam.deleteCredential(empty),
      () => seam.deleteIdentity(empty),
      () => seam.addUserToIdentity({ acsUserId: one as AcsUserId, userIdentityId: empty }),
      () => seam.deleteAccount(empty),
      () => seam.createClientSession({ userIdentityId: empty }),
      () => seam.updateWebhook(empty, { eventTypes: ['*'] }),
      () => seam.deleteWebhook(empty),
    ]
    for (const call of calls)
      expect(await catchSeamError(call()), String(call)).toMatchObject({
        code: 'INVALID_INPUT',
        outcome: 'not_sent',
      })
    expect(sandbox.calls().total).toBe(0)
  })

  it('should report every call', async () => {
    sandbox.addFault({ kind: 'status', status: 503, times: 1 })
    await createSeamClient({
      apiKey: new Secret(sandbox.apiKey),
      endpoint: sandbox.url,
      clock: createInstantClock().clock,
      onCall: (report) => reports.push(report),
    }).listAccounts()
    expect(reports).toEqual([
      {
        route: 'connected_accounts/list',
        attempt: 1,
        outcome: 'UNAVAILABLE',
        status: 503,
        durationMs: expect.any(Number),
      },
      {
        route: 'connected_accounts/list',
        attempt: 2,
        outcome: 'ok',
        status: 200,
        durationMs: expect.any(Number),
      },
    ])
  })
})

describe('reads from a Seam with unusual responses', () => {
  const client = (endpoint: string, more: object = {}) =>
    createSeamClient({
      apiKey: new Secret('seam_key_of_a_test'),
      endpoint,
      clock: createInstantClock().clock,
      ...more,
    })
  const user = (id: string, acsSystemId = one) => ({
    acs_user_id: id,
    acs_system_id: acsSystemId,
    created_at: createdAt,
  })
  const entrance = (id: string, acsSystemId = one) => ({
    acs_entrance_id: id,
    acs_system_id: acsSystemId,
    created_at: createdAt,
  })

  it('should request every page with the same filter until there is no next page', async () => {
    const page = (id: string, pagination: object) => ({ body: { acs_users: [user(id)], pagination } })
    await using stub = await startSeamStub(
      page(one, { has_next_page: true, next_page_cursor: 'second' }),
      page(other, { has_next_page: false, next_page_cursor: 'third' }),
    )
    const users = await client(stub.url).listUsers({ acsSystemId: one as AcsSystemId })
    expect(users.map((row) => row.acsUserId)).toEqual([one, other])
    expect(stub.asked.map(({ params }) => params)).toEqual([
      { acs_system_id: one },
      { acs_system_id: one, page_cursor: 'second' },
    ])
  })

  it.each([
    [{ has_next_page: true, next_page_cursor: null }],
    [{ has_next_page: true, next_page_cursor: '' }],
    [{ has_next_page: true }],
    [null],
    ['junk'],
  ])('should end without a valid cursor for the next page: %j', async (pagination) => {
    await using stub = await startSeamStub({ body: { acs_users: [user(one)], pagination } })
    expect(await client(stub.url).listUsers({})).toHaveLength(1)
    expect(stub.asked).toHaveLength(1)
  })

  it.each([
    [{ acs_users: null }],
    [{ acs_users: {} }],
    [{ acs_users: [null] }],
    [{ acs_users: ['junk'] }],
    [{ acs_users: [{ ...user(one), acs_user_id: '' }] }],
    [{ acs_users: [{ ...user(one), acs_system_id: 7 }] }],
    [{}],
  ])('should reject an invalid list: %j', async (body) => {
    await using stub = await startSeamStub({ body })
    expect(await catchSeamError(client(stub.url).listUsers({}))).toMatchObject({
      code: 'BAD_RESPONSE',
      route: 'acs/users/list',
    })
  })

  it('should reject rows that were not requested', async () => {
    await using users = await startSeamStub({
      body: { acs_users: [user(one), user(other, other)], acs_user: user(other) },
    })
    const ofUsers = client(users.url)
    expect((await catchSeamError(ofUsers.listUsers({ acsSystemId: one as AcsSystemId }))).code).toBe(
      'BAD_RESPONSE',
    )
    expect((await catchSeamError(ofUsers.getUser(one as AcsUserId))).code).toBe('BAD_RESPONSE')

    const rows = [{ ...entrance(one), acs_credential_id: one, acs_user_id: other, access_method: 'code' }]
    await using entranceStub = await startSeamStub({
      body: { acs_entrances: [entrance(other)], acs_credentials: rows },
    })
    const entranceClient = client(entranceStub.url)
    expect((await catchSeamError(entranceClient.listEntrances({ ids: [one as AcsEntranceId] }))).code).toBe(
      'BAD_RESPONSE',
    )
    const inOther = { acsSystemId: other as AcsSystemId }
    expect(
      (await catchSeamError(entranceClient.listEntrances({ ids: [other as AcsEntranceId], ...inOther })))
        .code,
    ).toBe('BAD_RESPONSE')
    expect((await catchSeamError(entranceClient.listCredentials(inOther))).code).toBe('BAD_RESPONSE')
    expect((await catchSeamError(entranceClient.listCredentials({ acsUserId: one as AcsUserId }))).code).toBe(
      'BAD_RESPONSE',
    )
  })

  it('should accept an id in upper or lower case', async () => {
    const id = 'ABCDEF00-1111-4111-8111-111111111111'
    await using stub = await startSeamStub({ body: { acs_user: user(id) } })
    expect((await client(stub.url).getUser(id as AcsUserId))?.acsUserId).toBe(id.toLowerCase())
  })

  it('should request ids in chunks of at most 100, without duplicates', async () => {
    const ids = Array.from(
      { length: 201 },
      (_, i) => `${String(i).padStart(8, '0')}${one.slice(8)}` as AcsEntranceId,
    )
    await using stub = await startSeamStub(({ params }) => ({
      body: { acs_entrances: (params.acs_entrance_ids as string[]).map((id) => entrance(id)) },
    }))
    const rows = await client(stub.url).listEntrances({ ids: [...ids, ...ids] })
    expect(rows.map((row) => row.acsEntranceId)).toEqual(ids)
    expect(stub.asked.map(({ params }) => (params.acs_entrance_ids as string[]).length).toSorted()).toEqual([
      1, 100, 100,
    ])
  })

  it('should reuse connections, and open no more than the maximum number of calls', async () => {
    await using stub = await startSeamStub({ body: { acs_systems: [] } })
    const seam = client(stub.url, { maxConcurrent: 3 })
    await Promise.all(Array.from({ length: 20 }, () => seam.listSystems()))
    await seam.listSystems()
    expect(stub.asked).toHaveLength(21)
    expect(stub.connections).toBeLessThanOrEqual(3)
    seam.close()
  })

  it('should abort running calls when it is closed', async () => {
    await using stub = await startSeamStub('silence')
    const seam = client(stub.url)
    const running = catchSeamError(seam.createWebhook({ url: 'https://example.com' }))
    await stub.heard
    seam.close()
    expect(await running).toMatchObject({ code: 'UNAVAILABLE', outcome: 'unknown' })
  })
})

describe('a list that may be truncated', () => {
  const entranceId = one as AcsEntranceId
  const key = (index: number) => ({
    acs_credential_id: `${String(index).padStart(8, '0')}-1111-4111-8111-111111111111`,
    acs_system_id: one,
    connected_account_id: one,
    workspace_id: one,
    access_method: 'mobile_key',
    display_name: 'Key',
    created_at: createdAt,
    is_managed: true,
    errors: [],
    warnings: [],
  })
  const keys = (count: number) => Array.from({ length: count }, (_, index) => key(index))

  it.each([
    ['has no pages and a page\u2019s number of rows', 500, undefined, true],
    ['has no pages and one row less', 499, undefined, false],
    ['has no pages and one row more', 501, undefined, false],
    ['is reported as the last page', 500, { has_next_page: false, next_page_cursor: null }, false],
    ['has a next page without a cursor', 3, { has_next_page: true, next_page_cursor: null }, true],
  ])('should be reported only if truncated: it %s', async (_what, count, pagination, isReported) => {
    await using stub = await startSeamStub({ body: { ok: true, acs_credentials: keys(count), pagination } })
    const seam = createSeamClient({ apiKey: new Secret('seam_test'), endpoint: stub.url })
    const reasons: string[] = []
    const rows = await seam.listCredentialsOfEntrance(entranceId, { onTruncated: (why) => reasons.push(why) })
    expect(rows).toHaveLength(count)
    expect(reasons).toHaveLength(isReported ? 1 : 0)
    if (isReported) expect(reasons[0]).toContain('acs/entrances/list_credentials_with_access')
    seam.close()
  })

  it("should be read in pages if Seam supports them: a credential's entrances", async () => {
    const row = (index: number) => ({
      acs_entrance_id: `${String(index).padStart(8, '0')}-1111-4111-8111-111111111111`,
      acs_system_id: one,
      connected_account_id: one,
      display_name: 'Door',
      created_at: createdAt,
      space_ids: [],
      errors: [],
      warnings: [],
    })
    const rows = Array.from({ length: 901 }, (_, index) => row(index))
    await using stub = await startSeamStub(({ route, params }) => {
      if (route !== 'acs/entrances/list') return { body: { ok: true, acs_entrances: rows.slice(0, 900) } }
      const isLast = params.page_cursor !== undefined
      return {
        body: {
          ok: true,
          acs_entrances: isLast ? rows.slice(900) : rows.slice(0, 900),
          pagination: { has_next_page: !isLast, next_page_cursor: isLast ? null : 'more' },
        },
      }
    })
    const stubbed = createSeamClient({ apiKey: new Secret('seam_test'), endpoint: stub.url })
    expect(await stubbed.listEntrancesOfCredential(one as AcsCredentialId)).toHaveLength(901)
    expect(stub.asked.map(({ route }) => route)).toEqual([
      'acs/credentials/list_accessible_entrances',
      'acs/entrances/list',
      'acs/entrances/list',
    ])
    stubbed.close()
  })
})
