import type { AcsCredential, AcsEntrance } from '../../model/entities.ts'
import type { AcsCredentialId, AcsEntranceId, AcsSystemId } from '../../model/ids.ts'
import type { SeamClient } from '../../seam/client.ts'
import { emptyIfNotFound } from '../../seam/errors.ts'
import type { Collection } from '../cache/collection.ts'
import type { TruncatedLists } from '../cache/truncated-lists.ts'
import type { EntranceAccessRequest } from './access-side.ts'
import type { EntranceAccessSource } from './entrance-access.ts'

export type EntranceAccessLoaderOptions = {
  readonly seam: Pick<SeamClient, 'listCredentialsOfEntrance' | 'listEntrancesOfCredential'>
  readonly acsSystemId: AcsSystemId
  /** Collections that store the rows of the responses; without them the rows are dropped. */
  readonly collections?: {
    readonly credentials: Collection<AcsCredentialId, AcsSystemId, AcsCredential>
    readonly entrances: Collection<AcsEntranceId, AcsSystemId, AcsEntrance>
  }
  readonly truncatedLists: TruncatedLists
}

/** Maximum number of credentials that are requested one by one to complete an entrance's truncated list. */
export const maxSingleCredentialCalls = 1_000

/**
 * Loads access in one system from Seam, for readers and for reconciliation, and stores the rows of the responses. Seam does not page the
 * list of an entrance's credentials. If Seam may have truncated it, it is completed by requests for the system's other credentials; if
 * those are too many, the list is recorded as truncated.
 */
export function createEntranceAccessLoader({
  seam,
  acsSystemId,
  collections,
  truncatedLists,
}: EntranceAccessLoaderOptions): EntranceAccessSource {
  async function entrancesOf(
    id: AcsCredentialId,
    request?: EntranceAccessRequest,
  ): Promise<readonly AcsEntranceId[]> {
    const version = collections?.entrances.version ?? 0
    request?.onSeamCall()
    const rows = await emptyIfNotFound(seam.listEntrancesOfCredential(id, request?.options))
    await collections?.entrances.put(rows, version)
    return rows.map((row) => row.acsEntranceId)
  }

  async function credentialsInSystem(
    request: EntranceAccessRequest | undefined,
  ): Promise<readonly AcsCredentialId[]> {
    if (request !== undefined || collections === undefined) return request?.credentialIds ?? []
    const [error] = await collections.credentials.ensureLoaded([acsSystemId], false)
    if (error != null) throw error
    return collections.credentials.rowsIn(acsSystemId).map((row) => row.acsCredentialId)
  }

  /** Lists the system's credentials that unlock an entrance and are not in `listedIds`; `null` if too many must be requested. */
  async function otherCredentialsOf(
    id: AcsEntranceId,
    listedIds: ReadonlySet<AcsCredentialId>,
    request: EntranceAccessRequest | undefined,
  ): Promise<readonly AcsCredentialId[] | null> {
    const others = (await credentialsInSystem(request)).filter((other) => !listedIds.has(other))
    if (others.length > maxSingleCredentialCalls) return null
    const canUnlock = await Promise.all(
      others.map(async (other) => (await entrancesOf(other, request)).includes(id)),
    )
    return others.filter((_, index) => canUnlock[index])
  }

  async function credentialsOf(
    id: AcsEntranceId,
    request?: EntranceAccessRequest,
  ): Promise<readonly AcsCredentialId[]> {
    const version = collections?.credentials.version ?? 0
    let truncationReason: string | null = null
    const onTruncated = (reason: string): void => {
      truncationReason = reason
    }
    request?.onSeamCall()
    const rows = await emptyIfNotFound(
      seam.listCredentialsOfEntrance(id, { ...request?.options, onTruncated }),
    )
    await collections?.credentials.put(rows, version)
    const listedIds = new Set(rows.map((row) => row.acsCredentialId))
    const others = truncationReason === null ? [] : await otherCredentialsOf(id, listedIds, request)
    truncatedLists.record(acsSystemId, id, others === null ? truncationReason : null)
    return [...listedIds, ...(others ?? [])]
  }

  return { entrancesOf, credentialsOf }
}
