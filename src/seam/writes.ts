import type {
  AccessSchedule,
  AcsCredential,
  AcsUser,
  ConnectWebview,
  UserIdentity,
} from '../model/entities.ts'
import type { AcsCredentialId, AcsUserId, ConnectedAccountId, UserIdentityId } from '../model/ids.ts'
import type { Caller, CallOptions } from './call.ts'
import { type ClientSession, toClientSession } from './convert.ts'
import { foreign, refusedHere, SeamError } from './errors.ts'
import type { NewCredential, NewIdentity, NewUser, NewWebview, Optional, UserChanges } from './inputs.ts'
import { pick, type Shape } from './pages.ts'
import { filterOf, given, named } from './params.ts'
import { isSame, ofSystem } from './reads.ts'
import * as shapes from './shapes.ts'

/**
 * Changes at Seam. Throws `SeamError`: after the outcome `unknown` look before repeating. What creates is sent again only if nothing
 * can have been done; the rest is repeated, and something deleted whose answer was lost counts as deleted when it's gone. Seam
 * carries changes over to Latch later: what it answers, and what is read next, may still be on its way (`pendingMutations`).
 */
export type SeamWrites = {
  createUser(user: NewUser, options?: CallOptions): Promise<AcsUser>
  updateUser(id: AcsUserId, changes: UserChanges, options?: CallOptions): Promise<void>
  /** Its credentials go with it. */
  deleteUser(id: AcsUserId, options?: CallOptions): Promise<void>
  suspendUser(id: AcsUserId, options?: CallOptions): Promise<void>
  unsuspendUser(id: AcsUserId, options?: CallOptions): Promise<void>
  /** A PIN may come later: until then `code` is `null`. */
  createCredential(credential: NewCredential, options?: CallOptions): Promise<AcsCredential>
  /** Only the end can be changed. */
  updateCredential(
    id: AcsCredentialId,
    changes: { readonly endsAt: string },
    options?: CallOptions,
  ): Promise<void>
  deleteCredential(id: AcsCredentialId, options?: CallOptions): Promise<void>
  createIdentity(identity: NewIdentity, options?: CallOptions): Promise<UserIdentity>
  /** Its users, their credentials and its client sessions go with it. */
  deleteIdentity(id: UserIdentityId, options?: CallOptions): Promise<void>
  addUserToIdentity(
    link: { readonly acsUserId: AcsUserId; readonly userIdentityId: UserIdentityId },
    options?: CallOptions,
  ): Promise<void>
  /** One that isn't linked to it counts as parted. */
  removeUserFromIdentity(
    link: { readonly acsUserId: AcsUserId; readonly userIdentityId: UserIdentityId },
    options?: CallOptions,
  ): Promise<void>
  createWebview(webview: NewWebview, options?: CallOptions): Promise<ConnectWebview>
  /** Everything under it leaves Seam; nothing is deleted at Latch. */
  deleteAccount(id: ConnectedAccountId, options?: CallOptions): Promise<void>
  createClientSession(
    session: { readonly userIdentityId: UserIdentityId; readonly expiresAt?: Optional<string> },
    options?: CallOptions,
  ): Promise<ClientSession>
}

const clientSession: Shape<ClientSession> = {
  one: 'client_session',
  many: 'client_sessions',
  convert: toClientSession,
}

