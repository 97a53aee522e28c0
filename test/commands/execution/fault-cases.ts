import type { Fault } from '../../../src/sandbox/http/faults.ts'
import { mutateSuccessfully, readSandboxObjects, type SandboxObjects } from '../../support/graph-mutations.ts'
import { callSandbox } from '../../support/sandbox-client.ts'
import type { World } from '../../support/world.ts'

/** Numbers of objects in Seam by kind and state. */
export type Counts = Readonly<Record<string, number>>

const markedEnd = '2098-05-05T05:05:05Z'

export async function countEverything(world: Pick<World, 'sandbox'>): Promise<Counts> {
  const all = await readSandboxObjects(world)
  const count = (kind: keyof SandboxObjects, isMatch: (row: Readonly<Record<string, unknown>>) => boolean) =>
    all[kind].filter(isMatch).length
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

export function diffCounts(before: Counts, after: Counts): Counts {
  const differing = Object.entries(after).map(([name, value]) => [name, value - (before[name] ?? 0)] as const)
  return Object.fromEntries(differing.filter(([, value]) => value !== 0))
}

/** An ACS user of one attempt, with a PIN, and with a mobile key if it has a user identity. */
type CreatedAcsUser = { readonly acsUserId: string; readonly keyId: string; readonly pinId: string }

export type Setting = {
  readonly acsSystemId: string
  readonly entranceIds: readonly [string, string, string]
  /** Unique text of the attempt. */
  readonly tag: string
}

async function createAcsUser(
  world: Pick<World, 'sandbox'>,
  { acsSystemId, entranceIds, tag }: Setting,
  hasIdentity: boolean,
): Promise<CreatedAcsUser> {
  const identity = hasIdentity
    ? await callSandbox<{ user_identity: { user_identity_id: string } }>(world, 'user_identities/create', {
        full_name: tag,
      })
    : null
  const { acs_user } = await callSandbox<{ acs_user: { acs_user_id: string } }>(world, 'acs/users/create', {
    acs_system_id: acsSystemId,
    full_name: `Person ${tag}`,
    email_address: `person-${tag}@example.com`,
    ...(identity !== null && { user_identity_id: identity.user_identity.user_identity_id }),
  })
  const issue = async (more: object) => {
    const { acs_credential } = await callSandbox<{ acs_credential: { acs_credential_id: string } }>(
      world,
      'acs/credentials/create',
      { acs_user_id: acs_user.acs_user_id, ...more },
    )
    return acs_credential.acs_credential_id
  }
  const pinId = await issue({ access_method: 'code', allowed_acs_entrance_ids: [entranceIds[0]] })
  const keyId = hasIdentity
    ? await issue({
        access_method: 'mobile_key',
        is_multi_phone_sync_credential: true,
        allowed_acs_entrance_ids: [entranceIds[0], entranceIds[1]],
      })
    : ''
  return { acsUserId: acs_user.acs_user_id, keyId, pinId }
}

/** A gateway and its sandbox, with an API key if the gateway needs one. */
export type Gateway = Pick<World, 'sandbox' | 'url'> & { readonly key?: string }

export type Case = {
  readonly mutation: string
  readonly title: string
  readonly input: (world: Gateway, setting: Setting) => Promise<object>
  readonly isBulk?: boolean
}

const later = '2099-01-01T00:00:00Z'
const caseOnAcsUser = (mutation: string, more: object = {}): Case => ({
  mutation,
  title: `${mutation} ${JSON.stringify(more)}`,
  input: async (world, setting) => ({
    acsUserId: (await createAcsUser(world, setting, true)).acsUserId,
    ...more,
  }),
})

/** Every mutation with each of its paths, except `deleteConnectedAccount`, which would delete the ACS system of the other cases. */
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
    input: async (_world, { acsSystemId, tag }) => ({
      acsSystemId,
      fullName: 'Jane Doe',
      emailAddress: `user-${tag}@example.com`,
    }),
  },
  {
    mutation: 'createAcsUser',
    title: 'createAcsUser, a namesake of others',
    input: async (_world, { acsSystemId }) => ({ acsSystemId, fullName: 'John Doe' }),
  },
  caseOnAcsUser('updateAcsUser', { fullName: 'Renamed' }),
  caseOnAcsUser('suspendAcsUser'),
  {
    mutation: 'unsuspendAcsUser',
    title: 'unsuspendAcsUser',
    async input(world, setting) {
      const { acsUserId } = await createAcsUser(world, setting, true)
      await callSandbox(world, 'acs/users/suspend', { acs_user_id: acsUserId })
      return { acsUserId }
    },
  },
  caseOnAcsUser('deleteAcsUser'),
  {
    mutation: 'issueCode',
    title: 'issueCode',
    input: async (world, setting) => ({
      acsUserId: (await createAcsUser(world, setting, false)).acsUserId,
      acsEntranceId: setting.entranceIds[0],
    }),
  },
  {
    mutation: 'issueMobileKey',
    title: 'issueMobileKey, with an identity',
    input: async (world, setting) => ({
      acsUserId: (await createAcsUser(world, setting, true)).acsUserId,
      acsEntranceIds: setting.entranceIds,
    }),
  },
  {
    mutation: 'issueMobileKey',
    title: 'issueMobileKey, without an identity',
    input: async (world, setting) => ({
      acsUserId: (await createAcsUser(world, setting, false)).acsUserId,
      acsEntranceIds: setting.entranceIds,
    }),
  },
  {
    mutation: 'updateCredential',
    title: 'updateCredential, in place',
    input: async (world, setting) => ({
      acsCredentialId: (await createAcsUser(world, setting, true)).keyId,
      endsAt: markedEnd,
    }),
  },
  {
    mutation: 'updateCredential',
    title: 'updateCredential, by replacing it',
    input: async (world, setting) => ({
      acsCredentialId: (await createAcsUser(world, setting, true)).keyId,
      acsEntranceIds: [setting.entranceIds[2]],
      endsAt: markedEnd,
    }),
  },
  {
    mutation: 'revokeCredential',
    title: 'revokeCredential',
    input: async (world, setting) => ({ acsCredentialId: (await createAcsUser(world, setting, true)).pinId }),
  },
  {
    mutation: 'moveIn',
    title: 'moveIn',
    input: async (_world, { acsSystemId, entranceIds, tag }) => ({
      acsSystemId,
      fullName: 'Ann Poe',
      emailAddress: `mover-${tag}@example.com`,
      startsAt: later,
      mobileKeyAcsEntranceIds: [entranceIds[0], entranceIds[1]],
      codeAcsEntranceIds: [entranceIds[0], entranceIds[2]],
    }),
  },
  caseOnAcsUser('moveOut'),
  { ...caseOnAcsUser('moveOut', { keepUser: true }), isBulk: true },
  { ...caseOnAcsUser('moveOut', { at: markedEnd }), isBulk: true },
  {
    mutation: 'cancelMoveOut',
    title: 'cancelMoveOut',
    isBulk: true,
    input: async (world, setting) => {
      const { acsUserId, keyId } = await createAcsUser(world, setting, true)
      await callSandbox(world, 'acs/credentials/update', { acs_credential_id: keyId, ends_at: markedEnd })
      await mutateSuccessfully(world, 'moveOut', { acsUserId, at: '2090-01-01T00:00:00Z' }, world.key)
      return { acsUserId }
    },
  },
  caseOnAcsUser('createClientSession'),
]

