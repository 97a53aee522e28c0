import type { Change } from '../model/change.ts'
import { connected } from '../model/diff.ts'
import { type Image, type ImageRow, markOf, type Section } from './image.ts'

/** Which row a change is about; `null` for one that no image holds. */
export function rowOf(change: Change): { readonly section: Section; readonly id: string } | null {
  const named = {
    CREDENTIAL: change.acsCredentialId,
    USER: change.acsUserId,
    ENTRANCE: change.acsEntranceIds?.[0] ?? null,
    CONNECTION: change.acsSystemId ?? change.connectedAccountId,
  }
  const id = named[change.subject]
  if (id === null) return null
  if (change.subject !== 'CONNECTION') return { section: change.subject, id }
  return { section: change.acsSystemId === null ? 'ACCOUNT' : 'SYSTEM', id }
}

/**
 * Brings an image up to date with a change that has been told since, so that it isn't told again. What a change says nothing about is
 * left without a mark: whoever was told has asked anew, and what they were served is compared instead.
 *
 * Changes that only say "different" alter nothing here: whether they told the newest difference can't be known, and telling one
 * twice is better than never.
 */
export function replay(image: Image, change: Change): void {
  const about = rowOf(change)
  if (about === null) return
  const rows = image.rows[about.section]
  const row = rows.get(about.id)
  if (change.kind === 'DELETED') rows.delete(about.id)
  else if (change.kind === 'CREATED' || change.kind === 'ISSUED' || change.kind === 'REISSUED') {
    const known = row ?? { owner: change.acsUserId, marks: {} }
    rows.set(about.id, change.kind === 'CREATED' ? known : issued(about.id, known))
  } else if (row !== undefined && (change.kind === 'CONNECTED' || change.kind === 'DISCONNECTED')) {
    const { errors: _told, ...marks } = row.marks
    const isConnected = JSON.stringify(change.kind === 'CONNECTED')
    rows.set(about.id, { ...row, marks: { ...marks, [connected]: markOf(about.id, connected, isConnected) } })
  }
}

function issued(id: string, row: ImageRow): ImageRow {
  const { issuedAt: _at, codeState: _state, ...marks } = row.marks
  return { ...row, marks: { ...marks, isIssued: markOf(id, 'isIssued', 'true') } }
}
