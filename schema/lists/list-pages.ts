import type { MaybePromise } from '../../src/catalog/maybe-promise.ts'
import { andThen } from '../../src/catalog/maybe-promise.ts'
import { type AccessMethod, getAccessMethod } from '../../src/model/access-method.ts'
import { type CredentialStatus, credentialStatus } from '../../src/model/credential-status.ts'
import type { AcsCredential, AcsEntrance, AcsUser } from '../../src/model/entities.ts'
import { memoizeByObject } from '../../src/model/memoize-by-object.ts'
import {
  type Order,
  type Page,
  type PageRequest,
  paginate,
  paginateInSteps,
  readPageSize,
} from '../../src/model/paging.ts'
import {
  InvalidSearch,
  matchesSearch,
  nameSortKey,
  searchWords,
  toSearchableText,
} from '../../src/model/text-search.ts'
import { isBefore, timeSortKey } from '../../src/model/time.ts'
import { countRows, isTurnFull, runStepsInTurns, waitForTurn } from '../../src/runtime/event-loop.ts'
import type { GraphContext } from '../context.ts'
import { createBadInputError, rethrowPageError } from '../graph-errors.ts'
import { readOptionalIdArgument } from '../id-arguments.ts'

type AcsUserFilterInput = {
  acsSystemId?: string | null | undefined
  search?: string | null | undefined
  isSuspended?: boolean | null | undefined
  userIdentityId?: string | null | undefined
}
type AcsUserOrderValue = 'NAME_ASC' | 'NAME_DESC' | 'CREATED_AT_ASC' | 'CREATED_AT_DESC'
type AcsUserListArgs = PageRequest & {
  filter?: AcsUserFilterInput | null | undefined
  orderBy?: AcsUserOrderValue | null | undefined
}

/** Creates a page from the rows of a list. The arguments of the page are already validated. */
type Pager<T> = (rows: readonly T[]) => MaybePromise<Page<T>>

/**
 * Reads a list and returns a page of it. The pager is created first, so that invalid arguments cause no call to Seam.
 * If much more was read in this turn of the event loop than its budget, it waits for the next turn.
 */
export function loadPage<T>(
  pager: Pager<T>,
  readRows: () => MaybePromise<readonly T[]>,
): MaybePromise<Page<T>> {
  const paginateRows = (): MaybePromise<Page<T>> => {
    const rows = readRows()
    if (!(rows instanceof Promise)) countRows(rows.length)
    return andThen(rows, pager)
  }
  // After waiting, the turn belongs to this list alone, so it is not checked again.
  return isTurnFull(maxTurnBudgets) ? waitForTurn().then(paginateRows) : paginateRows()
}

/**
 * Budgets of a turn above which a list waits. Operations start only in turns within one budget. A list in the middle of an operation rarely
 * waits, since waiting costs a promise for each object around it.
 */
const maxTurnBudgets = 3

/** Number of rows up to which a list is processed in the current turn of the event loop. */
const maxRowsWithoutTurn = 500

/**
 * Creates a pager that filters and orders rows. Throws a `GraphQLError` (`BAD_USER_INPUT`) for an invalid page size.
 */
export function createPager<T>(
  order: Order<T>,
  request: PageRequest,
  isMatch: (row: T) => boolean = () => true,
): Pager<T> {
  rethrowPageError(() => readPageSize(request))
  const paginateInTurns = async (rows: readonly T[]): Promise<Page<T>> => {
    await waitForTurn()
    const page = runStepsInTurns(paginateInSteps(rows, order, request, isMatch))
    return page.catch((error: unknown) =>
      rethrowPageError(() => {
        throw error
      }),
    )
  }
  return (rows) =>
    rows.length > maxRowsWithoutTurn
      ? paginateInTurns(rows)
      : rethrowPageError(() => paginate(rows, order, request, isMatch))
}

/** Splits a search into words. Throws a `GraphQLError` (`BAD_USER_INPUT`) if it is too long. */
function readSearch(search: string | null | undefined): readonly string[] {
  try {
    return searchWords(search ?? '')
  } catch (error) {
    throw error instanceof InvalidSearch ? createBadInputError('filter.search', error.message) : error
  }
}

// Normalizing texts takes most of the time for a large list, so keys and texts are cached by row.
const usersByName: Order<AcsUser> = {
  name: 'name',
  idOf: (user) => user.acsUserId,
  keyOf: memoizeByObject((user) => nameSortKey(user.displayName)),
}
const usersByCreation: Order<AcsUser> = {
  name: 'createdAt',
  idOf: (user) => user.acsUserId,
  keyOf: (user) => timeSortKey(user.createdAt),
}
const userOrders: Readonly<Record<AcsUserOrderValue, Order<AcsUser>>> = {
  NAME_ASC: usersByName,
  NAME_DESC: { ...usersByName, isDescending: true },
  CREATED_AT_ASC: usersByCreation,
  CREATED_AT_DESC: { ...usersByCreation, isDescending: true },
}

const toSearchableUser: (user: AcsUser) => string = memoizeByObject((user) =>
  toSearchableText([user.displayName, user.fullName, user.emailAddress, user.phoneNumber]),
)

