import type {
  AcsCredentialId,
  AcsEntranceId,
  AcsSystemId,
  AcsUserId,
  ConnectedAccountId,
} from '../model/ids.ts'
import type { Reader } from './fresh.ts'
import type { Section } from './image.ts'

/** Rows that are asked for one by one before they are believed to be gone; of more than that, about so many. */
const asksAtMost = 50

/**
 * Of rows that a list no longer has, those that must not be called deleted. A list that was cut short would otherwise take away what is
 * there, for good. When there are too many to ask for each, one that is there after all saves them all.
 */
export async function stillThere(
  reader: Reader,
  section: Section,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const step = Math.ceil(ids.length / asksAtMost)
  // From all over the list: where it was cut nobody knows.
  const asked = ids.filter((_, place) => place % step === 0)
  const found = await Promise.all(asked.map(async (id) => ((await isThere(reader, section, id)) ? [id] : [])))
  const alive = new Set(found.flat())
  return alive.size > 0 && asked.length < ids.length ? new Set(ids) : alive
}

async function isThere(reader: Reader, section: Section, id: string): Promise<boolean> {
  const row = await reader.ask((seam, options): Promise<object | null> => {
    if (section === 'SYSTEM') return seam.getSystem(id as AcsSystemId, options)
    if (section === 'ACCOUNT') return seam.getAccount(id as ConnectedAccountId, options)
    if (section === 'USER') return seam.getUser(id as AcsUserId, options)
    if (section === 'ENTRANCE') return seam.getEntrance(id as AcsEntranceId, options)
    return seam.getCredential(id as AcsCredentialId, options)
  })
  return row !== null
}
