import type { Fault } from '../../src/sandbox/faults.ts'
import { type Everything, everythingIn } from '../support/mutations.ts'
import { inBuilding } from '../support/seam.ts'
import type { World } from '../support/world.ts'

/** What there is, in figures: whatever a mutation makes or changes shows in one of them. */
export type Figures = Readonly<Record<string, number>>

const markedEnd = '2098-05-05T05:05:05Z'

export async function figuresOf(world: Pick<World, 'sandbox'>): Promise<Figures> {
  const all = await everythingIn(world)
  const count = (kind: keyof Everything, fits: (row: Readonly<Record<string, unknown>>) => boolean) =>
    all[kind].filter(fits).length
  return {
    users: all.users.length,
    suspended: count('users', (row) => row.is_suspended === true),
    renamed: count('users', (row) => row.full_name === 'Renamed'),
    linked: count('users', (row) => row.user_identity_id !== undefined),
    identities: all.identities.length,
    codes: count('credentials', (row) => row.access_method === 'code'),
    keys: count('credentials', (row) => row.access_method === 'mobile_key'),
    ending: count('credentials', (row) => Date.parse(String(row.ends_at)) === Date.parse(markedEnd)),
    webviews: all.webviews.length,
    accounts: all.accounts.length,
  }
}

export function difference(before: Figures, after: Figures): Figures {
  const differing = Object.entries(after).map(([name, value]) => [name, value - (before[name] ?? 0)] as const)
  return Object.fromEntries(differing.filter(([, value]) => value !== 0))
}

/** A person made for one try, with a key and a PIN if they have an identity. */
type Person = { readonly acsUserId: string; readonly keyId: string; readonly pinId: string }

export type Setting = {
  readonly system: string
  readonly doors: readonly [string, string, string]
  /** Another one for each try. */
  readonly tag: string
}

async function newPerson(
  world: Pick<World, 'sandbox'>,
  { system, doors, tag }: Setting,
  hasIdentity: boolean,
): Promise<Person> {
  const identity = hasIdentity
    ? await inBuilding<{ user_identity: { user_identity_id: string } }>(world, 'user_identities/create', {
        full_name: tag,
      })
    : null
  const { acs_user } = await inBuilding<{ acs_user: { acs_user_id: string } }>(world, 'acs/users/create', {
    acs_system_id: system,
    full_name: `Person ${tag}`,
    email_address: `person-${tag}@example.com`,
    ...(identity !== null && { user_identity_id: identity.user_identity.user_identity_id }),
  })
  const issue = async (more: object) => {
    const { acs_credential } = await inBuilding<{ acs_credential: { acs_credential_id: string } }>(
      world,
      'acs/credentials/create',
      { acs_user_id: acs_user.acs_user_id, ...more },
    )
    return acs_credential.acs_credential_id
  }
  const pinId = await issue({ access_method: 'code', allowed_acs_entrance_ids: [doors[0]] })
  const keyId = hasIdentity
    ? await issue({
        access_method: 'mobile_key',
        is_multi_phone_sync_credential: true,
        allowed_acs_entrance_ids: [doors[0], doors[1]],
      })
    : ''
  return { acsUserId: acs_user.acs_user_id, keyId, pinId }
}

export type Case = {
  readonly mutation: string
  readonly title: string
  readonly input: (world: Pick<World, 'sandbox'>, setting: Setting) => Promise<object>
  readonly isManyAtOnce?: boolean
}

const later = '2099-01-01T00:00:00Z'
const onPerson = (mutation: string, more: object = {}): Case => ({
  mutation,
  title: `${mutation} ${JSON.stringify(more)}`,
  input: async (world, setting) => ({
    acsUserId: (await newPerson(world, setting, true)).acsUserId,
    ...more,
  }),
})

