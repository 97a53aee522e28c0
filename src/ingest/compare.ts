import type { ChangeKind, NewChange } from '../model/change.ts'
import { connected, differing, differingEdges, type Edges } from '../model/diff.ts'
import type { Issue } from '../model/entities.ts'
import type {
  AcsCredentialId,
  AcsEntranceId,
  AcsSystemId,
  AcsUserId,
  ConnectedAccountId,
} from '../model/ids.ts'
import { type Image, type ImageRow, markOf, type Section, sections } from './image.ts'

/** One difference between what subscribers know and what is. */
export type Difference = {
  readonly section: Section
  readonly id: string
  readonly kind: ChangeKind
  readonly fields: readonly string[]
}

/** Everything by which two images differ, in the order to tell it: what came and what changed first, then what went. */
export function compare(before: Image, after: Image): Difference[] {
  const gone: Difference[] = []
  const rest: Difference[] = []
  const edges = edgeFields(before, after)
  for (const section of sections) {
    const [was, is] = [before.rows[section], after.rows[section]]
    for (const id of was.keys()) if (!is.has(id)) gone.push({ section, id, kind: 'DELETED', fields: [] })
    for (const [id, row] of is) {
      const known = was.get(id)
      const difference =
        known === undefined
          ? ({ kind: 'CREATED', fields: [] } as const)
          : differenceOf(id, known, row, edges.get(id) ?? [])
      if (difference !== null) rest.push({ section, id, ...difference })
    }
  }
  // What is inside goes before what it's in.
  return [...rest, ...gone.reverse()]
}

function differenceOf(
  id: string,
  before: ImageRow,
  after: ImageRow,
  edges: readonly string[],
): Pick<Difference, 'kind' | 'fields'> | null {
  const names = differing(before.marks, after.marks)
  const fields = [...names.filter((name) => !name.startsWith('~')), ...edges]
  if (names.length + edges.length === 0) return null
  if (names.includes(connected)) {
    const isConnected = after.marks[connected] === markOf(id, connected, 'true')
    return { kind: isConnected ? 'CONNECTED' : 'DISCONNECTED', fields }
  }
  const isIssued = names.includes('isIssued') && after.marks.isIssued === markOf(id, 'isIssued', 'true')
  return { kind: isIssued ? 'ISSUED' : 'UPDATED', fields }
}

function edgeFields(before: Image, after: Image): ReadonlyMap<string, readonly string[]> {
  if (before.doors === null || after.doors === null) return new Map()
  const { credentials, entrances } = differingEdges(edgesOf(before), edgesOf(after))
  return new Map<string, readonly string[]>([...credentials, ...entrances])
}

function edgesOf({ rows, doors }: Image): Edges {
  return new Map(
    [...(doors ?? [])].map(([id, entrances]) => [
      id,
      { owner: rows.CREDENTIAL.get(id)?.owner ?? null, entrances },
    ]),
  )
}

/** A difference as a change, with the owners that the images know: those of what is gone are in the older one only. */
export function changeOf(
  { section, id, kind, fields }: Difference,
  where: {
    readonly acsSystemId: AcsSystemId | null
    readonly before: Image
    readonly after: Image
    readonly occurredAt: string
    readonly problem: Issue | null
  },
): NewChange {
  const { before, after } = where
  const owner = (after.rows[section].get(id) ?? before.rows[section].get(id))?.owner ?? null
  const doors = after.doors?.get(id as AcsCredentialId) ?? before.doors?.get(id as AcsCredentialId) ?? null
  const isConnection = section === 'SYSTEM' || section === 'ACCOUNT'
  return {
    subject: isConnection ? 'CONNECTION' : section,
    kind,
    origin: 'RECONCILIATION',
    occurredAt: where.occurredAt,
    actor: null,
    seamEventId: null,
    acsSystemId: section === 'SYSTEM' ? (id as AcsSystemId) : where.acsSystemId,
    acsUserId: ownerIn('CREDENTIAL', owner as AcsUserId | null) ?? ownerIn('USER', id as AcsUserId),
    acsEntranceIds: section === 'ENTRANCE' ? [id as AcsEntranceId] : ownerIn('CREDENTIAL', doors),
    acsCredentialId: ownerIn('CREDENTIAL', id as AcsCredentialId),
    connectedAccountId:
      ownerIn('ACCOUNT', id as ConnectedAccountId) ?? ownerIn('SYSTEM', owner as ConnectedAccountId | null),
    connectWebviewId: null,
    changedFields: [...fields],
    problem: kind === 'DISCONNECTED' ? where.problem : null,
  }

  function ownerIn<T>(wanted: Section, value: T | null): T | null {
    return section === wanted ? value : null
  }
}
