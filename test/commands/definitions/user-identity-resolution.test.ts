import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openApiKeyStore } from '../../../src/auth/api-keys/open-api-key-store.ts'
import type { AcsSystemId } from '../../../src/model/ids.ts'
import {
  listSeamWrites,
  mutate,
  mutateSuccessfully,
  readSandboxObjects,
} from '../../support/graph-mutations.ts'
import { callSandbox } from '../../support/sandbox-client.ts'
import { startWorld, type World } from '../../support/world.ts'

type ContactDetails = {
  readonly fullName: string
  readonly emailAddress?: string
  readonly phoneNumber?: string
}

describe('the user identity for an ACS user with the e-mail address or phone number of another one', () => {
  let world: World
  let firstSystemId: string
  let secondSystemId: string
  let entranceIds: Readonly<Record<string, string>>
  let secondSystemKey: string
  let digits = 100

  beforeAll(async () => {
    world = await startWorld({ sandbox: { systems: 2, doors: 8, residents: 2 } })
    ;[firstSystemId = '', secondSystemId = ''] = world.sandbox.ids().acsSystemIds
    const findEntranceId = async (acs_system_id: string) => {
      type SandboxEntrance = {
        readonly acs_entrance_id: string
        readonly can_unlock_with_mobile_key?: boolean
      }
      const { acs_entrances } = await callSandbox<{ acs_entrances: SandboxEntrance[] }>(
        world,
        'acs/entrances/list',
        {
          acs_system_id,
        },
      )
      return acs_entrances.find((row) => row.can_unlock_with_mobile_key === true)?.acs_entrance_id ?? ''
    }
    entranceIds = {
      [firstSystemId]: await findEntranceId(firstSystemId),
      [secondSystemId]: await findEntranceId(secondSystemId),
    }
    const store = await openApiKeyStore({
      redisUrl: null,
      dataDir: world.dataDir,
      workspaceId: async () => world.sandbox.workspaceId,
    })
    const scopes = ['read', 'write'] as const
    secondSystemKey = (
      await store.create({ name: 'second system', scopes, acsSystemIds: [secondSystemId as AcsSystemId] })
    ).key
    await store.close()
  })
  afterAll(() => world[Symbol.asyncDispose]())

  const createPhoneNumber = () => `+1212555${String(digits++).padStart(4, '0')}`
  const createEmailAddress = () => `${randomUUID()}@example.com`

  const createMoveInInput = (acsSystemId: string, details: ContactDetails, more: object = {}) => ({
    acsSystemId,
    ...details,
    startsAt: '2099-01-01T00:00:00Z',
    mobileKeyAcsEntranceIds: [entranceIds[acsSystemId]],
    ...more,
  })
  /** Creates an ACS user in the first ACS system. Returns the id of its user identity. */
  async function createIdentity(details: ContactDetails): Promise<string> {
    const { acsUser } = await mutateSuccessfully(world, 'moveIn', createMoveInInput(firstSystemId, details))
    return acsUser.userIdentity.seamId
  }
  async function createUser(details: ContactDetails): Promise<string> {
    const { acs_user } = await callSandbox<{ acs_user: { acs_user_id: string } }>(world, 'acs/users/create', {
      acs_system_id: secondSystemId,
      full_name: details.fullName,
      ...(details.emailAddress !== undefined && { email_address: details.emailAddress }),
      ...(details.phoneNumber !== undefined && { phone_number: details.phoneNumber }),
    })
    return acs_user.acs_user_id
  }

  /** Inputs of every mutation that resolves a user identity, for an ACS user in the second ACS system. */
  const mutations: Readonly<Record<string, (details: ContactDetails) => Promise<object>>> = {
    moveIn: async (details) => createMoveInInput(secondSystemId, details),
    createAcsUser: async (details) => ({ acsSystemId: secondSystemId, ...details }),
    issueMobileKey: async (details) => ({
      acsUserId: await createUser(details),
      acsEntranceIds: [entranceIds[secondSystemId]],
    }),
  }
  const names = Object.keys(mutations)
  const createInput = (name: string, details: ContactDetails) =>
    (mutations[name] as (details: ContactDetails) => Promise<object>)(details)

  /** Contact details that share a phone number or e-mail address with a user identity and differ in others, with the field of the user error. */
  const conflictingDetails: Readonly<
    Record<string, (one: Required<ContactDetails>) => readonly [ContactDetails, string]>
  > = {
    'another name': ({ phoneNumber }) => [{ fullName: 'Bo Other', phoneNumber }, 'phoneNumber'],
    'another name and a number written otherwise': ({ phoneNumber, emailAddress }) => [
      { fullName: 'Bo Other', emailAddress: emailAddress.toUpperCase(), phoneNumber },
      'emailAddress',
    ],
    'another e-mail address': ({ fullName, phoneNumber }) => [
      { fullName, phoneNumber, emailAddress: createEmailAddress() },
      'phoneNumber',
    ],
    'another phone number': ({ fullName, emailAddress }) => [
      { fullName, emailAddress, phoneNumber: createPhoneNumber() },
      'emailAddress',
    ],
  }
  const cases = names.flatMap((name) => Object.keys(conflictingDetails).map((what) => [name, what] as const))

  it.each(cases)('should be refused by %s with the id of the existing one, for %s', async (name, what) => {
    const existing = {
      fullName: 'Ann Poe',
      emailAddress: createEmailAddress(),
      phoneNumber: createPhoneNumber(),
    }
    const identity = await createIdentity(existing)
    const [other, field] = (conflictingDetails[what] as (typeof conflictingDetails)[string])(existing)
    const input = await createInput(name, other)
    const before = await readSandboxObjects(world)
    world.sandbox.resetCalls()
    const { payload } = await mutate(world, name, input)
    expect(payload?.userErrors).toMatchObject([
      { code: 'CONFLICT', field: [name === 'issueMobileKey' ? 'acsUserId' : field] },
    ])
    expect(payload?.userErrors[0]?.message).toContain(identity)
    expect(listSeamWrites(world)).toEqual([])
    expect(await readSandboxObjects(world)).toEqual(before)
  })

  it.each(names)('should be the existing one if no other detail differs, by %s', async (name) => {
    const existing = {
      fullName: 'Ána  Poe',
      emailAddress: createEmailAddress(),
      phoneNumber: createPhoneNumber(),
    }
    const identity = await createIdentity(existing)
    const input = await createInput(name, { fullName: 'ana poe', phoneNumber: existing.phoneNumber })
    await mutateSuccessfully(world, name, input)
    const linkedUsers = await listUsersOfIdentity(identity)
    // `createAcsUser` links a user identity only on request.
    expect(linkedUsers).toHaveLength(name === 'createAcsUser' ? 1 : 2)
  })

  it.each(names)('should be the existing one if the client sets sameUser to true, by %s', async (name) => {
    const existing = { fullName: 'Ann Poe', phoneNumber: createPhoneNumber() }
    const identity = await createIdentity(existing)
    const input = await createInput(name, { fullName: 'Ann Married', phoneNumber: existing.phoneNumber })
    await mutateSuccessfully(world, name, { ...input, sameUser: true })
    expect(await listUsersOfIdentity(identity)).toHaveLength(2)
  })

  it.each(names)('should be the one that the client selects by its id, by %s', async (name) => {
    const identity = await createIdentity({ fullName: 'Ann Poe', phoneNumber: createPhoneNumber() })
    const input = await createInput(name, { fullName: 'Ann Married', phoneNumber: createPhoneNumber() })
    const { payload } = await mutate(world, name, { ...input, userIdentityId: identity, sameUser: false })
    expect(payload?.userErrors).toMatchObject([{ code: 'INVALID', field: ['sameUser'] }])
    await mutateSuccessfully(world, name, { ...input, userIdentityId: identity })
    expect(await listUsersOfIdentity(identity)).toHaveLength(2)
  })

  it.each(names)('should be a new one if the client sets sameUser to false, by %s', async (name) => {
    const existing = { fullName: 'Ann Poe', phoneNumber: createPhoneNumber() }
    const identity = await createIdentity(existing)
    const input = await createInput(name, { fullName: 'Bo Poe', phoneNumber: existing.phoneNumber })
    await mutateSuccessfully(world, name, { ...input, sameUser: false })
    expect(await listUsersOfIdentity(identity)).toHaveLength(1)
    const { users } = await readSandboxObjects(world)
    const bo = users.find((row) => row.full_name === 'Bo Poe' && row.phone_number === existing.phoneNumber)
    expect(bo).toBeDefined()
    expect(bo?.user_identity_id).not.toBe(identity)
  })

  it('should be a new one without the other ACS user if the client sets sameUser to false', async () => {
    const phoneNumber = createPhoneNumber()
    const identity = await createIdentity({ fullName: 'Ann Poe', phoneNumber })
    const { acsUser } = await mutateSuccessfully(
      world,
      'moveIn',
      createMoveInInput(secondSystemId, { fullName: 'Bo Other', phoneNumber }, { sameUser: false }),
    )
    expect(acsUser.userIdentity.seamId).not.toBe(identity)
    const { identities } = await readSandboxObjects(world)
    const bo = identities.find((row) => row.user_identity_id === acsUser.userIdentity.seamId)
    expect(bo?.acs_user_ids).toEqual([acsUser.seamId])
  })

  it('should be refused if two user identities match, until the client selects one by its id', async () => {
    const [a, b] = [createPhoneNumber(), createEmailAddress()]
    const existing = await createIdentity({ fullName: 'Ann Poe', phoneNumber: a })
    const other = await createIdentity({ fullName: 'Ann Poe', emailAddress: b })
    const input = createMoveInInput(secondSystemId, { fullName: 'Ann Poe', phoneNumber: a, emailAddress: b })
    const { payload } = await mutate(world, 'moveIn', input)
    expect(payload?.userErrors).toMatchObject([{ code: 'CONFLICT', field: null }])
    const mobileKeyInput = await createInput('issueMobileKey', {
      fullName: 'Ann Poe',
      phoneNumber: a,
      emailAddress: b,
    })
    const { payload: refused } = await mutate(world, 'issueMobileKey', mobileKeyInput)
    expect(refused?.userErrors).toMatchObject([{ code: 'CONFLICT', field: ['acsUserId'] }])
    await callSandbox(world, 'acs/users/delete', {
      acs_user_id: (mobileKeyInput as { acsUserId: string }).acsUserId,
    })
    for (const identity of [existing, other]) expect(payload?.userErrors[0]?.message).toContain(identity)
    await mutateSuccessfully(world, 'moveIn', { ...input, userIdentityId: other })
    expect(await listUsersOfIdentity(other)).toHaveLength(2)
  })

  it('should be a new one with only the contact details that are not in use', async () => {
    const [used, unused] = [createEmailAddress(), createPhoneNumber()]
    await createIdentity({ fullName: 'Ann Poe', emailAddress: used })
    const bo = { fullName: 'Bo Other', emailAddress: used, phoneNumber: unused }
    const { acsUser } = await mutateSuccessfully(
      world,
      'moveIn',
      createMoveInInput(secondSystemId, bo, { sameUser: false }),
    )
    const { identities } = await readSandboxObjects(world)
    expect(identities.find((row) => row.user_identity_id === acsUser.userIdentity.seamId)).toMatchObject({
      full_name: 'Bo Other',
      email_address: null,
      phone_number: unused,
    })
  })

  it('should be refused with advice if it already has an ACS user in the ACS system', async () => {
    const ann = { fullName: 'Ann Poe', phoneNumber: createPhoneNumber() }
    const identity = await createIdentity(ann)
    await mutateSuccessfully(world, 'moveIn', createMoveInInput(secondSystemId, ann))
    for (const [more, field, hint] of [
      [{}, 'phoneNumber', 'set `sameUser` to `false`'],
      [{ sameUser: true }, 'phoneNumber', 'set `sameUser` to `false`'],
      [{ userIdentityId: identity }, 'userIdentityId', 'Omit `userIdentityId`'],
    ] as const) {
      const { payload } = await mutate(world, 'moveIn', createMoveInInput(firstSystemId, ann, more))
      expect(payload?.userErrors).toMatchObject([{ code: 'CONFLICT', field: [field] }])
      expect(payload?.userErrors[0]?.message).toContain(hint)
    }
  })

  it('should be refused with the id of the existing one in a field', async () => {
    const phoneNumber = createPhoneNumber()
    const identity = await createIdentity({ fullName: 'Ann Poe', phoneNumber })
    const query = `mutation($input: MoveInInput!) {
      moveIn(input: $input) { userErrors { code userIdentityId } } }`
    const input = createMoveInInput(secondSystemId, { fullName: 'Bo Other', phoneNumber })
    expect(await world.ask(query, { input })).toEqual({
      moveIn: { userErrors: [{ code: 'CONFLICT', userIdentityId: identity }] },
    })
  })

  it('should be refused by createUserIdentity, too', async () => {
    const phoneNumber = createPhoneNumber()
    const identity = await createIdentity({ fullName: 'Ann Poe', phoneNumber })
    world.sandbox.resetCalls()
    const { payload } = await mutate(world, 'createUserIdentity', { fullName: 'Bo Other', phoneNumber })
    expect(payload?.userErrors).toMatchObject([{ code: 'CONFLICT', field: ['phoneNumber'] }])
    expect(payload?.userErrors[0]?.message).toContain(identity)
    expect(listSeamWrites(world)).toEqual([])
  })

  it('should be refused in concurrent mutations but the first', async () => {
    const phoneNumber = createPhoneNumber()
    const people = ['Ann Poe', 'Bo Other', 'Cy Third'].map((fullName) =>
      createMoveInInput(secondSystemId, { fullName, phoneNumber }),
    )
    const { results } = await mutateSuccessfully(world, 'moveInMany', { people })
    const codes = results.map(({ userErrors }: { userErrors: { code: string }[] }) => userErrors[0]?.code)
    expect(codes.toSorted()).toEqual(['CONFLICT', 'CONFLICT', undefined])
    const { users } = await readSandboxObjects(world)
    expect(users.filter((row) => row.phone_number === phoneNumber)).toHaveLength(1)
  })

  it('should be a new one for an API key of another ACS system, which cannot see that the details are in use', async () => {
    const [used, unused] = [createPhoneNumber(), createPhoneNumber()]
    const identity = await createIdentity({ fullName: 'Ann Poe', phoneNumber: used })
    for (const phoneNumber of [used, unused]) {
      const input = createMoveInInput(secondSystemId, { fullName: 'Bo Other', phoneNumber })
      const { payload } = await mutate(world, 'moveIn', input, secondSystemKey)
      expect(payload?.userErrors).toEqual([])
      expect(payload?.acsUser.userIdentity.seamId).not.toBe(identity)
    }
    const input = createMoveInInput(secondSystemId, { fullName: 'Bo Other' }, { userIdentityId: identity })
    const foreign = await mutate(world, 'moveIn', input, secondSystemKey)
    const unknown = await mutate(world, 'moveIn', { ...input, userIdentityId: randomUUID() }, secondSystemKey)
    expect(foreign).toEqual(unknown)
    expect(foreign.payload?.userErrors).toMatchObject([{ code: 'NOT_FOUND', field: ['userIdentityId'] }])
  })

  async function listUsersOfIdentity(identity: string): Promise<readonly unknown[]> {
    const { users } = await readSandboxObjects(world)
    return users.filter((row) => row.user_identity_id === identity)
  }
})