/** Every mutation with every way it can take. Disconnecting an account takes the building away, so it's tried by itself. */
export const cases: readonly Case[] = [
  { mutation: 'createConnectWebview', title: 'createConnectWebview', input: async () => ({}) },
  {
    mutation: 'createUserIdentity',
    title: 'createUserIdentity',
    input: async (_world, { tag }) => ({ fullName: tag, emailAddress: `identity-${tag}@example.com` }),
  },
  {
    mutation: 'createAcsUser',
    title: 'createAcsUser',
    input: async (_world, { system, tag }) => ({
      acsSystemId: system,
      fullName: 'Jane Doe',
      emailAddress: `user-${tag}@example.com`,
    }),
  },
  {
    mutation: 'createAcsUser',
    title: 'createAcsUser, a namesake of others',
    input: async (_world, { system }) => ({ acsSystemId: system, fullName: 'John Doe' }),
  },
  onPerson('updateAcsUser', { fullName: 'Renamed' }),
  onPerson('suspendAcsUser'),
  {
    mutation: 'unsuspendAcsUser',
    title: 'unsuspendAcsUser',
    async input(world, setting) {
      const { acsUserId } = await newPerson(world, setting, true)
      await inBuilding(world, 'acs/users/suspend', { acs_user_id: acsUserId })
      return { acsUserId }
    },
  },
  onPerson('deleteAcsUser'),
  {
    mutation: 'issueCode',
    title: 'issueCode',
    input: async (world, setting) => ({
      acsUserId: (await newPerson(world, setting, false)).acsUserId,
      acsEntranceId: setting.doors[0],
    }),
  },
  {
    mutation: 'issueMobileKey',
    title: 'issueMobileKey, with an identity',
    input: async (world, setting) => ({
      acsUserId: (await newPerson(world, setting, true)).acsUserId,
      acsEntranceIds: setting.doors,
    }),
  },
  {
    mutation: 'issueMobileKey',
    title: 'issueMobileKey, without an identity',
    input: async (world, setting) => ({
      acsUserId: (await newPerson(world, setting, false)).acsUserId,
      acsEntranceIds: setting.doors,
    }),
  },
  {
    mutation: 'updateCredential',
    title: 'updateCredential, in place',
    input: async (world, setting) => ({
      acsCredentialId: (await newPerson(world, setting, true)).keyId,
      endsAt: markedEnd,
    }),
  },
  {
    mutation: 'updateCredential',
    title: 'updateCredential, by replacing it',
    input: async (world, setting) => ({
      acsCredentialId: (await newPerson(world, setting, true)).keyId,
      acsEntranceIds: [setting.doors[2]],
      endsAt: markedEnd,
    }),
  },
  {
    mutation: 'revokeCredential',
    title: 'revokeCredential',
    input: async (world, setting) => ({ acsCredentialId: (await newPerson(world, setting, true)).pinId }),
  },
  {
    mutation: 'moveIn',
    title: 'moveIn',
    input: async (_world, { system, doors, tag }) => ({
      acsSystemId: system,
      fullName: 'Ann Poe',
      emailAddress: `mover-${tag}@example.com`,
      startsAt: later,
      mobileKeyAcsEntranceIds: [doors[0], doors[1]],
      codeAcsEntranceIds: [doors[0], doors[2]],
    }),
  },
  onPerson('moveOut'),
  { ...onPerson('moveOut', { keepUser: true }), isManyAtOnce: true },
  { ...onPerson('moveOut', { at: markedEnd }), isManyAtOnce: true },
  onPerson('createClientSession'),
]

/** How a call that changes something can go wrong. `waits`: the gateway gives up, and the change is made all the same, later. */
export const writeFaults: readonly Fault[] = [
  { kind: 'status', status: 503, when: 'before', times: 1 },
  { kind: 'status', status: 503, when: 'after', times: 1 },
  { kind: 'status', status: 500, body: 'html', when: 'after', times: 4 },
  { kind: 'status', status: 502, body: 'empty', when: 'before', times: 4 },
  { kind: 'reset', when: 'before', times: 1 },
  { kind: 'reset', when: 'after', times: 1 },
  { kind: 'reset', when: 'before', times: 4 },
  { kind: 'malformed', times: 1 },
  { kind: 'rateLimit', retryAfter: 0, times: 1 },
  { kind: 'status', status: 400, when: 'before', times: 1 },
  { kind: 'latency', ms: 1_200, times: 1 },
]

/** How a call that only looks can go wrong: once is made up for by asking again. */
export const readFaults: readonly Fault[] = [
  { kind: 'status', status: 503, times: 4 },
  { kind: 'reset', times: 4 },
]

/** A building, and doors of it that open with everything. */
export async function placeIn(world: Pick<World, 'sandbox'>): Promise<Omit<Setting, 'tag'>> {
  const [system = ''] = world.sandbox.ids().acsSystemIds
  type Door = {
    readonly acs_entrance_id: string
    readonly can_unlock_with_code?: boolean
    readonly can_unlock_with_mobile_key?: boolean
  }
  const { acs_entrances } = await inBuilding<{ acs_entrances: Door[] }>(world, 'acs/entrances/list', {
    acs_system_id: system,
  })
  const doors = acs_entrances
    .filter((door) => door.can_unlock_with_code === true && door.can_unlock_with_mobile_key === true)
    .map((door) => door.acs_entrance_id)
  return { system, doors: doors.slice(0, 3) as unknown as Setting['doors'] }
}
