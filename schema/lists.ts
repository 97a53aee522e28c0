import { andThen } from '../src/catalog/answer.ts'
import type { Answer } from '../src/catalog/view.ts'
import type { AcsCredential, AcsEntrance, AcsUser } from '../src/model/entities.ts'
import { type Order, type Page, type PageRequest, paginate } from '../src/model/paging.ts'
import { nameKey, searchFor } from '../src/model/search.ts'
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

/** Works a row's key out once: folding names would otherwise be a tenth of a large answer's cost. Rows never change. */
function remembered<T extends object>(keyOf: (row: T) => string): (row: T) => string {
  const keys = new WeakMap<T, string>()
  return (row) => {
    const known = keys.get(row)
    if (known !== undefined) return known
    const key = keyOf(row)
    keys.set(row, key)
    return key
  }
}

const usersByName: Order<AcsUser> = {
  by: 'name',
  idOf: (user) => user.acsUserId,
  keyOf: remembered((user) => nameKey(user.displayName)),
}
const usersByCreation: Order<AcsUser> = {
  by: 'createdAt',
  idOf: (user) => user.acsUserId,
  keyOf: (user) => timeKey(user.createdAt),
}
const userOrders: Readonly<Record<UserOrder, Order<AcsUser>>> = {
  NAME_ASC: usersByName,
  NAME_DESC: { ...usersByName, isDescending: true },
  CREATED_AT_ASC: usersByCreation,
  CREATED_AT_DESC: { ...usersByCreation, isDescending: true },
}

/** Filters, orders and cuts a list of people. */
export function userPage(rows: readonly AcsUser[], args: UserArgs): Page<AcsUser> {
  const filter = args.filter ?? {}
  const acsSystemId = readOptionalId('AcsSystem', 'filter.acsSystemId', filter.acsSystemId)
  const userIdentityId = readOptionalId('UserIdentity', 'filter.userIdentityId', filter.userIdentityId)
  const isSought = searchFor(filter.search ?? '')
  const fits = (user: AcsUser): boolean =>
    (acsSystemId === null || user.acsSystemId === acsSystemId) &&
    (userIdentityId === null || user.userIdentityId === userIdentityId) &&
    (filter.isSuspended == null || (user.isSuspended === true) === filter.isSuspended) &&
    isSought([user.displayName, user.fullName, user.emailAddress, user.phoneNumber])
  return paged(() => paginate(rows.filter(fits), userOrders[args.orderBy ?? 'NAME_ASC'], args))
}

type EntranceFilter = {
  acsSystemId?: string | null | undefined
  search?: string | null | undefined
  isConnected?: boolean | null | undefined
}

const entranceOrder: Order<AcsEntrance> = {
  by: 'name',
  idOf: (entrance) => entrance.acsEntranceId,
  keyOf: remembered((entrance) => nameKey(entrance.displayName)),
}

/** Filters a list of doors, orders it by name and cuts a page out of it. */
export function entrancePage(
  rows: readonly AcsEntrance[],
  args: PageRequest & { filter?: EntranceFilter | null | undefined },
): Page<AcsEntrance> {
  const filter = args.filter ?? {}
  const acsSystemId = readOptionalId('AcsSystem', 'filter.acsSystemId', filter.acsSystemId)
  const isSought = searchFor(filter.search ?? '')
  const fits = (door: AcsEntrance): boolean =>
    (acsSystemId === null || door.acsSystemId === acsSystemId) &&
    (filter.isConnected == null || (door.latch?.isConnected ?? null) === filter.isConnected) &&
    isSought([door.displayName, door.latch?.doorName ?? null])
  return paged(() => paginate(rows.filter(fits), entranceOrder, args))
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
const accessMethods: ReadonlyMap<string, AccessMethod> = new Map([
  ['code', 'CODE'],
  ['mobile_key', 'MOBILE_KEY'],
  ['card', 'CARD'],
])

/** Seam's `access_method` as a value of the graph; what the graph doesn't know is UNKNOWN. */
export function accessMethodOf(credential: AcsCredential): AccessMethod {
  return accessMethods.get(credential.accessMethod) ?? 'UNKNOWN'
}

const credentialOrder: Order<AcsCredential> = {
  by: 'createdAt',
  idOf: (credential) => credential.acsCredentialId,
  keyOf: (credential) => timeKey(credential.createdAt),
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
  const opening: Answer<ReadonlySet<string> | null> =
    acsEntranceId === null
      ? null
      : andThen(view.entrance(acsEntranceId), (door) =>
          door === null
            ? new Set()
            : andThen(
                view.credentialsOfEntrance(door),
                (found) => new Set(found.map((row) => row.acsCredentialId)),
              ),
        )
  return andThen(opening, (ids) =>
    paged(() =>
      paginate(
        rows.filter((row) => fits(row) && (ids === null || ids.has(row.acsCredentialId))),
        credentialOrder,
        args,
      ),
    ),
  )
}
