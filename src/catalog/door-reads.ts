import type { AcsCredential, AcsEntrance } from '../model/entities.ts'
import type { AcsCredentialId, AcsEntranceId, AcsSystemId } from '../model/ids.ts'
import type { SeamClient } from '../seam/client.ts'
import { SeamError } from '../seam/errors.ts'
import type { Collection } from './collection.ts'
import type { Cuts } from './cuts.ts'
import type { DoorsSource } from './doors.ts'

export type DoorReadsOptions = {
  readonly seam: SeamClient
  readonly acsSystemId: AcsSystemId
  readonly credentials: Collection<AcsCredentialId, AcsSystemId, AcsCredential>
  readonly entrances: Collection<AcsEntranceId, AcsSystemId, AcsEntrance>
  readonly cuts: Cuts
}

/** So many credentials are asked one by one, at most, to make up for a door's list that was cut short. */
const askedOneByOneAtMost = 1_000

/**
 * Reads who opens what in one system from Seam, and takes the rows along that come with it. Seam doesn't page the list of a door's
 * credentials. Where that may have been cut short, the rest is found by asking the other credentials; where those are too many, it
 * is noted that something may be missing.
 */
export function createDoorReads(options: DoorReadsOptions): DoorsSource {
  const { seam, acsSystemId, credentials, entrances, cuts } = options

  async function entrancesOf(id: AcsCredentialId): Promise<readonly AcsEntranceId[]> {
    const mark = entrances.mark
    const rows = await emptyIfGone(seam.entrancesOfCredential(id))
    entrances.put(rows, mark)
    return rows.map((row) => row.acsEntranceId)
  }

  /** The credentials among the system's others that open a door; `null` where they are too many to ask. */
  async function othersOf(
    id: AcsEntranceId,
    found: ReadonlySet<AcsCredentialId>,
  ): Promise<readonly AcsCredentialId[] | null> {
    const [error] = await credentials.ensure([acsSystemId], false)
    if (error != null) throw error
    const ids = credentials.rows(acsSystemId).map((row) => row.acsCredentialId)
    const others = ids.filter((each) => !found.has(each))
    if (others.length > askedOneByOneAtMost) return null
    const opens = await Promise.all(others.map(async (each) => (await entrancesOf(each)).includes(id)))
    return others.filter((_, index) => opens[index])
  }

  async function credentialsOf(id: AcsEntranceId): Promise<readonly AcsCredentialId[]> {
    const mark = credentials.mark
    let why: string | null = null
    const onCut = (reason: string): void => {
      why = reason
    }
    const rows = await emptyIfGone(seam.credentialsOfEntrance(id, { onCut }))
    credentials.put(rows, mark)
    const found = new Set(rows.map((row) => row.acsCredentialId))
    const others = why === null ? [] : await othersOf(id, found)
    cuts.note(acsSystemId, id, others === null ? why : null)
    return [...found, ...(others ?? [])]
  }

  return { entrancesOf, credentialsOf }
}

/** A credential or entrance that went away meanwhile opens nothing. */
async function emptyIfGone<T>(list: Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await list
  } catch (error) {
    if (error instanceof SeamError && error.code === 'NOT_FOUND') return []
    throw error
  }
}
