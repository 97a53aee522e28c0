import type { RowKind } from '../../model/diff.ts'
import type {
  AcsCredentialId,
  AcsEntranceId,
  AcsSystemId,
  AcsUserId,
  ConnectedAccountId,
} from '../../model/ids.ts'
import type { SeamReader } from './workspace-load.ts'

/** Maximum number of missing rows that are read one by one; of a longer list, a sample of about this size is read. */
const maxChecks = 50

/**
 * Returns those of the missing rows that must not be published as deleted, because Seam still has them: a truncated list would otherwise
 * delete existing rows. If there are more than `maxChecks` rows, one existing row in the sample keeps all of them.
 */
export async function findExisting(
  reader: SeamReader,
  rowKind: RowKind,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const step = Math.ceil(ids.length / maxChecks)
  // The sample covers the whole list, since the position of a truncation is unknown.
  const checked = ids.filter((_, index) => index % step === 0)
  const found = await Promise.all(
    checked.map(async (id) => ((await existsAtSeam(reader, rowKind, id)) ? [id] : [])),
  )
  const existing = new Set(found.flat())
  return existing.size > 0 && checked.length < ids.length ? new Set(ids) : existing
}

async function existsAtSeam(reader: SeamReader, rowKind: RowKind, id: string): Promise<boolean> {
  const row = await reader.read((seam, options): Promise<object | null> => {
    if (rowKind === 'SYSTEM') return seam.getSystem(id as AcsSystemId, options)
    if (rowKind === 'ACCOUNT') return seam.getAccount(id as ConnectedAccountId, options)
    if (rowKind === 'USER') return seam.getUser(id as AcsUserId, options)
    if (rowKind === 'ENTRANCE') return seam.getEntrance(id as AcsEntranceId, options)
    return seam.getCredential(id as AcsCredentialId, options)
  })
  return row !== null
}