/** The changes, made through one caller. */
export function createWrites(caller: Caller): SeamWrites {
  async function create<T>(route: string, params: object, shape: Shape<T>, options?: CallOptions) {
    return pick(route, await caller.call(route, params, 'creates', options), shape)
  }
  /** Sets something on the thing with this id. */
  const setter =
    <Id extends string>(route: string, parameter: string) =>
    async (id: Id, options?: CallOptions): Promise<void> => {
      await caller.call(route, named(route, parameter, id), 'sets', options)
    }
  const remover =
    <Id extends string>(route: string, parameter: string) =>
    (id: Id, options?: CallOptions): Promise<void> =>
      remove(caller, route, parameter, id, options)

  return {
    async createUser(user, options) {
      const route = 'acs/users/create'
      const params = {
        ...filterOf(route, {
          acs_system_id: user.acsSystemId,
          user_identity_id: user.userIdentityId ?? undefined,
        }),
        ...given({
          full_name: user.fullName,
          email_address: user.emailAddress,
          phone_number: user.phoneNumber,
          access_schedule: user.accessSchedule && scheduleOf(user.accessSchedule),
        }),
      }
      const made = await create(route, params, shapes.user, options)
      ofSystem(route, [made], user.acsSystemId)
      return made
    },
    async updateUser(id, { fullName, emailAddress, phoneNumber, accessSchedule }, options) {
      const route = 'acs/users/update'
      const params = {
        ...named(route, 'acs_user_id', id),
        ...given({ full_name: fullName, email_address: emailAddress, phone_number: phoneNumber }),
        ...(accessSchedule === undefined
          ? {}
          : { access_schedule: accessSchedule && scheduleOf(accessSchedule) }),
      }
      await caller.call(route, params, 'sets', options)
    },
    deleteUser: remover('acs/users/delete', 'acs_user_id'),
    suspendUser: setter('acs/users/suspend', 'acs_user_id'),
    unsuspendUser: setter('acs/users/unsuspend', 'acs_user_id'),
    async createCredential(credential, options) {
      const route = 'acs/credentials/create'
      const made = await create(route, paramsOfCredential(route, credential), shapes.credential, options)
      if (!isSame(made.acsUserId, credential.acsUserId)) throw foreign(route)
      return made
    },
    async updateCredential(id, { endsAt }, options) {
      const route = 'acs/credentials/update'
      const params = { ...named(route, 'acs_credential_id', id), ends_at: endsAt }
      await caller.call(route, params, 'sets', options)
    },
    deleteCredential: remover('acs/credentials/delete', 'acs_credential_id'),
    createIdentity({ key, fullName, emailAddress, phoneNumber }, options) {
      const params = given({
        user_identity_key: key,
        full_name: fullName,
        email_address: emailAddress,
        phone_number: phoneNumber,
      })
      return create('user_identities/create', params, shapes.identity, options)
    },
    deleteIdentity: remover('user_identities/delete', 'user_identity_id'),
    async addUserToIdentity({ acsUserId, userIdentityId }, options) {
      const route = 'user_identities/add_acs_user'
      const params = filterOf(route, { acs_user_id: acsUserId, user_identity_id: userIdentityId })
      await caller.call(route, params, 'sets', options)
    },
    async removeUserFromIdentity({ acsUserId, userIdentityId }, options) {
      const route = 'user_identities/remove_acs_user'
      const params = filterOf(route, { acs_user_id: acsUserId, user_identity_id: userIdentityId })
      try {
        await caller.call(route, params, 'sets', options)
      } catch (error) {
        if (!(error instanceof SeamError && error.code === 'NOT_FOUND')) throw error
      }
    },
    createWebview(webview, options) {
      const params = given({
        accepted_providers: webview.acceptedProviders,
        custom_redirect_url: webview.customRedirectUrl,
        custom_redirect_failure_url: webview.customRedirectFailureUrl,
        custom_metadata: webview.customMetadata,
      })
      return create('connect_webviews/create', params, shapes.webview, options)
    },
    deleteAccount: remover('connected_accounts/delete', 'connected_account_id'),
    async createClientSession({ userIdentityId, expiresAt }, options) {
      const route = 'client_sessions/create'
      const params = {
        ...named(route, 'user_identity_id', userIdentityId),
        ...given({ expires_at: expiresAt }),
      }
      return create(route, params, clientSession, options)
    },
  }
}

/** Deletes by id. Gone after a lost answer is done; gone at the first try is `NOT_FOUND`. */
async function remove(
  caller: Caller,
  route: string,
  parameter: string,
  id: string,
  options?: CallOptions,
): Promise<void> {
  try {
    await caller.call(route, named(route, parameter, id), 'sets', options)
  } catch (error) {
    const isDone = error instanceof SeamError && error.code === 'NOT_FOUND' && error.outcome === 'unknown'
    if (!isDone) throw error
  }
}

function scheduleOf({ startsAt, endsAt }: AccessSchedule): object {
  return { starts_at: startsAt, ends_at: endsAt }
}

function paramsOfCredential(route: string, credential: NewCredential): object {
  const { acsEntranceIds, accessMethod } = credential
  if (acsEntranceIds.length === 0) throw refusedHere(route, 'allowed_acs_entrance_ids', 'is empty')
  for (const id of acsEntranceIds) named(route, 'allowed_acs_entrance_ids', id)
  return {
    ...named(route, 'acs_user_id', credential.acsUserId),
    access_method: accessMethod,
    allowed_acs_entrance_ids: acsEntranceIds,
    // Latch has no other mobile keys (facts on Latch's credentials).
    ...(accessMethod === 'mobile_key' ? { is_multi_phone_sync_credential: true } : {}),
    ...given({ starts_at: credential.startsAt, ends_at: credential.endsAt }),
  }
}
