import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { ChangeCriteria } from '../../model/change-filter.ts'
import { decodeChange } from '../record-encoding.ts'
import type { StepwiseSearch } from '../stepwise-search.ts'
import type { ErrorGuard } from './error-guard.ts'

type Condition = readonly [sql: string, ...values: SQLInputValue[]]

/** Maximum number of cached prepared statements. Each combination of criteria has its own. */
const maxPreparedStatements = 100
const stepSize = 10_000

/**
 * Creates a search by `changes_by_criteria`, an index that contains all columns of the criteria. A step reads the contents of matching
 * changes only.
 */
export function createSqliteSearch(db: DatabaseSync, guard: ErrorGuard): StepwiseSearch {
  const statements = new Map<string, StatementSync>()

  function prepare(sql: string): StatementSync {
    const statement = statements.get(sql) ?? db.prepare(sql)
    statements.delete(sql)
    statements.set(sql, statement)
    for (const oldest of statements.keys()) {
      if (statements.size <= maxPreparedStatements) break
      statements.delete(oldest)
    }
    return statement
  }

  function count(conditions: readonly Condition[]): number {
    const sql = `SELECT count(*) AS count FROM ${indexedTable} WHERE ${joinConditions(conditions)}`
    return prepare(sql).get(...toValues(conditions))?.count as number
  }

  return {
    stepSize,
    async find(criteria, { after, upTo, limit, isBackward }) {
      const inRange: Condition = ['offset > ? AND offset <= ?', after, upTo]
      const conditions = [inRange, ...toConditions(criteria)]
      const sql = `SELECT offset, recorded_at, content FROM changes WHERE offset IN
        (SELECT offset FROM ${indexedTable} WHERE ${joinConditions(conditions)} ORDER BY offset ${isBackward ? 'DESC' : 'ASC'} LIMIT ?)
        ORDER BY offset`
      return guard.run(() => {
        const rows = prepare(sql).all(...toValues(conditions), Math.min(limit, stepSize))
        const result = rows.map(({ content, offset, recorded_at }) =>
          decodeChange(content as string, offset as number, recorded_at as string),
        )
        return { result, scannedCount: count([inRange]) }
      })
    },
    async count(criteria, { after, upTo }) {
      const inRange: Condition = ['offset > ? AND offset <= ?', after, upTo]
      return guard.run(() => ({
        result: count([inRange, ...toConditions(criteria)]),
        scannedCount: count([inRange]),
      }))
    },
  }
}

const indexedTable = 'changes INDEXED BY changes_by_criteria'

function joinConditions(conditions: readonly Condition[]): string {
  return conditions.map(([sql]) => `(${sql})`).join(' AND ')
}

function toValues(conditions: readonly Condition[]): SQLInputValue[] {
  return conditions.flatMap(([, ...values]) => values)
}

/** Translates criteria to SQL. Must agree with `meetsCriteria` of `src/model/change-filter.ts`. */
function toConditions({ filter, visibility }: ChangeCriteria): readonly Condition[] {
  const { acsSystemId, acsUserId, acsEntranceId, subjects, kinds, origins } = filter
  const { acsSystemIds, acsUser, includesAccounts } = visibility
  const conditions: (Condition | null)[] = [
    subjects && [inJsonList('subject'), JSON.stringify(subjects)],
    kinds && [inJsonList('kind'), JSON.stringify(kinds)],
    origins && [inJsonList('origin'), JSON.stringify(origins)],
    acsSystemId && [systemFilter, acsSystemId, toJsonText(acsSystemId)],
    acsUserId && [userFilter, acsUserId, acsUserId],
    acsEntranceId && [entranceFilter, toJsonText(acsEntranceId), `[${toJsonText(acsEntranceId)}]`],
    includesAccounts ? null : [`subject <> 'CONNECTION' OR acs_system_id IS NOT NULL`],
    acsSystemIds && [systemScope, JSON.stringify(acsSystemIds), JSON.stringify(acsSystemIds)],
    acsUser && [
      acsUserScope,
      acsUser.acsUserId,
      JSON.stringify(acsUser.acsEntranceIds.map((id) => `[${toJsonText(id)}]`)),
    ],
  ]
  return conditions.filter((condition) => condition !== null)
}

const inJsonList = (column: string): string => `${column} IN (SELECT value FROM json_each(?))`
const systemFilter = `CASE WHEN acs_system_id IS NOT NULL THEN acs_system_id = ?
  ELSE acs_system_ids IS NULL OR instr(acs_system_ids, ?) > 0 END`
const userFilter = `(subject = 'CREDENTIAL' AND (acs_user_id IS NULL OR acs_user_id = ?))
  OR (subject = 'USER' AND acs_user_id = ?)`
// A change of an entrance contains the id of that entrance only.
const entranceFilter = `(subject = 'CREDENTIAL' AND (acs_entrance_ids IS NULL OR instr(acs_entrance_ids, ?) > 0))
  OR (subject = 'ENTRANCE' AND acs_entrance_ids = ?)`
const systemScope = `CASE WHEN acs_system_id IS NOT NULL THEN ${inJsonList('acs_system_id')}
  ELSE acs_system_ids IS NOT NULL AND EXISTS
    (SELECT 1 FROM json_each(?) WHERE instr(acs_system_ids, '"' || value || '"') > 0) END`
const acsUserScope = `(subject IN ('CREDENTIAL', 'USER') AND acs_user_id = ?)
  OR (subject = 'ENTRANCE' AND ${inJsonList('acs_entrance_ids')})`

/** Quotes an id as JSON does. */
function toJsonText(id: string): string {
  return JSON.stringify(id)
}