/** Faults of write calls. `latency`: the gateway gives up, and the call takes effect later. */
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

/** Faults of read calls, which last longer than the retries of the client. */
export const readFaults: readonly Fault[] = [
  { kind: 'status', status: 503, times: 4 },
  { kind: 'reset', times: 4 },
]

/** Returns an ACS system and three entrances that unlock with a PIN and a mobile key. */
export async function findSystemWithEntrances(world: Pick<World, 'sandbox'>): Promise<Omit<Setting, 'tag'>> {
  const [acsSystemId = ''] = world.sandbox.ids().acsSystemIds
  type SandboxEntrance = {
    readonly acs_entrance_id: string
    readonly can_unlock_with_code?: boolean
    readonly can_unlock_with_mobile_key?: boolean
  }
  const { acs_entrances } = await callSandbox<{ acs_entrances: SandboxEntrance[] }>(
    world,
    'acs/entrances/list',
    {
      acs_system_id: acsSystemId,
    },
  )
  const entranceIds = acs_entrances
    .filter(
      (entrance) => entrance.can_unlock_with_code === true && entrance.can_unlock_with_mobile_key === true,
    )
    .map((entrance) => entrance.acs_entrance_id)
  return { acsSystemId, entranceIds: entranceIds.slice(0, 3) as unknown as Setting['entranceIds'] }
}
