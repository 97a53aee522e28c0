import { FormsEntrancesDocument, type FormsEntrancesQuery } from '../../graph/generated/graphql.ts'
import { type AllPages, useAllPages } from '../../graph/use-all-pages.ts'

export type FormEntrance = NonNullable<FormsEntrancesQuery['acsEntrances']>['nodes'][number]

const selectEntrances = (data: FormsEntrancesQuery) => data.acsEntrances

/** All entrances of a building, live. */
export function useEntrances(acsSystemId: string): AllPages<FormEntrance> {
  return useAllPages(FormsEntrancesDocument, { acsSystemId }, selectEntrances)
}