/** Creates a pager for ACS users. */
export function createAcsUserPager(args: AcsUserListArgs): Pager<AcsUser> {
  const filter = args.filter ?? {}
  const acsSystemId = readOptionalIdArgument('AcsSystem', 'filter.acsSystemId', filter.acsSystemId)
  const userIdentityId = readOptionalIdArgument(
    'UserIdentity',
    'filter.userIdentityId',
    filter.userIdentityId,
  )
  const words = readSearch(filter.search)
  return createPager(
    userOrders[args.orderBy ?? 'NAME_ASC'],
    args,
    (user) =>
      (acsSystemId === null || user.acsSystemId === acsSystemId) &&
      (userIdentityId === null || user.userIdentityId === userIdentityId) &&
      (filter.isSuspended == null || (user.isSuspended === true) === filter.isSuspended) &&
      (words.length === 0 || matchesSearch(words, toSearchableUser(user))),
  )
}

type AcsEntranceFilterInput = {
  acsSystemId?: string | null | undefined
  search?: string | null | undefined
  isConnected?: boolean | null | undefined
}

const entranceOrder: Order<AcsEntrance> = {
  name: 'name',
  idOf: (entrance) => entrance.acsEntranceId,
  keyOf: memoizeByObject((entrance) => nameSortKey(entrance.displayName)),
}

const toSearchableEntrance: (entrance: AcsEntrance) => string = memoizeByObject((entrance) =>
  toSearchableText([entrance.displayName, entrance.latch?.doorName ?? null]),
)

/** Creates a pager for entrances, which are ordered by name. */
export function createEntrancePager(
  args: PageRequest & { filter?: AcsEntranceFilterInput | null | undefined },
): Pager<AcsEntrance> {
  const filter = args.filter ?? {}
  const acsSystemId = readOptionalIdArgument('AcsSystem', 'filter.acsSystemId', filter.acsSystemId)
  const words = readSearch(filter.search)
  return createPager(
    entranceOrder,
    args,
    (entrance) =>
      (acsSystemId === null || entrance.acsSystemId === acsSystemId) &&
      (filter.isConnected == null || (entrance.latch?.isConnected ?? null) === filter.isConnected) &&
      (words.length === 0 || matchesSearch(words, toSearchableEntrance(entrance))),
  )
}

type AcsCredentialFilterInput = {
  acsSystemId?: string | null | undefined
  acsUserId?: string | null | undefined
  acsEntranceId?: string | null | undefined
  accessMethod?: AccessMethod | null | undefined
  status?: CredentialStatus | null | undefined
  activeAt?: string | null | undefined
  endsBefore?: string | null | undefined
}
export type AcsCredentialListArgs = PageRequest & { filter?: AcsCredentialFilterInput | null | undefined }

const credentialOrder: Order<AcsCredential> = {
  name: 'createdAt',
  idOf: (credential) => credential.acsCredentialId,
  keyOf: (credential) => timeSortKey(credential.createdAt),
}

/** Creates a pager for credentials, which are ordered by time of creation. */
export function createCredentialPager(
  args: AcsCredentialListArgs,
  context: GraphContext,
): Pager<AcsCredential> {
  const { view } = context
  const filter = args.filter ?? {}
  const acsSystemId = readOptionalIdArgument('AcsSystem', 'filter.acsSystemId', filter.acsSystemId)
  const acsUserId = readOptionalIdArgument('AcsUser', 'filter.acsUserId', filter.acsUserId)
  const acsEntranceId = readOptionalIdArgument('AcsEntrance', 'filter.acsEntranceId', filter.acsEntranceId)
  const isMatch = (credential: AcsCredential): boolean =>
    (acsSystemId === null || credential.acsSystemId === acsSystemId) &&
    (acsUserId === null || credential.acsUserId === acsUserId) &&
    (filter.accessMethod == null || getAccessMethod(credential) === filter.accessMethod) &&
    (filter.status == null || context.statusOf(credential) === filter.status) &&
    (filter.activeAt == null || credentialStatus(credential, filter.activeAt) === 'ACTIVE') &&
    (filter.endsBefore == null ||
      (credential.endsAt !== null && isBefore(credential.endsAt, filter.endsBefore)))
  const loadEntranceCredentialIds = (): MaybePromise<ReadonlySet<string> | null> =>
    acsEntranceId === null
      ? null
      : andThen(view.entrance(acsEntranceId), (entrance) =>
          entrance === null
            ? new Set()
            : andThen(
                view.credentialsOfEntrance(entrance),
                (found) => new Set(found.map((row) => row.acsCredentialId)),
              ),
        )
  const createPagerWithin = (ids: ReadonlySet<string> | null): Pager<AcsCredential> =>
    createPager(
      credentialOrder,
      args,
      (row) => isMatch(row) && (ids === null || ids.has(row.acsCredentialId)),
    )
  // Without an entrance, the page size is validated before anything is read.
  const unrestrictedPager = createPagerWithin(null)
  return acsEntranceId === null
    ? unrestrictedPager
    : (rows) => andThen(loadEntranceCredentialIds(), (ids) => createPagerWithin(ids)(rows))
}
