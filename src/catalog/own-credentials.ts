import DataLoader from 'dataloader'
import { countHit, countShared } from '../cost.ts'
import type { AcsCredential, AcsUser } from '../model/entities.ts'
import type { AcsSystemId, AcsUserId } from '../model/ids.ts'
import { asError } from './bounds.ts'
import type { Store } from './store.ts'
import type { Answer } from './view.ts'

type Rows = readonly AcsCredential[]

/** So many people of a system are asked about one by one; whoever comes then makes the system's list worth its pages. */
const askedAlone = 3

/**
 * Reads whose credentials are whose. The list of a system has a page for each 500 credentials, and then serves everybody; one
 * person's own list is one call. So somebody who asks about one person, of a system that isn't listed, gets just that.
 */
export function ownReader(
  store: Store,
  listSystem: (id: AcsSystemId) => Answer<void>,
): (user: AcsUser) => Answer<Rows> {
  const { credentials, ownCredentials, residence } = store
  const askedBefore = new Map<AcsSystemId, Set<AcsUserId>>()

  function isAskedAlone(acsSystemId: AcsSystemId, ids: readonly AcsUserId[]): boolean {
    if (credentials.listedAt(acsSystemId) !== null || credentials.isLoading(acsSystemId)) {
      askedBefore.delete(acsSystemId)
      return false
    }
    const before = askedBefore.get(acsSystemId) ?? new Set<AcsUserId>()
    const all = new Set([...before, ...ids])
    if (ids.length > 1 || all.size > askedAlone) return false
    askedBefore.set(acsSystemId, all)
    return true
  }

  async function readTogether(
    acsSystemId: AcsSystemId,
    users: readonly AcsUser[],
  ): Promise<(Rows | Error)[]> {
    const ids = [...new Set(users.map((user) => user.acsUserId))]
    if (isAskedAlone(acsSystemId, ids)) {
      const [error] = await ownCredentials.ensure(ids, false)
      return users.map((user) => error ?? ownCredentials.rows(user.acsUserId))
    }
    await listSystem(acsSystemId)
    return users.map((user) => credentials.ownedBy(user.acsUserId))
  }

  const loader = new DataLoader<AcsUser, Rows>(
    async (users) => {
      const found = new Map<AcsUser, Rows | Error>()
      await Promise.all(
        [...Map.groupBy(users, (user) => user.acsSystemId)].map(async ([acsSystemId, here]) => {
          const read = readTogether(acsSystemId, here).catch((thrown: unknown) =>
            here.map(() => asError(thrown)),
          )
          const rows = await residence.during([acsSystemId], read)
          here.forEach((user, index) => {
            found.set(user, rows[index] ?? [])
          })
        }),
      )
      return users.map((user) => found.get(user) ?? [])
    },
    { cache: false },
  )

  return (user) => {
    const { acsSystemId, acsUserId } = user
    residence.touch(acsSystemId)
    const isListed = credentials.isComplete(acsSystemId)
    if (!isListed && !ownCredentials.isComplete(acsUserId)) return countShared(loader.load(user))
    countHit()
    return isListed ? credentials.ownedBy(acsUserId) : ownCredentials.rows(acsUserId)
  }
}
