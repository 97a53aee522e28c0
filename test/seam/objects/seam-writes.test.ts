import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type {
  AcsEntranceId,
  AcsSystemId,
  AcsUserId,
  ConnectedAccountId,
  UserIdentityId,
} from '../../../src/model/ids.ts'
import { Secret } from '../../../src/model/secret.ts'
import { type Sandbox, startSandbox } from '../../../src/sandbox/sandbox.ts'
import { createSeamClient, type SeamClient } from '../../../src/seam/client.ts'
import { startSeamStub } from '../seam-stub.ts'
import { catchSeamError, createInstantClock } from '../test-clocks.ts'

const startsAt = '2099-08-01T15:00:00.000Z'
const endsAt = '2099-08-05T11:00:00.000Z'
const one = '11111111-1111-4111-8111-111111111111'
const other = '22222222-2222-4222-8222-222222222222'

describe('writes to the sandbox', () => {
  let sandbox: Sandbox
  let seam: SeamClient
  let acsSystemId: AcsSystemId
  let entranceIds: AcsEntranceId[]
  beforeAll(async () => {
    sandbox = await startSandbox({ systems: 2, doors: 12, residents: 6, issueDelayMs: 0 })
    seam = createSeamClient({ apiKey: new Secret(sandbox.apiKey), endpoint: sandbox.url })
    acsSystemId = (await seam.listSystems())[0]?.acsSystemId as AcsSystemId
    const open = (await seam.listEntrances({ acsSystemId })).filter(
      (entrance) => entrance.canUnlockWithCode === true && entrance.canUnlockWithMobileKey === true,
    )
    entranceIds = open.map((entrance) => entrance.acsEntranceId)
  })
  afterAll(async () => {
    seam.close()
    await sandbox.close()
  })

  it('should create a user with credentials and delete all of them', async () => {
    const { userIdentityId } = await seam.createIdentity({
      fullName: 'Jane Doe',
      emailAddress: 'jane@example.com',
      key: 'jane',
    })
    const user = await seam.createUser({
      acsSystemId,
      fullName: 'Jane Doe',
      phoneNumber: '+12125550100',
      accessSchedule: { startsAt, endsAt: null },
    })
    const { acsUserId } = user
    expect(user).toMatchObject({
      acsSystemId,
      fullName: 'Jane Doe',
      accessSchedule: { startsAt, endsAt: null },
    })
    await seam.addUserToIdentity({ acsUserId, userIdentityId })
    await seam.addUserToIdentity({ acsUserId, userIdentityId })
    expect((await seam.getIdentity(userIdentityId))?.acsUserIds).toEqual([acsUserId])

    const [front, garage] = entranceIds as [AcsEntranceId, AcsEntranceId]
    const key = await seam.createCredential({
      acsUserId,
      accessMethod: 'mobile_key',
      acsEntranceIds: [front, garage],
    })
    expect(key).toMatchObject({ accessMethod: 'mobile_key', isMultiPhoneSync: true, code: null, acsUserId })
    const pin = await seam.createCredential({
      acsUserId,
      accessMethod: 'code',
      acsEntranceIds: [front],
      startsAt,
      endsAt,
    })
    expect(pin).toMatchObject({
      isMultiPhoneSync: false,
      code: expect.any(Secret),
      startsAt,
      endsAt,
    })
    const opened = await seam.listEntrancesOfCredential(key.acsCredentialId)
    expect(opened.map((entrance) => entrance.acsEntranceId).toSorted()).toEqual([front, garage].toSorted())

    await seam.updateCredential(pin.acsCredentialId, { endsAt: '2099-09-01T00:00:00.000Z' })
    expect((await seam.getCredential(pin.acsCredentialId))?.endsAt).toBe('2099-09-01T00:00:00.000Z')
    await seam.deleteCredential(pin.acsCredentialId)
    expect(await seam.getCredential(pin.acsCredentialId)).toBeNull()

    const session = await seam.createClientSession({ userIdentityId, expiresAt: endsAt })
    expect(session).toEqual({
      clientSessionId: expect.any(String),
      userIdentityId,
      token: expect.any(Secret),
      expiresAt: endsAt,
    })
    expect((await seam.createClientSession({ userIdentityId })).token).not.toBe(session.token)

    await seam.deleteUser(acsUserId)
    expect(await seam.getUser(acsUserId)).toBeNull()
    await seam.deleteIdentity(userIdentityId)
    expect(await seam.getIdentity(userIdentityId)).toBeNull()
  })

  it('should change only the fields of the input', async () => {
    const { acsUserId } = await seam.createUser({
      acsSystemId,
      fullName: 'Ann Poe',
      emailAddress: 'ann@example.com',
    })
    await seam.suspendUser(acsUserId)
    await seam.updateUser(acsUserId, { fullName: 'Ann Roe', accessSchedule: { startsAt, endsAt } })
    expect(await seam.getUser(acsUserId)).toMatchObject({
      fullName: 'Ann Roe',
      emailAddress: 'ann@example.com',
      isSuspended: true,
      accessSchedule: { startsAt, endsAt },
    })
    await seam.unsuspendUser(acsUserId)
    await seam.updateUser(acsUserId, { phoneNumber: '+12125550101' })
    expect(await seam.getUser(acsUserId)).toMatchObject({
      isSuspended: false,
      accessSchedule: { startsAt, endsAt },
    })
    await seam.updateUser(acsUserId, { accessSchedule: null })
    expect(await seam.getUser(acsUserId)).toMatchObject({ phoneNumber: '+12125550101', accessSchedule: null })
  })

  it("should reject with Seam's validation messages", async () => {
    const { acsUserId } = await seam.createUser({ acsSystemId, fullName: 'Bob Moe' })
    const keyless = seam.createCredential({
      acsUserId,
      accessMethod: 'mobile_key',
      acsEntranceIds: entranceIds as never,
    })
    expect(await catchSeamError(keyless)).toMatchObject({
      code: 'INVALID_INPUT',
      outcome: 'refused',
      validation: { acs_user_id: [expect.stringContaining('user identity')] },
    })
    const past = seam.createCredential({
      acsUserId,
      accessMethod: 'code',
      acsEntranceIds: [entranceIds[0] as AcsEntranceId],
      endsAt: '2020-01-01T00:00:00Z',
    })
    expect((await catchSeamError(past)).validation).toHaveProperty('ends_at')
    const badMail = seam.createUser({ acsSystemId, fullName: 'Eve', emailAddress: 'nowhere' })
    expect((await catchSeamError(badMail)).validation).toEqual({ email_address: ['Invalid email'] })
  })

  it('should create a webview and delete an account', async () => {
    const webview = await seam.createWebview({
      acceptedProviders: ['latch'],
      customRedirectUrl: 'https://example.com/done',
      customMetadata: { tenant: 't1' },
    })
    expect(webview).toMatchObject({ status: 'pending', connectedAccountId: null, authorizedAt: null })
    expect(await seam.getWebview(webview.connectWebviewId)).toEqual(webview)
    const [connectedAccountId] = sandbox.ids().connectedAccountIds as ConnectedAccountId[]
    await seam.deleteAccount(connectedAccountId as ConnectedAccountId)
    expect(await seam.getAccount(connectedAccountId as ConnectedAccountId)).toBeNull()
  })

  it('should manage webhooks and return a secret only on creation', async () => {
    const all = await seam.createWebhook({ url: 'https://example.com/all' })
    const some = await seam.createWebhook({
      url: 'https://example.com/some',
      eventTypes: ['acs_user.created'],
    })
    expect([all.eventTypes, some.eventTypes]).toEqual([['*'], ['acs_user.created']])
    expect(all.secret.reveal()).toMatch(/^whsec_/)
    await seam.updateWebhook(some.webhookId, { eventTypes: ['acs_user.deleted'] })
    const { secret: _, ...known } = { ...some, eventTypes: ['acs_user.deleted'] }
    expect(await seam.getWebhook(some.webhookId)).toEqual(known)
    const listed = await seam.listWebhooks()
    expect(listed).toHaveLength(2)
    expect(JSON.stringify(listed)).not.toContain('whsec_')
    await seam.deleteWebhook(some.webhookId)
    await seam.deleteWebhook(some.webhookId)
    expect(await seam.listWebhooks()).toHaveLength(1)
  })
})

