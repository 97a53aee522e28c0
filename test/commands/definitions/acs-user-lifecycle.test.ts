import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mutate, mutateSuccessfully, readSandboxObjects } from '../../support/graph-mutations.ts'
import { callSandbox } from '../../support/sandbox-client.ts'
import { subscribe } from '../../support/subscriber.ts'
import { startWorld, type World } from '../../support/world.ts'

type SandboxEntrance = {
  readonly acs_entrance_id: string
  readonly can_unlock_with_code?: boolean
  readonly can_unlock_with_mobile_key?: boolean
}

describe('the lifecycle of an ACS user', () => {
  let world: World
  let acsSystemId: string
  let entranceIds: string[]
  beforeAll(async () => {
    world = await startWorld({
      sandbox: { systems: 1, doors: 12, residents: 3, issueDelayMs: 300 },
      timing: { sweepMs: 200 },
    })
    acsSystemId = world.sandbox.ids().acsSystemIds[0] ?? ''
    const { acs_entrances } = await callSandbox<{ acs_entrances: SandboxEntrance[] }>(
      world,
      'acs/entrances/list',
    )
    entranceIds = acs_entrances
      .filter((row) => row.can_unlock_with_code === true && row.can_unlock_with_mobile_key === true)
      .map((row) => row.acs_entrance_id)
  })
  afterAll(() => world[Symbol.asyncDispose]())

  const moveIn = async (fullName: string) => {
    const { acsUser, acsCredentials } = await mutateSuccessfully(world, 'moveIn', {
      acsSystemId,
      fullName,
      emailAddress: `${fullName.toLowerCase().replace(' ', '.')}@example.com`,
      startsAt: new Date().toISOString(),
      mobileKeyAcsEntranceIds: entranceIds.slice(0, 2),
      codeAcsEntranceIds: entranceIds.slice(0, 1),
    })
    return {
      acsUserId: acsUser.seamId as string,
      keyId: acsCredentials[0].seamId as string,
      pinId: acsCredentials[1].seamId as string,
    }
  }

  it('should publish the PIN as issued once Latch has generated it', async () => {
    const subscription = subscribe<{
      credentialChanges: {
        changes: {
          kind: string
          origin: string
          credentialId: string
          credential: { codeState: string } | null
        }[]
      }
    }>(
      world.wsUrl,
      'subscription { credentialChanges { changes { kind origin credentialId credential { codeState } } } }',
    )
    await subscription.next()
    const { pinId } = await moveIn('Pia Pin')
    const update = await subscription.until(({ credentialChanges: { changes } }) =>
      changes.some(({ kind, credentialId }) => kind === 'ISSUED' && credentialId === pinId),
    )
    expect(update.credentialChanges.changes).toContainEqual({
      kind: 'ISSUED',
      origin: 'WEBHOOK',
      credentialId: pinId,
      credential: { codeState: 'VISIBLE' },
    })
    const pinChanges = subscription.all.flatMap(({ credentialChanges: { changes } }) =>
      changes
        .filter(({ credentialId }) => credentialId === pinId)
        .map(({ kind, origin }) => `${kind} ${origin}`),
    )
    expect(pinChanges).toEqual(['CREATED MUTATION', 'ISSUED WEBHOOK'])
    await subscription.close()
  })

  it('should update the end of a credential in place, and replace the credential for any other change', async () => {
    const { keyId, pinId } = await moveIn('Rae Place')
    const endsAt = '2099-05-05T05:05:05Z'
    const ended = await mutateSuccessfully(world, 'updateCredential', { acsCredentialId: keyId, endsAt })
    expect(ended).toMatchObject({ replaced: null, acsCredential: { seamId: keyId, endsAt } })
    const unchanged = await mutateSuccessfully(world, 'updateCredential', { acsCredentialId: keyId, endsAt })
    expect(unchanged).toMatchObject({ replaced: null, cursor: null, acsCredential: { seamId: keyId } })
    const other = await mutateSuccessfully(world, 'updateCredential', {
      acsCredentialId: keyId,
      acsEntranceIds: [entranceIds[2]],
    })
    expect(other.replaced).toBe(keyId)
    expect(other.acsCredential).toMatchObject({ endsAt, entrances: { nodes: [{ seamId: entranceIds[2] }] } })
    const moved = await mutateSuccessfully(world, 'updateCredential', {
      acsCredentialId: pinId,
      startsAt: '2098-01-01T00:00:00Z',
    })
    expect(moved.replaced).toBe(pinId)
    expect(moved.acsCredential.startsAt).toBe('2098-01-01T00:00:00Z')
    const endless = await mutateSuccessfully(world, 'updateCredential', {
      acsCredentialId: other.acsCredential.seamId,
      endsAt: null,
    })
    expect(endless.acsCredential.endsAt).toBeNull()
    const { credentials } = await readSandboxObjects(world)
    const ids = credentials.map((row) => row.acs_credential_id)
    expect(ids).toEqual(expect.not.arrayContaining([keyId, pinId, other.acsCredential.seamId]))
  })

  it('should undo the completed steps of a failed moveIn, and report them as undone', async () => {
    const before = await readSandboxObjects(world)
    world.sandbox.addFault({ kind: 'status', status: 400, route: 'acs/credentials/create' })
    const { payload } = await mutate(world, 'moveIn', {
      acsSystemId,
      fullName: 'Una Undone',
      startsAt: '2099-01-01T00:00:00Z',
      mobileKeyAcsEntranceIds: entranceIds.slice(0, 2),
      codeAcsEntranceIds: entranceIds.slice(0, 1),
    })
    world.sandbox.clearFaults()
    expect(payload?.userErrors).toMatchObject([{ code: 'REFUSED_BY_SEAM' }])
    expect(payload?.acsUser).toBeNull()
    expect(payload?.steps).toEqual([
      { name: 'createUserIdentity', status: 'UNDONE', message: null },
      { name: 'createAcsUser', status: 'UNDONE', message: null },
      {
        name: 'issueMobileKey',
        status: 'FAILED',
        message: expect.stringContaining('acs/credentials/create'),
      },
      { name: 'issueCode', status: 'PENDING', message: null },
    ])
    const after = await readSandboxObjects(world)
    expect([after.users.length, after.credentials.length, after.identities.length]).toEqual([
      before.users.length,
      before.credentials.length,
      before.identities.length,
    ])
  })

  it('should carry out a scheduled move-out when it is due, after a restart too, with credentials that end then', async () => {
    const { acsUserId, keyId } = await moveIn('Lee Leaver')
    const at = new Date(Date.now() + 3_000).toISOString()
    const { scheduledAt, steps } = await mutateSuccessfully(world, 'moveOut', { acsUserId, at })
    expect(Date.parse(scheduledAt)).toBe(Date.parse(at))
    expect(steps.map(({ status }: { status: string }) => status)).toEqual(['DONE', 'PENDING', 'PENDING'])
    const findMobileKey = async () =>
      (await readSandboxObjects(world)).credentials.find((row) => row.acs_credential_id === keyId)
    expect(Date.parse(String((await findMobileKey())?.ends_at))).toBe(Date.parse(at))
    await world.restart()
    const isInSeam = async () =>
      (await readSandboxObjects(world)).users.some((row) => row.acs_user_id === acsUserId)
    expect(await isInSeam()).toBe(Date.now() < Date.parse(at))
    while (await isInSeam()) await delay(50)
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(at))
    expect(await findMobileKey()).toBeUndefined()
  })

  it('should not carry out a move-out at its first time after it was rescheduled', async () => {
    const { acsUserId } = await moveIn('Pat Putoff')
    const at = new Date(Date.now() + 1_000).toISOString()
    await mutateSuccessfully(world, 'moveOut', { acsUserId, at })
    await mutateSuccessfully(world, 'moveOut', { acsUserId, at: '2099-01-01T00:00:00Z' })
    while (Date.now() < Date.parse(at)) await delay(50)
    await world.app.sweep()
    const { users } = await readSandboxObjects(world)
    expect(users.some((row) => row.acs_user_id === acsUserId)).toBe(true)
  })

  it('should keep the ACS user and delete its credentials if keepUser is set', async () => {
    const { acsUserId } = await moveIn('Kim Keeper')
    await mutateSuccessfully(world, 'moveOut', { acsUserId, keepUser: true })
    const { users, credentials } = await readSandboxObjects(world)
    expect(users.some((row) => row.acs_user_id === acsUserId)).toBe(true)
    expect(credentials.some((row) => row.acs_user_id === acsUserId)).toBe(false)
  })

  it('should suspend, unsuspend, update and delete an ACS user', async () => {
    const { acsUserId } = await moveIn('Sue Spended')
    expect((await mutateSuccessfully(world, 'suspendAcsUser', { acsUserId })).acsUser.isSuspended).toBe(true)
    expect((await mutateSuccessfully(world, 'unsuspendAcsUser', { acsUserId })).acsUser.isSuspended).toBe(
      false,
    )
    const schedule = { startsAt: '2098-01-01T00:00:00Z', endsAt: '2099-01-01T00:00:00Z' }
    const updated = await mutateSuccessfully(world, 'updateAcsUser', {
      acsUserId,
      fullName: 'Sue Again',
      accessSchedule: schedule,
    })
    expect(updated.acsUser).toMatchObject({ fullName: 'Sue Again', accessSchedule: schedule })
    const cleared = await mutateSuccessfully(world, 'updateAcsUser', { acsUserId, accessSchedule: null })
    expect(cleared.acsUser.accessSchedule).toBeNull()
    await mutateSuccessfully(world, 'deleteAcsUser', { acsUserId })
    const { acsUser } = await world.ask<{ acsUser: unknown }>('query($id: ID!) { acsUser(id: $id) { id } }', {
      id: acsUserId,
    })
    expect(acsUser).toBeNull()
  })
})

