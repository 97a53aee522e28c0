import type {
  AccessSchedule,
  AcsCredential,
  AcsUser,
  ConnectWebview,
  UserIdentity,
} from '../../model/entities.ts'
import type { AcsCredentialId, AcsUserId, ConnectedAccountId, UserIdentityId } from '../../model/ids.ts'
import { convertOne, type ResponseShape } from '../calls/list-pages.ts'
import { createIdFilter, createIdParam, omitNullish } from '../calls/request-params.ts'
import type { CallOptions, SeamCaller } from '../calls/seam-caller.ts'
import { createForeignRowsError, createInvalidParameterError, SeamError } from '../errors.ts'
import type { ClientSession } from './entity-conversion.ts'
import * as shapes from './response-shapes.ts'
import { isSameId, requireSystem } from './seam-reads.ts'
import type { NewCredential, NewIdentity, NewUser, NewWebview, Optional, UserUpdate } from './write-inputs.ts'

/**
 * Writes to Seam. All methods reject with `SeamError`; after the outcome `unknown`, check the state before repeating the call. A create is
 * retried only if no earlier attempt can have been executed. Other writes are retried; if the response to a delete was lost, a following
 * `NOT_FOUND` counts as success. Seam applies changes at Latch asynchronously: see `pendingMutations` of the response and of later reads.
 */
export type SeamWrites = {
  createUser(user: NewUser, options?: CallOptions): Promise<AcsUser>
  updateUser(id: AcsUserId, changes: UserUpdate, options?: CallOptions): Promise<void>
  /** Also deletes the ACS user's credentials. */
  deleteUser(id: AcsUserId, options?: CallOptions): Promise<void>
  suspendUser(id: AcsUserId, options?: CallOptions): Promise<void>
  unsuspendUser(id: AcsUserId, options?: CallOptions): Promise<void>
  /** `code` is `null` until Latch has assigned the PIN. */
  createCredential(credential: NewCredential, options?: CallOptions): Promise<AcsCredential>
  /** Changes `endsAt`; no other field can be changed. */
  updateCredential(
    id: AcsCredentialId,
    changes: { readonly endsAt: string },
    options?: CallOptions,
  ): Promise<void>
  deleteCredential(id: AcsCredentialId, options?: CallOptions): Promise<void>
  createIdentity(identity: NewIdentity, options?: CallOptions): Promise<UserIdentity>
  /** Also deletes its ACS users, their credentials and its client sessions. */
  deleteIdentity(id: UserIdentityId, options?: CallOptions): Promise<void>
  addUserToIdentity(
    link: { readonly acsUserId: AcsUserId; readonly userIdentityId: UserIdentityId },
    options?: CallOptions,
  ): Promise<void>
  /** Resolves also if the ACS user is not linked to the user identity. */
  removeUserFromIdentity(
    link: { readonly acsUserId: AcsUserId; readonly userIdentityId: UserIdentityId },
    options?: CallOptions,
  ): Promise<void>
  createWebview(webview: NewWebview, options?: CallOptions): Promise<ConnectWebview>
  /** Removes the connected account and all its objects from Seam; nothing is deleted at Latch. */
  deleteAccount(id: ConnectedAccountId, options?: CallOptions): Promise<void>
  createClientSession(
    session: { readonly userIdentityId: UserIdentityId; readonly expiresAt?: Optional<string> },
    options?: CallOptions,
  ): Promise<ClientSession>
  /** Revokes and deletes the client session: its token becomes invalid, and lists no longer contain it. */
  endClientSession(clientSessionId: string, options?: CallOptions): Promise<void>
}

