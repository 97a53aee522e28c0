import { useMemo } from 'react'
import {
  EntranceListDocument,
  type EntranceListQuery,
  type EntranceRowFragment,
  EntranceRowsDocument,
} from './generated/graphql.ts'
import type { AllPages, ListUpdates } from './live-list.ts'
import { createRowReader } from './row-reader.ts'
import { useAllPages } from './use-all-pages.ts'

const selectEntrances = (data: EntranceListQuery) => data.acsEntrances

/** All entrances of a building, or of all buildings with `null`, live. */
export function useEntrances(acsSystemId: string | null): AllPages<EntranceRowFragment> {
  const variables = acsSystemId === null ? {} : { filter: { acsSystemId } }
  const updates = useMemo(() => createUpdates(acsSystemId), [acsSystemId])
  return useAllPages(EntranceListDocument, variables, selectEntrances, updates)
}

const createUpdates = (acsSystemId: string | null): ListUpdates<EntranceRowFragment> => ({
  findRows: ({ __typename, subjectId }) => (__typename === 'EntranceChange' ? [subjectId] : []),
  readRows: createRowReader(
    EntranceRowsDocument,
    (node) =>
      node.__typename === 'AcsEntrance' && (acsSystemId === null || node.acsSystem.id === acsSystemId)
        ? node
        : null,
    'cache-first',
  ),
  intervalMs: 400,
})
