import { reachesCredential, reachesEverything, reachesSystem, reachesUser } from '../auth/reach.ts'
import type { Reach } from '../auth/viewer.ts'
import type { AcsCredential, AcsEntrance, AcsUser } from '../model/entities.ts'
import type { AcsSystemId } from '../model/ids.ts'
import { all, andThen } from './answer.ts'
import type { Answer, View } from './view.ts'

/** Narrows the reads of everything to what a reach includes. What is outside is absent, as if it didn't exist. */
export function viewOf(reads: View, reach: Reach): View {
  if (reachesEverything(reach)) return reads
  const { residentId } = reach
  const isUsers = (user: AcsUser): boolean => reachesUser(reach, user)
  const isCredentials = (credential: AcsCredential): boolean => reachesCredential(reach, credential)
  const onlyUsers = keep(isUsers)
  const onlyCredentials = keep(isCredentials)

  const resident = (): Answer<AcsUser | null> =>
    residentId === null
      ? null
      : andThen(reads.user(residentId), (user) => (user !== null && isUsers(user) ? user : null))

  /** Everything of a resident's view hangs on the resident: their system, their credentials, the doors those open. */
  const homeSystems = (): Answer<ReadonlySet<AcsSystemId> | null> =>
    residentId === null
      ? reach.acsSystemIds
      : andThen(resident(), (user) => new Set(user === null ? [] : [user.acsSystemId]))

  const isVisibleSystem = (acsSystemId: AcsSystemId): Answer<boolean> =>
    reachesSystem(reach, acsSystemId) && andThen(homeSystems(), (ids) => ids === null || ids.has(acsSystemId))

  const residentDoors = (): Answer<readonly AcsEntrance[]> =>
    andThen(resident(), (user) => (user === null ? [] : reads.entrancesOfUser(user)))

  const onlyEntrances = (rows: readonly AcsEntrance[]): Answer<readonly AcsEntrance[]> => {
    const inSystem = rows.filter((row) => reachesSystem(reach, row.acsSystemId))
    if (residentId === null || inSystem.length === 0) return inSystem
    return andThen(residentDoors(), (doors) => {
      const ids = new Set(doors.map((door) => door.acsEntranceId))
      return inSystem.filter((row) => ids.has(row.acsEntranceId))
    })
  }

  const visibleSystems = () =>
    andThen(reads.systems(), (rows) =>
      andThen(homeSystems(), (ids) => rows.filter((row) => ids === null || ids.has(row.acsSystemId))),
    )

  /** An account is the company's; a viewer with some of its systems sees it, a resident doesn't. */
  const visibleAccounts = () =>
    residentId !== null
      ? []
      : andThen(reads.accounts(), (rows) =>
          andThen(visibleSystems(), (systems) => {
            const ids = new Set(systems.map((system) => system.connectedAccountId))
            return rows.filter((row) => ids.has(row.connectedAccountId))
          }),
        )

  /** Lists over all systems don't load the ones out of reach. */
  function listed<T>(
    read: (id: AcsSystemId | null) => Answer<readonly T[]>,
    acsSystemId: AcsSystemId | null,
  ) {
    return andThen(homeSystems(), (ids) => {
      const wanted = acsSystemId === null ? [...(ids ?? [])] : [acsSystemId]
      const visible = wanted.filter((id) => reachesSystem(reach, id) && (ids === null || ids.has(id)))
      return andThen(all(visible.map(read)), (lists) => lists.flat())
    })
  }

  return {
    systems: visibleSystems,
    system: (id) => andThen(isVisibleSystem(id), (isVisible) => (isVisible ? reads.system(id) : null)),
    users: (id) =>
      residentId === null
        ? andThen(listed(reads.users, id), onlyUsers)
        : andThen(resident(), (user) => (user !== null && isOf(id, user) ? [user] : [])),
    user: (id) =>
      residentId !== null && id !== residentId
        ? null
        : andThen(reads.user(id), (user) => (user !== null && isUsers(user) ? user : null)),
    entrances: (id) =>
      residentId === null
        ? andThen(listed(reads.entrances, id), onlyEntrances)
        : andThen(residentDoors(), (rows) =>
            rows.filter((row) => reachesSystem(reach, row.acsSystemId) && isOf(id, row)),
          ),
    entrance: (id) =>
      andThen(reads.entrance(id), (row) =>
        row === null ? null : andThen(onlyEntrances([row]), (rows) => rows[0] ?? null),
      ),
    credentials: (id) =>
      residentId === null
        ? andThen(listed(reads.credentials, id), onlyCredentials)
        : andThen(resident(), (user) =>
            user === null || !isOf(id, user) ? [] : andThen(reads.credentialsOfUser(user), onlyCredentials),
          ),
    credential: (id) =>
      andThen(reads.credential(id), (row) => (row !== null && isCredentials(row) ? row : null)),
    codeOf: reads.codeOf,
    credentialsOfUser: (row) => andThen(reads.credentialsOfUser(row), onlyCredentials),
    credentialsOfEntrance: (row) => andThen(reads.credentialsOfEntrance(row), onlyCredentials),
    entrancesOfCredential: (row) => andThen(reads.entrancesOfCredential(row), onlyEntrances),
    usersOfEntrance: (row) => andThen(reads.usersOfEntrance(row), onlyUsers),
    entrancesOfUser: (row) => andThen(reads.entrancesOfUser(row), onlyEntrances),
    identity: (id) =>
      andThen(reads.identity(id), (row) =>
        row === null
          ? null
          : andThen(reads.usersOfIdentity(row), (users) => {
              const mine = onlyUsers(users)
              return mine.length === 0 ? null : { ...row, acsUserIds: mine.map((user) => user.acsUserId) }
            }),
      ),
    usersOfIdentity: (row) => andThen(reads.usersOfIdentity(row), onlyUsers),
    accounts: visibleAccounts,
    account: (id) =>
      andThen(visibleAccounts(), (rows) => rows.find((row) => row.connectedAccountId === id) ?? null),
    systemsOfAccount: (row) =>
      andThen(reads.systemsOfAccount(row), (systems) =>
        andThen(homeSystems(), (ids) =>
          systems.filter((system) => ids === null || ids.has(system.acsSystemId)),
        ),
      ),
    webview: (id) =>
      andThen(reads.webview(id), (row) => {
        if (row === null || row.connectedAccountId === null) return null
        const { connectedAccountId } = row
        return andThen(visibleAccounts(), (rows) =>
          rows.some((account) => account.connectedAccountId === connectedAccountId) ? row : null,
        )
      }),
    syncState: reads.syncState,
  }
}

function keep<T>(test: (row: T) => boolean): (rows: readonly T[]) => readonly T[] {
  return (rows) => rows.filter(test)
}

function isOf(acsSystemId: AcsSystemId | null, row: { readonly acsSystemId: AcsSystemId }): boolean {
  return acsSystemId === null || row.acsSystemId === acsSystemId
}
