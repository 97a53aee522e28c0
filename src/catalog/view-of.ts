import { reachesCredential, reachesEverything, reachesSystem, reachesUser } from '../auth/reach.ts'
import type { Reach } from '../auth/viewer.ts'
import type { AcsCredential, AcsEntrance, AcsUser } from '../model/entities.ts'
import type { AcsSystemId } from '../model/ids.ts'
import { all, then } from './answer.ts'
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
      : then(reads.user(residentId), (user) => (user !== null && isUsers(user) ? user : null))

  /** Everything of a resident's view hangs on the resident: their system, their credentials, the doors those open. */
  const homeSystems = (): Answer<ReadonlySet<AcsSystemId> | null> =>
    residentId === null
      ? reach.acsSystemIds
      : then(resident(), (user) => new Set(user === null ? [] : [user.acsSystemId]))

  const isVisibleSystem = (acsSystemId: AcsSystemId): Answer<boolean> =>
    reachesSystem(reach, acsSystemId) && then(homeSystems(), (ids) => ids === null || ids.has(acsSystemId))

  const residentDoors = (): Answer<readonly AcsEntrance[]> =>
    then(resident(), (user) => (user === null ? [] : reads.entrancesOfUser(user)))

  const onlyEntrances = (rows: readonly AcsEntrance[]): Answer<readonly AcsEntrance[]> => {
    const inSystem = rows.filter((row) => reachesSystem(reach, row.acsSystemId))
    if (residentId === null || inSystem.length === 0) return inSystem
    return then(residentDoors(), (doors) => {
      const ids = new Set(doors.map((door) => door.acsEntranceId))
      return inSystem.filter((row) => ids.has(row.acsEntranceId))
    })
  }

  const visibleSystems = () =>
    then(reads.systems(), (rows) =>
      then(homeSystems(), (ids) => rows.filter((row) => ids === null || ids.has(row.acsSystemId))),
    )

  /** An account is the company's; a viewer with some of its systems sees it, a resident doesn't. */
  const visibleAccounts = () =>
    residentId !== null
      ? []
      : then(reads.accounts(), (rows) =>
          then(visibleSystems(), (systems) => {
            const ids = new Set(systems.map((system) => system.connectedAccountId))
            return rows.filter((row) => ids.has(row.connectedAccountId))
          }),
        )

  /** Lists over all systems don't load the ones out of reach. */
  function listed<T>(
    read: (id: AcsSystemId | null) => Answer<readonly T[]>,
    acsSystemId: AcsSystemId | null,
  ) {
    return then(homeSystems(), (ids) => {
      const wanted = acsSystemId === null ? [...(ids ?? [])] : [acsSystemId]
      const visible = wanted.filter((id) => reachesSystem(reach, id) && (ids === null || ids.has(id)))
      return then(all(visible.map(read)), (lists) => lists.flat())
    })
  }

  return {
    systems: visibleSystems,
    system: (id) => then(isVisibleSystem(id), (isVisible) => (isVisible ? reads.system(id) : null)),
    users: (id) =>
      residentId === null
        ? then(listed(reads.users, id), onlyUsers)
        : then(resident(), (user) =>
            user !== null && (id === null || user.acsSystemId === id) ? [user] : [],
          ),
    user: (id) =>
      residentId !== null && id !== residentId
        ? null
        : then(reads.user(id), (user) => (user !== null && isUsers(user) ? user : null)),
    entrances: (id) => then(listed(reads.entrances, id), onlyEntrances),
    entrance: (id) =>
      then(reads.entrance(id), (row) =>
        row === null ? null : then(onlyEntrances([row]), (rows) => rows[0] ?? null),
      ),
    credentials: (id) => then(listed(reads.credentials, id), onlyCredentials),
    credential: (id) =>
      then(reads.credential(id), (row) => (row !== null && isCredentials(row) ? row : null)),
    credentialsOfUser: (row) => then(reads.credentialsOfUser(row), onlyCredentials),
    credentialsOfEntrance: (row) => then(reads.credentialsOfEntrance(row), onlyCredentials),
    entrancesOfCredential: (row) => then(reads.entrancesOfCredential(row), onlyEntrances),
    usersOfEntrance: (row) => then(reads.usersOfEntrance(row), onlyUsers),
    entrancesOfUser: (row) => then(reads.entrancesOfUser(row), onlyEntrances),
    identity: (id) =>
      then(reads.identity(id), (row) =>
        row === null
          ? null
          : then(reads.usersOfIdentity(row), (users) => {
              const mine = onlyUsers(users)
              return mine.length === 0 ? null : { ...row, acsUserIds: mine.map((user) => user.acsUserId) }
            }),
      ),
    usersOfIdentity: (row) => then(reads.usersOfIdentity(row), onlyUsers),
    accounts: visibleAccounts,
    account: (id) =>
      then(visibleAccounts(), (rows) => rows.find((row) => row.connectedAccountId === id) ?? null),
    systemsOfAccount: (row) =>
      then(reads.systemsOfAccount(row), (systems) =>
        then(homeSystems(), (ids) => systems.filter((system) => ids === null || ids.has(system.acsSystemId))),
      ),
    webview: (id) =>
      then(reads.webview(id), (row) => {
        if (row === null || row.connectedAccountId === null) return null
        const { connectedAccountId } = row
        return then(visibleAccounts(), (rows) =>
          rows.some((account) => account.connectedAccountId === connectedAccountId) ? row : null,
        )
      }),
    syncState: reads.syncState,
  }
}

function keep<T>(test: (row: T) => boolean): (rows: readonly T[]) => readonly T[] {
  return (rows) => rows.filter(test)
}
