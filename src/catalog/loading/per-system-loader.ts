import DataLoader from 'dataloader'
import type { AcsSystemId } from '../../model/ids.ts'
import { toError } from '../../model/to-error.ts'
import type { Eviction } from '../cache/eviction.ts'

/**
 * Creates a loader that loads the rows of the same tick and system together. A system is not evicted while it is loaded, and a failure of
 * one system does not fail the rows of the others. `load` resolves to one result per row, in the order of the rows.
 */
export function createPerSystemLoader<Row extends { readonly acsSystemId: AcsSystemId }, T>(
  eviction: Eviction,
  load: (acsSystemId: AcsSystemId, rows: readonly Row[]) => Promise<readonly (T | Error)[]>,
): DataLoader<Row, T> {
  return new DataLoader<Row, T>(
    async (rows) => {
      const results = new Map<Row, T | Error>()
      const loadSystem = async ([acsSystemId, systemRows]: [AcsSystemId, Row[]]): Promise<void> => {
        const loaded = await eviction
          .pinWhile([acsSystemId], load(acsSystemId, systemRows))
          .catch((thrown: unknown) => systemRows.map(() => toError(thrown)))
        for (const [index, row] of systemRows.entries())
          results.set(row, loaded[index] ?? new Error('A row has no result.'))
      }
      await Promise.all([...Map.groupBy(rows, (row) => row.acsSystemId)].map(loadSystem))
      return rows.map((row) => results.get(row) ?? new Error('A row has no result.'))
    },
    { cache: false },
  )
}