describe('a connected account', () => {
  it('should be published from the login page to the first ACS system, and be deleted', async () => {
    await using world = await startWorld({ sandbox: { systems: 1, doors: 4, residents: 1 } })
    const subscription = subscribe<{
      connectionChanges: {
        changes: {
          kind: string
          connectWebview: { status: string } | null
          acsSystem: { name: string } | null
        }[]
      }
    }>(
      world.wsUrl,
      'subscription { connectionChanges { changes { kind connectWebview { status } acsSystem { name } } } }',
    )
    await subscription.next()
    const { connectWebview } = await mutateSuccessfully(world, 'createConnectWebview', {
      customRedirectUrl: 'https://example.com/done',
    })
    expect(connectWebview).toMatchObject({ status: 'PENDING', url: expect.stringMatching(/^http/) })
    await authorizeWebview(connectWebview.url)
    await subscription.until(({ connectionChanges: { changes } }) =>
      changes.some((change) => change.connectWebview?.status === 'AUTHORIZED'),
    )
    await subscription.until(({ connectionChanges: { changes } }) =>
      changes.some(({ kind, acsSystem }) => kind === 'CREATED' && acsSystem !== null),
    )
    const query =
      'query($id: ID!) { connectWebview(id: $id) { status connectedAccount { seamId acsSystems { totalCount } } } }'
    const answer = await world.ask<{
      connectWebview: { connectedAccount: { seamId: string; acsSystems: { totalCount: number } } }
    }>(query, { id: connectWebview.seamId })
    expect(answer.connectWebview).toMatchObject({
      status: 'AUTHORIZED',
      connectedAccount: { acsSystems: { totalCount: 1 } },
    })
    const { connectedAccountId } = await mutateSuccessfully(world, 'deleteConnectedAccount', {
      connectedAccountId: answer.connectWebview.connectedAccount.seamId,
    })
    const afterDeletion = await world.ask<{ connectedAccount: unknown; acsSystems: { totalCount: number } }>(
      'query($id: ID!) { connectedAccount(id: $id) { id } acsSystems { totalCount } }',
      { id: connectedAccountId },
    )
    expect(afterDeletion).toEqual({ connectedAccount: null, acsSystems: { totalCount: 1 } })
    await subscription.close()
  })
})

/** Authorizes a Connect Webview, as a manager does with its button. */
async function authorizeWebview(url: string): Promise<void> {
  const { origin, pathname, searchParams } = new URL(url)
  searchParams.set('decision', 'authorize')
  await fetch(`${origin}${pathname}`, { method: 'POST', body: searchParams, redirect: 'manual' })
}
