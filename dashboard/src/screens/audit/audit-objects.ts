import { useEffect, useState } from 'react'
import { useClient } from 'urql'
import {
  AuditObjectsDocument,
  type AuditObjectsQuery,
  type AuditPageQuery,
} from '../../graph/generated/graphql.ts'

export type AuditRecord = AuditPageQuery['auditTrail']['nodes'][number]
export type AuditObject = NonNullable<AuditObjectsQuery['_entities'][number]>

/** Objects by their ID in Seam. `null` is one that is deleted or outside the viewer's access scope; what is not read yet is missing. */
export type AuditObjects = ReadonlyMap<string, AuditObject | null>

/** Details whose value is a list of IDs of entrances. */
export const entranceDetails: readonly string[] = ['acsEntranceIds', 'mobileKeyDoors', 'codeDoors']

/** The items of a detail's value. */
export const splitValue = (value: string): readonly string[] => value.split(' ').filter((item) => item !== '')

type Reference = { readonly __typename: AuditObject['__typename']; readonly seamId: string }

function listReferences({ acsUserId, acsSystemIds, details }: AuditRecord): readonly Reference[] {
  const refer = (__typename: Reference['__typename'], ids: readonly string[]): readonly Reference[] =>
    ids.map((seamId) => ({ __typename, seamId }))
  return [
    ...refer('AcsUser', acsUserId === null ? [] : [acsUserId]),
    ...refer('AcsSystem', acsSystemIds ?? []),
    ...details.flatMap(({ name, value }) => {
      if (entranceDetails.includes(name)) return refer('AcsEntrance', splitValue(value))
      return name === 'acsSystemIds' ? refer('AcsSystem', splitValue(value)) : []
    }),
  ]
}

/** How many objects a request has at most. */
const maxReferences = 1_000

/** The objects to which records refer. Those of new records are read in one request. */
export function useAuditObjects(records: readonly AuditRecord[] | null): AuditObjects {
  const client = useClient()
  const [objects, setObjects] = useState<AuditObjects>(new Map())
  // biome-ignore lint/correctness/useExhaustiveDependencies: only new records have objects that are not read yet.
  useEffect(() => {
    const references = (records ?? []).flatMap(listReferences).filter(({ seamId }) => !objects.has(seamId))
    const missing = [...new Map(references.map((reference) => [reference.seamId, reference])).values()]
    if (missing.length === 0) return
    async function read(): Promise<void> {
      const read = missing.slice(0, maxReferences)
      const { data } = await client
        .query(AuditObjectsDocument, { references: read }, { requestPolicy: 'network-only' })
        .toPromise()
      if (data === undefined) return
      const found = read.map(({ seamId }, index) => [seamId, data._entities[index] ?? null] as const)
      setObjects((known) => new Map([...known, ...found]))
    }
    void read()
  }, [client, records])
  return objects
}