/** Creates the writes on top of a caller. */
export function createSeamWrites(caller: SeamCaller): SeamWrites {
  async function create<T>(route: string, params: object, shape: ResponseShape<T>, options?: CallOptions) {
    return convertOne(route, await caller.call(route, params, 'creates', options), shape)
  }
  /** Creates a write without result for the object with an id. */
  const createSetter =
    <Id extends string>(route: string, parameter: string) =>
    async (id: Id, options?: CallOptions): Promise<void> => {
      await caller.call(route, createIdParam(route, parameter, id), 'sets', options)
    }
  const createRemover =
    <Id extends string>(route: string, parameter: string) =>
    (id: Id, options?: CallOptions): Promise<void> =>
      deleteById(caller, route, parameter, id, options)

  const revokeSession = createRemover('client_sessions/revoke', 'client_session_id')
  const deleteSession = createRemover('client_sessions/delete', 'client_session_id')

  return {
    async createUser(user, options) {
      const route = 'acs/users/create'
      const params = {
        ...createIdFilter(route, {
          acs_system_id: user.acsSystemId,
          user_identity_id: user.userIdentityId ?? undefined,
        }),
        ...omitNullish({
          full_name: user.fullName,
          email_address: user.emailAddress,
          phone_number: user.phoneNumber,
          access_schedule: user.accessSchedule && toSeamSchedule(user.accessSchedule),
        }),
      }
      const created = await create(route, params, shapes.userShape, options)
      requireSystem(route, [created], user.acsSystemId)
      return created
    },
    async updateUser(id, { fullName, emailAddress, phoneNumber, accessSchedule }, options) {
      const route = 'acs/users/update'
      const params = {
        ...createIdParam(route, 'acs_user_id', id),
        ...omitNullish({ full_name: fullName, email_address: emailAddress, phone_number: phoneNumber }),
        ...(accessSchedule === undefined
          ? {}
          : { access_schedule: accessSchedule && toSeamSchedule(accessSchedule) }),
      }
      await caller.call(route, params, 'sets', options)
    },
    deleteUser: createRemover('acs/users/delete', 'acs_user_id'),
    suspendUser: createSetter('acs/users/suspend', 'acs_user_id'),
    unsuspendUser: createSetter('acs/users/unsuspend', 'acs_user_id'),
    async createCredential(credential, options) {
      const route = 'acs/credentials/create'
      const created = await create(
        route,
        createCredentialParams(route, credential),
        shapes.credentialShape,
        options,
      )
      if (!isSameId(created.acsUserId, credential.acsUserId)) throw createForeignRowsError(route)
      return created
    },
    async updateCredential(id, { endsAt }, options) {
      const route = 'acs/credentials/update'
      const params = { ...createIdParam(route, 'acs_credential_id', id), ends_at: endsAt }
      await caller.call(route, params, 'sets', options)
    },
    deleteCredential: createRemover('acs/credentials/delete', 'acs_credential_id'),
    createIdentity({ key, fullName, emailAddress, phoneNumber }, options) {
      const params = omitNullish({
        user_identity_key: key,
        full_name: fullName,
        email_address: emailAddress,
        phone_number: phoneNumber,
      })
      return create('user_identities/create', params, shapes.identityShape, options)
    },
    deleteIdentity: createRemover('user_identities/delete', 'user_identity_id'),
    async addUserToIdentity({ acsUserId, userIdentityId }, options) {
      const route = 'user_identities/add_acs_user'
      const params = createIdFilter(route, { acs_user_id: acsUserId, user_identity_id: userIdentityId })
      await caller.call(route, params, 'sets', options)
    },
    async removeUserFromIdentity({ acsUserId, userIdentityId }, options) {
      const route = 'user_identities/remove_acs_user'
      const params = createIdFilter(route, { acs_user_id: acsUserId, user_identity_id: userIdentityId })
      try {
        await caller.call(route, params, 'sets', options)
      } catch (error) {
        if (!(error instanceof SeamError && error.code === 'NOT_FOUND')) throw error
      }
    },
    createWebview(webview, options) {
      const params = omitNullish({
        accepted_providers: webview.acceptedProviders,
        custom_redirect_url: webview.customRedirectUrl,
        custom_redirect_failure_url: webview.customRedirectFailureUrl,
        custom_metadata: webview.customMetadata,
      })
      return create('connect_webviews/create', params, shapes.webviewShape, options)
    },
    deleteAccount: createRemover('connected_accounts/delete', 'connected_account_id'),
    async createClientSession({ userIdentityId, expiresAt }, options) {
      const route = 'client_sessions/create'
      const params = {
        ...createIdParam(route, 'user_identity_id', userIdentityId),
        ...omitNullish({ expires_at: expiresAt }),
      }
      return create(route, params, shapes.clientSessionShape, options)
    },
    // According to Seam's documentation, revoking invalidates the token and only deleting removes the session.
    async endClientSession(id, options) {
      await revokeSession(id, options)
      await deleteSession(id, options)
    },
  }
}

/** Deletes an object by id. `NOT_FOUND` is a success after an attempt whose response was lost, and an error at the first attempt. */
async function deleteById(
  caller: SeamCaller,
  route: string,
  parameter: string,
  id: string,
  options?: CallOptions,
): Promise<void> {
  try {
    await caller.call(route, createIdParam(route, parameter, id), 'sets', options)
  } catch (error) {
    const isDone = error instanceof SeamError && error.code === 'NOT_FOUND' && error.outcome === 'unknown'
    if (!isDone) throw error
  }
}

function toSeamSchedule({ startsAt, endsAt }: AccessSchedule): object {
  return { starts_at: startsAt, ends_at: endsAt }
}

function createCredentialParams(route: string, credential: NewCredential): object {
  const { acsEntranceIds, accessMethod } = credential
  if (acsEntranceIds.length === 0)
    throw createInvalidParameterError(route, 'allowed_acs_entrance_ids', 'is empty')
  for (const id of acsEntranceIds) createIdParam(route, 'allowed_acs_entrance_ids', id)
  return {
    ...createIdParam(route, 'acs_user_id', credential.acsUserId),
    access_method: accessMethod,
    allowed_acs_entrance_ids: acsEntranceIds,
    // Latch supports only multi-phone-sync mobile keys (docs/seam.md).
    ...(accessMethod === 'mobile_key' ? { is_multi_phone_sync_credential: true } : {}),
    ...omitNullish({ starts_at: credential.startsAt, ends_at: credential.endsAt }),
  }
}
