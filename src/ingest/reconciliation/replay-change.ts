import type { Change } from '../../model/change.ts'
import { connectedField, type RowKind } from '../../model/diff.ts'
import {
  type Baseline,
  type BaselineRow,
  fingerprintOf,
  fingerprintsOf,
  withFingerprints,
} from './baseline.ts'

/** Returns the row that a change affects, or `null` if no baseline contains that kind of object. */
export function changedRowOf(change: Change): { readonly rowKind: RowKind; readonly id: string } | null {
  const idsBySubject = {
    CREDENTIAL: change.acsCredentialId,
    USER: change.acsUserId,
    ENTRANCE: change.acsEntranceIds?.[0] ?? null,
    CONNECTION: change.acsSystemId ?? change.connectedAccountId,
  }
  const id = idsBySubject[change.subject]
  if (id === null) return null
  if (change.subject !== 'CONNECTION') return { rowKind: change.subject, id }
  return { rowKind: change.acsSystemId === null ? 'ACCOUNT' : 'SYSTEM', id }
}

/**
 * Applies a change from the journal to a baseline, so that reconciliation does not publish it again. Fields that the change does not
 * contain get no fingerprint: clients that received the change read the row again, and the values served to them are compared instead.
 *
 * `UPDATED` changes without values do not alter the baseline: it is unknown whether they covered the newest difference, and publishing a
 * difference twice is better than never publishing it.
 */
export function replayChange(baseline: Baseline, change: Change): void {
  const target = changedRowOf(change)
  if (target === null) return
  const rows = baseline.rows[target.rowKind]
  const row = rows.get(target.id)
  if (change.kind === 'DELETED') rows.delete(target.id)
  else if (change.kind === 'CREATED' || change.kind === 'ISSUED' || change.kind === 'REISSUED') {
    const known = row ?? withFingerprints(change.acsUserId, {})
    const reissued = change.kind === 'REISSUED' ? withoutSchedule(known) : known
    rows.set(target.id, change.kind === 'CREATED' ? known : asIssued(target.id, reissued))
  } else if (row !== undefined && (change.kind === 'CONNECTED' || change.kind === 'DISCONNECTED')) {
    const { errors: _told, ...fingerprints } = fingerprintsOf(row)
    const isConnected = JSON.stringify(change.kind === 'CONNECTED')
    const connected = fingerprintOf(target.id, connectedField, isConnected)
    rows.set(target.id, withFingerprints(row.owner, { ...fingerprints, [connectedField]: connected }))
  }
}

/** Removes the fingerprints of the schedule: Latch changes a credential's times by reissuing it, so the change covers them. */
function withoutSchedule(row: BaselineRow): BaselineRow {
  const { startsAt: _start, endsAt: _end, ...fingerprints } = fingerprintsOf(row)
  return withFingerprints(row.owner, fingerprints)
}

function asIssued(id: string, row: BaselineRow): BaselineRow {
  const { issuedAt: _at, codeState: _state, ...fingerprints } = fingerprintsOf(row)
  const isIssued = fingerprintOf(id, 'isIssued', 'true')
  return withFingerprints(row.owner, { ...fingerprints, isIssued })
}
