import DataLoader from 'dataloader'
import { countHit, countShared } from '../cost.ts'
import type { AcsCredential, AcsEntrance } from '../model/entities.ts'
import type { AcsCredentialId, AcsEntranceId, AcsSystemId } from '../model/ids.ts'
import type { Secret } from '../model/secret.ts'
import { all, andThen } from './answer.ts'
import { asError } from './bounds.ts'
import type { Collection } from './collection.ts'
import { ownReader } from './own-credentials.ts'
import type { Residence } from './residence.ts'
import { type Store, workspace } from './store.ts'
import { syncStateOf } from './sync-state.ts'
import type { Answer, View } from './view.ts'

/** More unknown rows than this are found by the systems' lists rather than one by one. */
const getsAtMost = 10

/**
 * Reads of everything there is, without regard to who asks: at once from memory, otherwise by the fewest calls that the neighbours of
 * the same tick need together. Shared by all requests, so that those share their calls too.
 */
export function createReads(store: Store, now: () => number): View {
  const { systems, accounts, webviews, identities, users, entrances, credentials, residence } = store

  /** Completes a list that has one part only. */
  function listWhole<Id extends string, T>(collection: Collection<Id, typeof workspace, T>): Answer<void> {
    const told = ([error]: readonly (Error | null)[]): void => {
      if (error != null) throw error
    }
    const listed = collection.ensure([workspace], true)
    if (listed instanceof Promise) return countShared(listed.then(told))
    countHit()
    return told(listed)
  }
  const listSystems = (): Answer<void> => listWhole(systems)
  const systemIds = (): AcsSystemId[] => systems.rows(workspace).map((system) => system.acsSystemId)

  /** Completes a system's list, together with the other systems' that are asked for in this tick. */
  function lister<Id extends string, T>(
    collection: Collection<Id, AcsSystemId, T>,
  ): (id: AcsSystemId) => Answer<void> {
    const loader = new DataLoader<AcsSystemId, true>(
      async (ids) => {
        await listSystems()
        const parts = [...new Set(ids)]
        const isEverything = systemIds().every((id) => parts.includes(id))
        const errors = await collection.ensure(parts, isEverything)
        return ids.map((id) => errors[parts.indexOf(id)] ?? true)
      },
      { cache: false },
    )
    return (id) => {
      residence.touch(id)
      if (collection.isComplete(id)) return countHit()
      const listed = countShared(loader.load(id)).then(() => undefined)
      return residence.during([id], listed)
    }
  }

  const listUsers = lister(users)
  const listEntrances = lister(entrances)
  const listCredentials = lister(credentials)

  function rowsOf<Id extends string, T>(
    collection: Collection<Id, AcsSystemId, T>,
    list: (id: AcsSystemId) => Answer<void>,
    acsSystemId: AcsSystemId | null,
  ): Answer<readonly T[]> {
    return andThen(listSystems(), () => {
      const wanted = acsSystemId === null ? systemIds() : systemIds().filter((id) => id === acsSystemId)
      const lists = all(wanted.map(list))
      if (lists instanceof Promise) residence.during(wanted, lists)
      return andThen(lists, () => wanted.flatMap((id) => collection.rows(id)))
    })
  }

  /** Finds single rows: many unknown ones at once are cheaper by the lists, where there are lists. */
  function finder<Id extends string, Part extends string, T>(
    collection: Collection<Id, Part, T>,
    listEverything?: () => Answer<unknown>,
  ): (id: Id) => Answer<T | null> {
    const loader = new DataLoader<Id, T | null>(
      async (ids) => {
        if (listEverything === undefined || ids.length <= getsAtMost) return collection.getMany(ids)
        await listEverything()
        // The lists are as new as the question: what they don't hold doesn't exist.
        return ids.map((id) => collection.peek(id) ?? null)
      },
      { cache: false },
    )
    return (id) => {
      const known = collection.known(id)
      if (known === undefined) return countShared(loader.load(id))
      countHit()
      return known
    }
  }

  const system = finder(systems, listSystems)
  const account = finder(accounts, () => listWhole(accounts))
  const identity = finder(identities)
  const webview = finder(webviews)
  const user = finder(users, () => rowsOf(users, listUsers, null))
  const entrance = finder(entrances)
  const credential = finder(credentials, () => rowsOf(credentials, listCredentials, null))

  const entranceIdsOf = doorLoader<AcsCredential, AcsEntranceId>(
    residence,
    (row) => store.doors(row.acsSystemId).entrancesOf(row.acsCredentialId),
    (acsSystemId, rows) =>
      store.doors(acsSystemId).learnCredentials(
        rows.map((row) => row.acsCredentialId),
        async () => {
          await Promise.all([listCredentials(acsSystemId), listEntrances(acsSystemId)])
          return entrances.rows(acsSystemId).map((row) => row.acsEntranceId)
        },
      ),
  )
  const credentialIdsOf = doorLoader<AcsEntrance, AcsCredentialId>(
    residence,
    (row) => store.doors(row.acsSystemId).credentialsOf(row.acsEntranceId),
    (acsSystemId, rows) => store.doors(acsSystemId).learnEntrances(rows.map((row) => row.acsEntranceId)),
  )

  /** What was kept on disk has no PINs; the list of the system brings all of them. */
  async function codeAtSeam(row: AcsCredential): Promise<Secret | null> {
    const now = (): AcsCredential | undefined => credentials.peek(row.acsCredentialId)
    if (now()?.isCodeAtSeam === true)
      await residence.during([row.acsSystemId], credentials.renew(row.acsSystemId))
    return now()?.code ?? null
  }

  const credentialsOfUser = ownReader(store, listCredentials)
  const entrancesOfCredential = (row: AcsCredential): Answer<readonly AcsEntrance[]> =>
    andThen(entranceIdsOf(row), (ids) => present([...ids].map(entrance)))
  const credentialsOfEntrance = (row: AcsEntrance): Answer<readonly AcsCredential[]> =>
    andThen(credentialIdsOf(row), (ids) => present([...ids].map(credential)))

  return {
    systems: () => andThen(listSystems(), () => systems.rows(workspace)),
    system,
    users: (acsSystemId) => rowsOf(users, listUsers, acsSystemId),
    user,
    entrances: (acsSystemId) => rowsOf(entrances, listEntrances, acsSystemId),
    entrance,
    credentials: (acsSystemId) => rowsOf(credentials, listCredentials, acsSystemId),
    credential,
    codeOf: (row) => (row.isCodeAtSeam === true ? codeAtSeam(row) : row.code),
    credentialsOfUser,
    credentialsOfEntrance,
    entrancesOfCredential,
    usersOfEntrance: (row) =>
      andThen(credentialsOfEntrance(row), (opening) => {
        const ids = new Set(opening.map((each) => each.acsUserId).filter((id) => id !== null))
        return andThen(listUsers(row.acsSystemId), () => present([...ids].map(user)))
      }),
    entrancesOfUser: (row) =>
      andThen(credentialsOfUser(row), (own) =>
        andThen(all(own.map(entrancesOfCredential)), (doors) => [...new Set(doors.flat())]),
      ),
    identity,
    usersOfIdentity: (row) => present(row.acsUserIds.map(user)),
    accounts: () => andThen(listWhole(accounts), () => accounts.rows(workspace)),
    account,
    systemsOfAccount: (row) => andThen(listSystems(), () => systems.ownedBy(row.connectedAccountId)),
    webview,
    syncState: (id) => syncStateOf(store, id, now()),
  }
}