describe('a request for a write', () => {
  const client = (endpoint: string) =>
    createSeamClient({
      apiKey: new Secret('seam_key_of_a_test'),
      endpoint,
      clock: createInstantClock().clock,
    })
  const row = { acs_user_id: one, acs_system_id: one, created_at: startsAt }

  it('should contain only the fields of the input', async () => {
    const body = { acs_user: row, user_identity: { user_identity_id: one, created_at: startsAt } }
    await using stub = await startSeamStub({ body })
    const seam = client(stub.url)
    const nothing = { emailAddress: null, phoneNumber: undefined }
    await seam.createUser({
      acsSystemId: one as AcsSystemId,
      fullName: 'Jane',
      userIdentityId: null,
      ...nothing,
    })
    await seam.createIdentity({ fullName: 'Jane', key: null, ...nothing })
    await seam.updateUser(one as AcsUserId, { accessSchedule: null })
    expect(stub.asked.map(({ params }) => params)).toEqual([
      { acs_system_id: one, full_name: 'Jane' },
      { full_name: 'Jane' },
      { acs_user_id: one, access_schedule: null },
    ])
  })

  it('should have an unknown outcome if the response contains another object or none', async () => {
    const elsewhere = { ...row, acs_user_id: other, acs_system_id: other }
    const credential = { ...elsewhere, acs_credential_id: one, access_method: 'code' }
    await using stub = await startSeamStub({ body: { acs_user: elsewhere, acs_credential: credential } })
    const seam = client(stub.url)
    const inDoubt = { code: 'BAD_RESPONSE', outcome: 'unknown' }
    expect(
      await catchSeamError(seam.createUser({ acsSystemId: one as AcsSystemId, fullName: 'Jane' })),
    ).toMatchObject(inDoubt)
    const pin = {
      acsUserId: one as AcsUserId,
      accessMethod: 'code',
      acsEntranceIds: [one as AcsEntranceId],
    } as const
    expect(await catchSeamError(seam.createCredential(pin))).toMatchObject(inDoubt)
    expect(
      await catchSeamError(seam.createClientSession({ userIdentityId: one as UserIdentityId })),
    ).toMatchObject(inDoubt)
    expect(await catchSeamError(seam.createWebhook({ url: 'https://example.com' }))).toMatchObject(inDoubt)
    expect(stub.asked).toHaveLength(4)
  })
})
