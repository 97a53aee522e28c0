import type { ApiKeyStore } from '../../auth/api-keys/api-key-store.ts'
import type { AccessScope, Viewer } from '../../auth/viewer.ts'
import { foreverMs, type Journal } from '../../journal/journal.ts'
import {
  type AuditRecord,
  type AuditRow,
  type AuditTargetType,
  auditSortKey,
  fromAuditRow,
} from '../../model/audit.ts'
import { waitForTurn } from '../../runtime/event-loop.ts'

/** Filter of audit records; an absent field matches every record. Times are ISO 8601. */
export type AuditCriteria = {
  readonly actor?: string | null | undefined
  readonly action?: string | null | undefined
  readonly targetId?: string | null | undefined
  readonly acsUserId?: string | null | undefined
  /** Inclusive. */
  readonly since?: string | null | undefined
  /** Exclusive. */
  readonly until?: string | null | undefined
}

/** A window of the audit trail. `newerThan` and `olderThan` are exclusive sort keys (`auditSortKey`). */
export type AuditWindow = {
  readonly newerThan: string | null
  readonly olderThan: string | null
  readonly limit: number
  readonly isNewestFirst: boolean
}

/** Read access to the audit trail. Every function rejects with `JournalUnavailable` while the store is unavailable. */
export type AuditTrail = {
  /** Copies the audit records of the API key store into the journal. */
  importApiKeyAudit(): Promise<void>
  /** Returns the records in a viewer's access scope that match the criteria. */
  find(viewer: Viewer, criteria: AuditCriteria, window: AuditWindow): Promise<readonly AuditRecord[]>
  count(viewer: Viewer, criteria: AuditCriteria): Promise<number>
}

/** Records that are read in one turn of the event loop. */
const rowsPerTurn = 500
const importPositionKey = 'audit/taken from keys'

export function createAuditTrail(journal: Journal, apiKeys: Pick<ApiKeyStore, 'listAuditAfter'>): AuditTrail {
  let currentImport: Promise<void> | null = null

  async function importFromApiKeyStore(): Promise<void> {
    const rows = await apiKeys.listAuditAfter(await journal.getValue(importPositionKey))
    const last = rows.at(-1)
    if (last === undefined) return
    await journal.appendAudit(rows)
    await journal.putValue(importPositionKey, last.id, foreverMs)
  }

  async function importApiKeyAudit(): Promise<void> {
    // A running import may have read the API key store before the newest record was written.
    await currentImport?.catch(() => undefined)
    currentImport ??= importFromApiKeyStore().finally(() => {
      currentImport = null
    })
    return currentImport
  }

  async function* iterateRecords(
    viewer: Viewer,
    criteria: AuditCriteria,
    { newerThan, olderThan, isNewestFirst }: Omit<AuditWindow, 'limit'>,
  ): AsyncGenerator<AuditRecord> {
    const isMatch = createRecordMatcher(viewer.accessScope, criteria)
    let from = maxSortKey(newerThan, toTimeBound(criteria.since))
    let to = minSortKey(olderThan, toTimeBound(criteria.until))
    for (;;) {
      const rows = await journal.readAudit({ from, to, limit: rowsPerTurn, isNewestFirst })
      for (const record of rows.map(fromAuditRow)) if (isMatch(record)) yield record
      const last: AuditRow | undefined = rows.at(-1)
      if (last === undefined || rows.length < rowsPerTurn) return
      if (isNewestFirst) to = auditSortKey(last)
      else from = auditSortKey(last)
      await waitForTurn()
    }
  }

  return {
    importApiKeyAudit,
    async find(viewer, criteria, window) {
      await importApiKeyAudit()
      const found: AuditRecord[] = []
      if (window.limit === 0) return found
      for await (const record of iterateRecords(viewer, criteria, window))
        if (found.push(record) === window.limit) break
      return found
    },
    async count(viewer, criteria) {
      let count = 0
      const wholeTrail = { newerThan: null, olderThan: null, isNewestFirst: true }
      for await (const _record of iterateRecords(viewer, criteria, wholeTrail)) count++
      return count
    },
  }
}

/** Returns a sort key before every record of a time and after every earlier one. */
function toTimeBound(time: string | null | undefined): string | null {
  return time == null ? null : auditSortKey({ at: new Date(time).toISOString(), id: '' })
}

const maxSortKey = (a: string | null, b: string | null) => (a === null || (b !== null && b > a) ? b : a)
const minSortKey = (a: string | null, b: string | null) => (a === null || (b !== null && b < a) ? b : a)

function createRecordMatcher(
  accessScope: AccessScope,
  criteria: AuditCriteria,
): (record: AuditRecord) => boolean {
  const { actor, action, targetId, acsUserId } = criteria
  return (record) =>
    isInAccessScope(accessScope, record) &&
    (actor == null || record.actor === actor) &&
    (action == null || record.action === action) &&
    (targetId == null || record.targetId === targetId) &&
    (acsUserId == null || record.acsUserId === acsUserId)
}

/**
 * Objects of the gateway itself. An API key may be limited to an ACS user and to ACS systems that the ACS user is not in, so a record about
 * such an API key is visible only with full access.
 */
const gatewayTargetTypes: ReadonlySet<AuditTargetType> = new Set(['API_KEY', 'WEBHOOK_ENDPOINT', 'JOURNAL'])

/**
 * Whether every object that a record is about is in an access scope. A record about the whole workspace needs access to all ACS systems.
 */
function isInAccessScope({ acsSystemIds, acsUserId }: AccessScope, record: AuditRecord): boolean {
  const isAboutAcsUser = acsUserId !== null || record.acsUserId !== null
  if (isAboutAcsUser && gatewayTargetTypes.has(record.targetType))
    return acsUserId === null && acsSystemIds === null
  if (acsUserId !== null && record.acsUserId !== acsUserId) return false
  if (acsSystemIds === null) return true
  const recordSystemIds: readonly string[] = record.acsSystemIds ?? []
  const accessibleSystemIds: ReadonlySet<string> = acsSystemIds
  return recordSystemIds.length > 0 && recordSystemIds.every((id) => accessibleSystemIds.has(id))
}
