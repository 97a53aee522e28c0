import { then } from '../src/catalog/answer.ts'
import type { Answer } from '../src/catalog/view.ts'
import type { AcsCredential, AcsEntrance, AcsUser } from '../src/model/entities.ts'
import { type Page, type PageRequest, paginate } from '../src/model/paging.ts'
import { folded, matches } from '../src/model/search.ts'
import { type CredentialStatus, credentialStatus } from '../src/model/status.ts'
import { timeKey } from '../src/model/time.ts'
import type { GraphContext } from './context.ts'
import { paged } from './errors.ts'
import { readOptionalId } from './ids.ts'

type UserFilter = {
  acsSystemId?: string | null | undefined
  search?: string | null | undefined
  isSuspended?: boolean | null | undefined
  userIdentityId?: string | null | undefined
}
type UserOrder = 'NAME_ASC' | 'NAME_DESC' | 'CREATED_AT_ASC' | 'CREATED_AT_DESC'
type UserArgs = PageRequest & {
  filter?: UserFilter | null | undefined
  orderBy?: UserOrder | null | undefined
}

/** Filters, orders and cuts a list of people. */
export function userPage(rows: readonly AcsUser[], args: UserArgs): Page<AcsUser> {
  const filter = args.filter ?? {}
  const acsSystemId = readOptionalId('AcsSystem', 'filter.acsSystemId', filter.acsSystemId)
  const userIdentityId = readOptionalId('UserIdentity', 'filter.userIdentityId', filter.userIdentityId)
  const fits = (user: AcsUser): boolean =>
    (acsSystemId === null || user.acsSystemId === acsSystemId) &&
    (userIdentityId === null || user.userIdentityId === userIdentityId) &&
    (filter.isSuspended == null || (user.isSuspended === true) === filter.isSuspended) &&
    (filter.search == null ||
      matches(filter.search, [user.displayName, user.fullName, user.emailAddress, user.phoneNumber]))
  const orderBy = args.orderBy ?? 'NAME_ASC'
  const order = {
    idOf: (user: AcsUser) => user.acsUserId,
    keyOf: orderBy.startsWith('NAME')
      ? (user: AcsUser) => folded(user.displayName)
      : (user: AcsUser) => timeKey(user.createdAt),
    isDescending: orderBy.endsWith('DESC'),
  }
  return paged(() => paginate(rows.filter(fits), order, args))
}

type EntranceFilter = {
  acsSystemId?: string | null | undefined
  search?: string | null | undefined
  isConnected?: boolean | null | undefined
}

/** Filters a list of doors, orders it by name and cuts a page out of it. */
export function entrancePage(
  rows: readonly AcsEntrance[],
  args: PageRequest & { filter?: EntranceFilter | null | undefined },
): Page<AcsEntrance> {
  const filter = args.filter ?? {}
  const acsSystemId = readOptionalId('AcsSystem', 'filter.acsSystemId', filter.acsSystemId)
  const fits = (door: AcsEntrance): boolean =>
    (acsSystemId === null || door.acsSystemId === acsSystemId) &&
    (filter.isConnected == null || (door.latch?.isConnected ?? null) === filter.isConnected) &&
    (filter.search == null || matches(filter.search, [door.displayName, door.latch?.doorName ?? null]))
  const order = {
    idOf: (door: AcsEntrance) => door.acsEntranceId,
    keyOf: (door: AcsEntrance) => folded(door.displayName),
  }
  return paged(() => paginate(rows.filter(fits), order, args))
}

type CredentialFilter = {
  acsSystemId?: string | null | undefined
  acsUserId?: string | null | undefined
  acsEntranceId?: string | null | undefined
  accessMethod?: AccessMethod | null | undefined
  status?: CredentialStatus | null | undefined
  activeAt?: string | null | undefined
}
export type CredentialArgs = PageRequest & { filter?: CredentialFilter | null | undefined }

type AccessMethod = 'CODE' | 'MOBILE_KEY' | 'CARD' | 'UNKNOWN'
const accessMethods: Readonly<Record<string, AccessMethod>> = {
  code: 'CODE',
  mobile_key: 'MOBILE_KEY',
  card: 'CARD',
}

/** Seam's `access_method` as a value of the graph; what the graph doesn't know is UNKNOWN. */
export function accessMethodOf(credential: AcsCredential): AccessMethod {
  return accessMethods[credential.accessMethod] ?? 'UNKNOWN'
}

/** Filters a list of credentials, orders it by creation and cuts a page out of it. */
export function credentialPage(
  rows: readonly AcsCredential[],
  args: CredentialArgs,
  { now, view }: GraphContext,
): Answer<Page<AcsCredential>> {
  const filter = args.filter ?? {}
  const acsSystemId = readOptionalId('AcsSystem', 'filter.acsSystemId', filter.acsSystemId)
  const acsUserId = readOptionalId('AcsUser', 'filter.acsUserId', filter.acsUserId)
  const acsEntranceId = readOptionalId('AcsEntrance', 'filter.acsEntranceId', filter.acsEntranceId)
  const fits = (credential: AcsCredential): boolean =>
    (acsSystemId === null || credential.acsSystemId === acsSystemId) &&
    (acsUserId === null || credential.acsUserId === acsUserId) &&
    (filter.accessMethod == null || accessMethodOf(credential) === filter.accessMethod) &&
    (filter.status == null || credentialStatus(credential, now) === filter.status) &&
    (filter.activeAt == null || credentialStatus(credential, filter.activeAt) === 'ACTIVE')
  const order = {
    idOf: (row: AcsCredential) => row.acsCredentialId,
    keyOf: (row: AcsCredential) => timeKey(row.createdAt),
  }
  const opening: Answer<ReadonlySet<string> | null> =
    acsEntranceId === null
      ? null
      : then(view.entrance(acsEntranceId), (door) =>
          door === null
            ? new Set()
            : then(
                view.credentialsOfEntrance(door),
                (found) => new Set(found.map((row) => row.acsCredentialId)),
              ),
        )
  return then(opening, (ids) =>
    paged(() =>
      paginate(
        rows.filter((row) => fits(row) && (ids === null || ids.has(row.acsCredentialId))),
        order,
        args,
      ),
    ),
  )
}