/** Edges of one tick's rows, learnt together for each system. */
function doorLoader<Row extends { readonly acsSystemId: AcsSystemId }, Other>(
  residence: Residence,
  known: (row: Row) => ReadonlySet<Other> | undefined,
  learn: (acsSystemId: AcsSystemId, rows: readonly Row[]) => Promise<readonly ReadonlySet<Other>[]>,
): (row: Row) => Answer<ReadonlySet<Other>> {
  const loader = new DataLoader<Row, ReadonlySet<Other>>(
    async (rows) => {
      const found = new Map<Row, ReadonlySet<Other> | Error>()
      await Promise.all(
        [...Map.groupBy(rows, (row) => row.acsSystemId)].map(async ([acsSystemId, here]) => {
          // One system's failure must not take the others' answers with it.
          const learnt = await residence
            .during([acsSystemId], learn(acsSystemId, here))
            .catch((error: unknown) => asError(error))
          here.forEach((row, index) => {
            found.set(row, learnt instanceof Error ? learnt : (learnt[index] ?? new Set()))
          })
        }),
      )
      return rows.map((row) => found.get(row) ?? new Set<Other>())
    },
    { cache: false },
  )
  return (row) => {
    residence.touch(row.acsSystemId)
    const edges = known(row)
    if (edges === undefined) return countShared(loader.load(row))
    countHit()
    return edges
  }
}

function present<T>(rows: readonly Answer<T | null>[]): Answer<readonly T[]> {
  return andThen(all(rows), (found) => found.filter((row) => row !== null))
}
