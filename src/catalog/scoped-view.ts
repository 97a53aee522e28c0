import {
  canAccessAcsUser,
  canAccessCredential,
  canAccessSystem,
  hasFullAccess,
} from '../auth/access-scope.ts'
import type { AccessScope } from '../auth/viewer.ts'
import type { AcsCredential, AcsEntrance, AcsUser, UserIdentity } from '../model/entities.ts'
import type { AcsSystemId, AcsUserId, UserIdentityId } from '../model/ids.ts'
import type { UnscopedReads } from './loading/unscoped-reads.ts'
import { andThen, collectAll, type MaybePromise } from './maybe-promise.ts'
import type { CatalogView } from './view.ts'

/**
 * Restricts unscoped reads to an access scope. Objects outside of the access scope are absent, as if they did not exist.
 *
 * The access scope is checked before Seam is asked about an id: an id that is not known to be in the access scope is looked up in the
 * lists of the access scope. So the result for an id outside, its cost and its errors do not depend on whether the object exists, is
 * cached, or Seam fails.
 */
export function createScopedView(reads: UnscopedReads, accessScope: AccessScope): CatalogView {
  if (hasFullAccess(accessScope)) return reads
  const { acsUserId: scopedUserId } = accessScope
  const canSeeUser = (user: AcsUser): boolean => canAccessAcsUser(accessScope, user)
  const canSeeCredential = (credential: AcsCredential): boolean =>
    canAccessCredential(accessScope, credential)
  const filterUsers = filterBy(canSeeUser)
  const filterCredentials = filterBy(canSeeCredential)

  const scopedUser = (): MaybePromise<AcsUser | null> =>
    scopedUserId === null
      ? null
      : andThen(reads.user(scopedUserId), (user) => (user !== null && canSeeUser(user) ? user : null))

  /** Returns the visible systems, or `null` for all. An access scope of one ACS user has that ACS user's system only. */
  const visibleSystemIds = (): MaybePromise<ReadonlySet<AcsSystemId> | null> =>
    scopedUserId === null
      ? accessScope.acsSystemIds
      : andThen(scopedUser(), (user) => new Set(user === null ? [] : [user.acsSystemId]))

  const isVisibleSystem = (acsSystemId: AcsSystemId): MaybePromise<boolean> =>
    canAccessSystem(accessScope, acsSystemId) &&
    andThen(visibleSystemIds(), (ids) => ids === null || ids.has(acsSystemId))

  const scopedUserEntrances = (): MaybePromise<readonly AcsEntrance[]> =>
    andThen(scopedUser(), (user) => (user === null ? [] : reads.entrancesOfUser(user)))

  const filterEntrances = (rows: readonly AcsEntrance[]): MaybePromise<readonly AcsEntrance[]> => {
    const inSystem = rows.filter((row) => canAccessSystem(accessScope, row.acsSystemId))
    if (scopedUserId === null || inSystem.length === 0) return inSystem
    return andThen(scopedUserEntrances(), (entrances) => {
      const ids = new Set(entrances.map((entrance) => entrance.acsEntranceId))
      return inSystem.filter((row) => ids.has(row.acsEntranceId))
    })
  }

  const visibleSystems = () =>
    andThen(reads.systems(), (rows) =>
      andThen(visibleSystemIds(), (ids) => rows.filter((row) => ids === null || ids.has(row.acsSystemId))),
    )

  /** Lists the accounts that have a visible system. An access scope of one ACS user has none: accounts belong to the company. */
  const visibleAccounts = () =>
    scopedUserId !== null
      ? []
      : andThen(reads.accounts(), (rows) =>
          andThen(visibleSystems(), (systems) => {
            const ids = new Set(systems.map((system) => system.connectedAccountId))
            return rows.filter((row) => ids.has(row.connectedAccountId))
          }),
        )

  /** Reads a list of the visible systems only, so that a list over all systems does not load the others. */
  function listVisible<T>(
    read: (id: AcsSystemId | null) => MaybePromise<readonly T[]>,
    acsSystemId: AcsSystemId | null,
  ) {
    return andThen(visibleSystemIds(), (ids) => {
      const requested = acsSystemId === null ? [...(ids ?? [])] : [acsSystemId]
      const visible = requested.filter(
        (id) => canAccessSystem(accessScope, id) && (ids === null || ids.has(id)),
      )
      return andThen(collectAll(visible.map(read)), (lists) => lists.flat())
    })
  }

  /** Reads a row that is known to be in the access scope, and looks up any other in a list of the access scope. */
  function findVisible<Id, Row>(
    id: Id,
    peek: (id: Id) => Row | undefined,
    isInScope: (row: Row) => boolean,
    read: (id: Id) => MaybePromise<Row | null>,
    list: () => MaybePromise<readonly unknown[]>,
  ): MaybePromise<Row | null> {
    const visible = (row: Row | null | undefined) => (row != null && isInScope(row) ? row : null)
    if (visible(peek(id)) !== null) return andThen(read(id), visible)
    return andThen(list(), () => visible(peek(id)))
  }

  const visibleUser = (id: AcsUserId): MaybePromise<AcsUser | null> => {
    if (scopedUserId !== null) return id === scopedUserId ? scopedUser() : null
    return findVisible(id, reads.peek.user, canSeeUser, reads.user, () => listVisible(reads.users, null))
  }

  const visibleUsers = (ids: readonly AcsUserId[]): MaybePromise<readonly AcsUser[]> =>
    andThen(collectAll(ids.map(visibleUser)), (rows) => rows.filter((row) => row !== null))

  const scopedUserCredentials = (): MaybePromise<readonly AcsCredential[]> =>
    andThen(scopedUser(), (user) =>
      user === null ? [] : andThen(reads.credentialsOfUser(user), filterCredentials),
    )

  const isEntranceInScope = (row: AcsEntrance): boolean => canAccessSystem(accessScope, row.acsSystemId)

  /** Returns the identity with its visible ACS users only, or `null` if it has none. */
  const visibleIdentity = (id: UserIdentityId): MaybePromise<UserIdentity | null> =>
    andThen(scopedUserId === null ? listVisible(reads.users, null) : scopedUser(), () => {
      if (!reads.peek.usersOfIdentity(id).some(canSeeUser)) return null
      return andThen(reads.identity(id), (row) =>
        row === null
          ? null
          : andThen(visibleUsers(row.acsUserIds), (users) =>
              users.length === 0 ? null : { ...row, acsUserIds: users.map((user) => user.acsUserId) },
            ),
      )
    })

  return {
    systems: visibleSystems,
    system: (id) => andThen(isVisibleSystem(id), (isVisible) => (isVisible ? reads.system(id) : null)),
    users: (id) =>
      scopedUserId === null
        ? andThen(listVisible(reads.users, id), filterUsers)
        : andThen(scopedUser(), (user) => (user !== null && isOfSystem(id, user) ? [user] : [])),
    user: visibleUser,
    entrances: (id) =>
      scopedUserId === null
        ? andThen(listVisible(reads.entrances, id), filterEntrances)
        : andThen(scopedUserEntrances(), (rows) =>
            rows.filter((row) => canAccessSystem(accessScope, row.acsSystemId) && isOfSystem(id, row)),
          ),
    entrance: (id) =>
      scopedUserId === null
        ? findVisible(id, reads.peek.entrance, isEntranceInScope, reads.entrance, () =>
            listVisible(reads.entrances, null),
          )
        : andThen(
            scopedUserEntrances(),
            (rows) => rows.find((row) => row.acsEntranceId === id && isEntranceInScope(row)) ?? null,
          ),
    credentials: (id) =>
      scopedUserId === null
        ? andThen(listVisible(reads.credentials, id), filterCredentials)
        : andThen(scopedUserCredentials(), (rows) => rows.filter((row) => isOfSystem(id, row))),
    credential: (id) =>
      scopedUserId === null
        ? findVisible(id, reads.peek.credential, canSeeCredential, reads.credential, () =>
            listVisible(reads.credentials, null),
          )
        : andThen(scopedUserCredentials(), (rows) => rows.find((row) => row.acsCredentialId === id) ?? null),
    codeOf: reads.codeOf,
    credentialsOfUser: (row) => andThen(reads.credentialsOfUser(row), filterCredentials),
    credentialsOfEntrance: (row) => andThen(reads.credentialsOfEntrance(row), filterCredentials),
    entrancesOfCredential: (row) => andThen(reads.entrancesOfCredential(row), filterEntrances),
    usersOfEntrance: (row) => andThen(reads.usersOfEntrance(row), filterUsers),
    entrancesOfUser: (row) => andThen(reads.entrancesOfUser(row), filterEntrances),
    identity: visibleIdentity,
    usersOfIdentity: (row) => visibleUsers(row.acsUserIds),
    accounts: visibleAccounts,
    account: (id) =>
      andThen(visibleAccounts(), (rows) => rows.find((row) => row.connectedAccountId === id) ?? null),
    systemsOfAccount: (row) =>
      andThen(reads.systemsOfAccount(row), (systems) =>
        andThen(visibleSystemIds(), (ids) =>
          systems.filter((system) => ids === null || ids.has(system.acsSystemId)),
        ),
      ),
    webview: (id) =>
      andThen(visibleAccounts(), (rows) => {
        const ids = new Set<string | null>(rows.map((account) => account.connectedAccountId))
        if (ids.size === 0) return null
        // Seam has no list of webviews, so the webview itself tells whether its account is visible.
        return andThen(reads.fetchWebview(id), (row) =>
          row?.connectedAccountId != null && ids.has(row.connectedAccountId) ? row : null,
        )
      }),
    syncState: reads.syncState,
  }
}

function filterBy<T>(test: (row: T) => boolean): (rows: readonly T[]) => readonly T[] {
  return (rows) => rows.filter(test)
}

function isOfSystem(acsSystemId: AcsSystemId | null, row: { readonly acsSystemId: AcsSystemId }): boolean {
  return acsSystemId === null || row.acsSystemId === acsSystemId
}
