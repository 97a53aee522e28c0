import type { Change } from '../../model/change.ts'
import type { ChangeCriteria } from '../../model/change-filter.ts'
import { decodeChange } from '../record-encoding.ts'
import type { OffsetRange, SearchStep, StepwiseSearch } from '../stepwise-search.ts'
import type { RedisStore } from './redis-store.ts'

/** An entry of the stream: its id, and a flat list of field names and values. */
export type StreamRow = readonly [id: string, fields: readonly string[]]

/** Changes that one script scans. Redis is blocked meanwhile, for a few milliseconds. */
const stepSize = 1_000

export function toChange([id, [, recordedAt, , content]]: StreamRow): Change {
  return decodeChange(content ?? '', Number.parseInt(id, 10), new Date(Number(recordedAt)).toISOString())
}

/** Creates a search that runs inside Redis: only matching changes are sent to this process. */
export function createRedisSearch(store: Pick<RedisStore, 'run' | 'waitUntilReplicated'>): StepwiseSearch {
  async function runSearch<T>(
    mode: 'count' | 'first' | 'last',
    criteria: ChangeCriteria,
    { after, upTo }: OffsetRange,
    limit: number,
  ): Promise<SearchStep<T>> {
    const maxCount = Math.min(limit, stepSize)
    const reply = await store.run('search', [after, upTo, maxCount, mode, toScriptCriteria(criteria)])
    const [newerTerms, newestOffset, term, scannedCount, result] = reply as [
      string[],
      string,
      string,
      number,
      T,
    ]
    await store.waitUntilReplicated(Number(newestOffset), term, newerTerms)
    return { result, scannedCount }
  }

  return {
    stepSize,
    async find(criteria, { limit, isBackward, ...range }) {
      const { result, scannedCount } = await runSearch<StreamRow[]>(
        isBackward ? 'last' : 'first',
        criteria,
        range,
        limit,
      )
      const changes = result.map(toChange)
      return { result: isBackward ? changes.reverse() : changes, scannedCount }
    },
    count: (criteria, range) => runSearch('count', criteria, range, stepSize),
  }
}

/** Converts criteria to the script's JSON. `null` values are omitted: `cjson` decodes them to a value that is not `nil`. */
function toScriptCriteria({ filter, visibility }: ChangeCriteria): string {
  const { acsSystemIds, acsUser, includesAccounts } = visibility
  const entries = Object.entries({
    ...filter,
    visibleSystemIds: acsSystemIds,
    visibleUserId: acsUser?.acsUserId ?? null,
    visibleEntranceIds: acsUser?.acsEntranceIds ?? null,
    excludesAccounts: includesAccounts ? null : true,
  })
  return JSON.stringify(Object.fromEntries(entries.filter(([, value]) => value !== null)))
}
