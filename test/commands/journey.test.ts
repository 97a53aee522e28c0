import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { done, everythingIn, mutate } from '../support/mutations.ts'
import { inBuilding } from '../support/seam.ts'
import { subscribe } from '../support/subscriber.ts'
import { startWorld, type World } from '../support/world.ts'

type Door = {
  readonly acs_entrance_id: string
  readonly can_unlock_with_code?: boolean
  readonly can_unlock_with_mobile_key?: boolean
}

describe('what residents live through', () => {
  let world: World
  let acsSystemId: string
  let doors: string[]
  beforeAll(async () => {
    world = await startWorld({
      sandbox: { systems: 1, doors: 12, residents: 3, issueDelayMs: 300 },
      timing: { sweepMs: 200 },
    })
    acsSystemId = world.sandbox.ids().acsSystemIds[0] ?? ''
    const { acs_entrances } = await inBuilding<{ acs_entrances: Door[] }>(world, 'acs/entrances/list')
    doors = acs_entrances
      .filter((door) => door.can_unlock_with_code === true && door.can_unlock_with_mobile_key === true)
      .map((door) => door.acs_entrance_id)
  })
  afterAll(() => world[Symbol.asyncDispose]())

  const move = async (fullName: string) => {
    const { acsUser, acsCredentials } = await done(world, 'moveIn', {
      acsSystemId,
      fullName,
      emailAddress: `${fullName.toLowerCase().replace(' ', '.')}@example.com`,
      startsAt: new Date().toISOString(),
      mobileKeyAcsEntranceIds: doors.slice(0, 2),
      codeAcsEntranceIds: doors.slice(0, 1),
    })
    return {
      acsUserId: acsUser.seamId as string,
      keyId: acsCredentials[0].seamId as string,
      pinId: acsCredentials[1].seamId as string,
    }
  }

  it('should get a PIN from Latch a little later, and be told', async () => {
    const watched = subscribe<{
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
    await watched.next()
    const { pinId } = await move('Pia Pin')
    const told = await watched.until(({ credentialChanges: { changes } }) =>
      changes.some(({ kind, credentialId }) => kind === 'ISSUED' && credentialId === pinId),
    )
    expect(told.credentialChanges.changes).toContainEqual({
      kind: 'ISSUED',
      origin: 'WEBHOOK',
      credentialId: pinId,
      credential: { codeState: 'VISIBLE' },
    })
    const ofPin = watched.all.flatMap(({ credentialChanges: { changes } }) =>
      changes
        .filter(({ credentialId }) => credentialId === pinId)
        .map(({ kind, origin }) => `${kind} ${origin}`),
    )
    expect(ofPin).toEqual(['CREATED MUTATION', 'ISSUED WEBHOOK'])
    await watched.close()
  })

  it('should change an end in place, and anything else by replacing', async () => {
    const { keyId, pinId } = await move('Rae Place')
    const endsAt = '2099-05-05T05:05:05Z'
    const ended = await done(world, 'updateCredential', { acsCredentialId: keyId, endsAt })
    expect(ended).toMatchObject({ replaced: null, acsCredential: { seamId: keyId, endsAt } })
    const unchanged = await done(world, 'updateCredential', { acsCredentialId: keyId, endsAt })
    expect(unchanged).toMatchObject({ replaced: null, cursor: null, acsCredential: { seamId: keyId } })
    const other = await done(world, 'updateCredential', {
      acsCredentialId: keyId,
      acsEntranceIds: [doors[2]],
    })
    expect(other.replaced).toBe(keyId)
    expect(other.acsCredential).toMatchObject({ endsAt, entrances: { nodes: [{ seamId: doors[2] }] } })
    const moved = await done(world, 'updateCredential', {
      acsCredentialId: pinId,
      startsAt: '2098-01-01T00:00:00Z',
    })
    expect(moved.replaced).toBe(pinId)
    expect(moved.acsCredential.startsAt).toBe('2098-01-01T00:00:00Z')
    const endless = await done(world, 'updateCredential', {
      acsCredentialId: other.acsCredential.seamId,
      endsAt: null,
    })
    expect(endless.acsCredential.endsAt).toBeNull()
    const { credentials } = await everythingIn(world)
    const ids = credentials.map((row) => row.acs_credential_id)
    expect(ids).toEqual(expect.not.arrayContaining([keyId, pinId, other.acsCredential.seamId]))
  })

  it('should take a failed move back, and say so', async () => {
    const before = await everythingIn(world)
    world.sandbox.addFault({ kind: 'status', status: 400, route: 'acs/credentials/create' })
    const { payload } = await mutate(world, 'moveIn', {
      acsSystemId,
      fullName: 'Una Undone',
      startsAt: '2099-01-01T00:00:00Z',
      mobileKeyAcsEntranceIds: doors.slice(0, 2),
      codeAcsEntranceIds: doors.slice(0, 1),
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
    const after = await everythingIn(world)
    expect([after.users.length, after.credentials.length, after.identities.length]).toEqual([
      before.users.length,
      before.credentials.length,
      before.identities.length,
    ])
  })

  it('should leave at a time: keys end then, and the person goes then, through a restart', async () => {
    const { acsUserId, keyId } = await move('Lee Leaver')
    const at = new Date(Date.now() + 3_000).toISOString()
    const { scheduledAt, steps } = await done(world, 'moveOut', { acsUserId, at })
    expect(Date.parse(scheduledAt)).toBe(Date.parse(at))
    expect(steps.map(({ status }: { status: string }) => status)).toEqual(['DONE', 'PENDING'])
    const rowOf = async () =>
      (await everythingIn(world)).credentials.find((row) => row.acs_credential_id === keyId)
    expect(Date.parse(String((await rowOf())?.ends_at))).toBe(Date.parse(at))
    await world.restart()
    const isThere = async () => (await everythingIn(world)).users.some((row) => row.acs_user_id === acsUserId)
    expect(await isThere()).toBe(Date.now() < Date.parse(at))
    while (await isThere()) await delay(50)
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(at))
    expect(await rowOf()).toBeUndefined()
  })

  it('should stay when the time of leaving is put off', async () => {
    const { acsUserId } = await move('Pat Putoff')
    const at = new Date(Date.now() + 1_000).toISOString()
    await done(world, 'moveOut', { acsUserId, at })
    await done(world, 'moveOut', { acsUserId, at: '2099-01-01T00:00:00Z' })
    while (Date.now() < Date.parse(at)) await delay(50)
    await world.app.sweep()
    const { users } = await everythingIn(world)
    expect(users.some((row) => row.acs_user_id === acsUserId)).toBe(true)
  })

  it('should keep the person who only gives the keys back', async () => {
    const { acsUserId } = await move('Kim Keeper')
    await done(world, 'moveOut', { acsUserId, keepUser: true })
    const { users, credentials } = await everythingIn(world)
    expect(users.some((row) => row.acs_user_id === acsUserId)).toBe(true)
    expect(credentials.some((row) => row.acs_user_id === acsUserId)).toBe(false)
  })

  it('should be suspended, let in again, renamed and deleted', async () => {
    const { acsUserId } = await move('Sue Spended')
    expect((await done(world, 'suspendAcsUser', { acsUserId })).acsUser.isSuspended).toBe(true)
    expect((await done(world, 'unsuspendAcsUser', { acsUserId })).acsUser.isSuspended).toBe(false)
    const schedule = { startsAt: '2098-01-01T00:00:00Z', endsAt: '2099-01-01T00:00:00Z' }
    const updated = await done(world, 'updateAcsUser', {
      acsUserId,
      fullName: 'Sue Again',
      accessSchedule: schedule,
    })
    expect(updated.acsUser).toMatchObject({ fullName: 'Sue Again', accessSchedule: schedule })
    const cleared = await done(world, 'updateAcsUser', { acsUserId, accessSchedule: null })
    expect(cleared.acsUser.accessSchedule).toBeNull()
    await done(world, 'deleteAcsUser', { acsUserId })
    const { acsUser } = await world.ask<{ acsUser: unknown }>('query($id: ID!) { acsUser(id: $id) { id } }', {
      id: acsUserId,
    })
    expect(acsUser).toBeNull()
  })
})

describe('connecting Latch', () => {
  it('should be watched from the login page to the first building, and be undone', async () => {
    await using world = await startWorld({ sandbox: { systems: 1, doors: 4, residents: 1 } })
    const watched = subscribe<{
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
    await watched.next()
    const { connectWebview } = await done(world, 'createConnectWebview', {
      customRedirectUrl: 'https://example.com/done',
    })
    expect(connectWebview).toMatchObject({ status: 'PENDING', url: expect.stringMatching(/^http/) })
    await logIn(connectWebview.url)
    await watched.until(({ connectionChanges: { changes } }) =>
      changes.some((change) => change.connectWebview?.status === 'AUTHORIZED'),
    )
    await watched.until(({ connectionChanges: { changes } }) =>
      changes.some(({ kind, acsSystem }) => kind === 'CREATED' && acsSystem !== null),
    )
    const query =
      'query($id: ID!) { connectWebview(id: $id) { status connectedAccount { seamId acsSystems { totalCount } } } }'
    const seen = await world.ask<{
      connectWebview: { connectedAccount: { seamId: string; acsSystems: { totalCount: number } } }
    }>(query, { id: connectWebview.seamId })
    expect(seen.connectWebview).toMatchObject({
      status: 'AUTHORIZED',
      connectedAccount: { acsSystems: { totalCount: 1 } },
    })
    const { connectedAccountId } = await done(world, 'deleteConnectedAccount', {
      connectedAccountId: seen.connectWebview.connectedAccount.seamId,
    })
    const gone = await world.ask<{ connectedAccount: unknown; acsSystems: { totalCount: number } }>(
      'query($id: ID!) { connectedAccount(id: $id) { id } acsSystems { totalCount } }',
      { id: connectedAccountId },
    )
    expect(gone).toEqual({ connectedAccount: null, acsSystems: { totalCount: 1 } })
    await watched.close()
  })
})

/** Somebody follows the link, and clicks on the button. */
async function logIn(url: string): Promise<void> {
  const { origin, pathname, searchParams } = new URL(url)
  searchParams.set('decision', 'authorize')
  await fetch(`${origin}${pathname}`, { method: 'POST', body: searchParams, redirect: 'manual' })
}
