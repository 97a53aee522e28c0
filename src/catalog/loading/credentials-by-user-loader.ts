import type { AcsCredential, AcsUser } from '../../model/entities.ts'
import type { AcsSystemId, AcsUserId } from '../../model/ids.ts'
import { countCacheHit, countSharedRead } from '../../observability/operation-cost.ts'
import type { CatalogStore } from '../catalog-store.ts'
import type { MaybePromise } from '../maybe-promise.ts'
import { createPerSystemLoader } from './per-system-loader.ts'

type Credentials = readonly AcsCredential[]

/** Maximum number of ACS users of a system that are listed one by one; with more, the system's list is cheaper. */
const maxSingleUsers = 3

/**
 * Loads the credentials of ACS users. The list of a system has a page for every 500 credentials and serves all its ACS users; the list
 * of one ACS user is one call. So single ACS users of a system that is not listed are loaded by themselves.
 */
export function createCredentialsByUserLoader(
  store: CatalogStore,
  ensureSystemCredentials: (id: AcsSystemId) => MaybePromise<void>,
): (user: AcsUser) => MaybePromise<Credentials> {
  const { credentials, credentialsByUser, eviction } = store
  const usersReadBySystem = new Map<AcsSystemId, Set<AcsUserId>>()

  function shouldReadByUser(acsSystemId: AcsSystemId, ids: readonly AcsUserId[]): boolean {
    if (credentials.listedAt(acsSystemId) !== null || credentials.isLoading(acsSystemId)) {
      usersReadBySystem.delete(acsSystemId)
      return false
    }
    const before = usersReadBySystem.get(acsSystemId) ?? new Set<AcsUserId>()
    const readUserIds = new Set([...before, ...ids])
    if (ids.length > 1 || readUserIds.size > maxSingleUsers) return false
    usersReadBySystem.set(acsSystemId, readUserIds)
    return true
  }

  async function readTogether(
    acsSystemId: AcsSystemId,
    users: readonly AcsUser[],
  ): Promise<(Credentials | Error)[]> {
    const ids = [...new Set(users.map((user) => user.acsUserId))]
    if (shouldReadByUser(acsSystemId, ids)) {
      const [error] = await credentialsByUser.ensureLoaded(ids, false)
      return users.map((user) => error ?? credentialsByUser.rowsIn(user.acsUserId))
    }
    await ensureSystemCredentials(acsSystemId)
    return users.map((user) => credentials.ownedBy(user.acsUserId))
  }

  const loader = createPerSystemLoader(eviction, readTogether)

  return (user) => {
    const { acsSystemId, acsUserId } = user
    eviction.markUsed(acsSystemId)
    const isListed = credentials.isFresh(acsSystemId)
    if (!isListed && !credentialsByUser.isFresh(acsUserId)) return countSharedRead(loader.load(user))
    countCacheHit()
    return isListed ? credentials.ownedBy(acsUserId) : credentialsByUser.rowsIn(acsUserId)
  }
}
