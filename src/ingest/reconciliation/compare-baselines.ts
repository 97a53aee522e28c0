import { type AccessMethod, findAccessMethod } from '../../model/access-method.ts'
import type { ChangeKind, NewChange } from '../../model/change.ts'
import {
  type AccessEdges,
  type CredentialAccess,
  changedFieldNames,
  connectedField,
  diffAccess,
  type RowKind,
  rowKinds,
} from '../../model/diff.ts'
import type { Issue } from '../../model/entities.ts'
import type {
  AcsCredentialId,
  AcsEntranceId,
  AcsSystemId,
  AcsUserId,
  ConnectedAccountId,
} from '../../model/ids.ts'
import { forEachInTurns, runStepsInTurns, waitForTurn } from '../../runtime/event-loop.ts'
import {
  type Baseline,
  type BaselineRow,
  fingerprintOf,
  fingerprintsOf,
  hasSameFingerprints,
} from './baseline.ts'

/** One difference between the state that was published to subscribers and the state at Seam. */
export type Difference = {
  readonly rowKind: RowKind
  readonly id: string
  readonly kind: ChangeKind
  readonly fields: readonly string[]
}

/** Number of rows compared in one turn of the event loop. */
const rowsPerTurn = 500

/** Returns all differences between two baselines in the order of publication: creations and updates first, then deletions. */
export async function compareBaselines(before: Baseline, after: Baseline): Promise<Difference[]> {
  let rows = 0
  const pause = async () => {
    if (++rows % rowsPerTurn === 0) await waitForTurn()
  }
  const deleted: Difference[] = []
  const others: Difference[] = []
  const accessFields = await compareAccess(before, after)
  for (const rowKind of rowKinds) {
    const [rowsBefore, rowsAfter] = [before.rows[rowKind], after.rows[rowKind]]
    for (const id of rowsBefore.keys()) {
      await pause()
      if (!rowsAfter.has(id)) deleted.push({ rowKind, id, kind: 'DELETED', fields: [] })
    }
    for (const [id, row] of rowsAfter) {
      await pause()
      const known = rowsBefore.get(id)
      const difference =
        known === undefined
          ? ({ kind: 'CREATED', fields: [] } as const)
          : compareRow(id, known, row, accessFields.get(id) ?? [])
      if (difference !== null) others.push({ rowKind, id, ...difference })
    }
  }
  // Contained rows are deleted before the row that contains them.
  return [...others, ...deleted.reverse()]
}

function compareRow(
  id: string,
  before: BaselineRow,
  after: BaselineRow,
  accessFields: readonly string[],
): Pick<Difference, 'kind' | 'fields'> | null {
  if (accessFields.length === 0 && hasSameFingerprints(before, after)) return null
  const fingerprints = fingerprintsOf(after)
  const names = changedFieldNames(fingerprintsOf(before), fingerprints)
  const fields = [...names.filter((name) => !name.startsWith('~')), ...accessFields]
  if (names.length + accessFields.length === 0) return null
  if (names.includes(connectedField)) {
    const isConnected = fingerprints[connectedField] === fingerprintOf(id, connectedField, 'true')
    return { kind: isConnected ? 'CONNECTED' : 'DISCONNECTED', fields }
  }
  if (fingerprints.isIssued !== fingerprintOf(id, 'isIssued', 'true')) return { kind: 'UPDATED', fields }
  if (names.includes('isIssued')) return { kind: 'ISSUED', fields }
  return { kind: names.includes('issuedAt') ? 'REISSUED' : 'UPDATED', fields }
}

async function compareAccess(
  before: Baseline,
  after: Baseline,
): Promise<ReadonlyMap<string, readonly string[]>> {
  if (before.entrancesByCredential === null || after.entrancesByCredential === null) return new Map()
  // The credentials of an entrance are compared only if they are known in both baselines.
  const isKnown = (id: AcsEntranceId): boolean =>
    !before.unknownEntranceIds.has(id) && !after.unknownEntranceIds.has(id)
  const edges = [await accessEdgesOf(before, isKnown), await accessEdgesOf(after, isKnown)] as const
  const { credentials, entrances } = await runStepsInTurns(diffAccess(...edges))
  return new Map<string, readonly string[]>([...credentials, ...entrances])
}

async function accessEdgesOf(
  { rows, entrancesByCredential }: Baseline,
  isKnown: (id: AcsEntranceId) => boolean,
): Promise<AccessEdges> {
  const edges = new Map<AcsCredentialId, CredentialAccess>()
  await forEachInTurns(entrancesByCredential ?? [], rowsPerTurn, ([id, entrances]) =>
    edges.set(id, {
      acsUserId: rows.CREDENTIAL.get(id)?.owner ?? null,
      acsEntranceIds: entrances.filter(isKnown),
    }),
  )
  return edges
}

/** Returns the owner of a row; that of a deleted row comes from the older baseline. */
export function ownerOf(
  { rowKind, id }: Pick<Difference, 'rowKind' | 'id'>,
  before: Baseline,
  after: Baseline,
): string | null {
  return (after.rows[rowKind].get(id) ?? before.rows[rowKind].get(id))?.owner ?? null
}

/**
 * Returns the access method of a credential; that of a deleted one comes from the older baseline. Returns `null` if neither baseline has its
 * fingerprint.
 */
function accessMethodOf(id: string, before: Baseline, after: Baseline): AccessMethod | null {
  const row = after.rows.CREDENTIAL.get(id) ?? before.rows.CREDENTIAL.get(id)
  const fingerprint = row && fingerprintsOf(row).accessMethod
  if (fingerprint === undefined) return null
  return findAccessMethod((text) => fingerprintOf(id, 'accessMethod', JSON.stringify(text)) === fingerprint)
}

/** Converts a difference to a change. The owners of deleted rows come from the older baseline, since only that one has them. */
export function changeOfDifference(
  { rowKind, id, kind, fields }: Difference,
  context: {
    readonly acsSystemId: AcsSystemId | null
    readonly before: Baseline
    readonly after: Baseline
    readonly occurredAt: string
    readonly problem: Issue | null
  },
): NewChange {
  const { before, after } = context
  const owner = ownerOf({ rowKind, id }, before, after)
  const entrancesByCredential =
    after.entrancesByCredential?.get(id as AcsCredentialId) ??
    before.entrancesByCredential?.get(id as AcsCredentialId) ??
    null
  const accessMethod = rowKind === 'CREDENTIAL' ? accessMethodOf(id, before, after) : null
  const isConnection = rowKind === 'SYSTEM' || rowKind === 'ACCOUNT'
  return {
    subject: isConnection ? 'CONNECTION' : rowKind,
    kind,
    origin: 'RECONCILIATION',
    occurredAt: context.occurredAt,
    actor: null,
    seamEventId: null,
    acsSystemId: rowKind === 'SYSTEM' ? (id as AcsSystemId) : context.acsSystemId,
    acsUserId: onlyOf('CREDENTIAL', owner as AcsUserId | null) ?? onlyOf('USER', id as AcsUserId),
    acsEntranceIds:
      rowKind === 'ENTRANCE' ? [id as AcsEntranceId] : onlyOf('CREDENTIAL', entrancesByCredential),
    acsCredentialId: onlyOf('CREDENTIAL', id as AcsCredentialId),
    ...(accessMethod !== null && { accessMethod }),
    connectedAccountId:
      onlyOf('ACCOUNT', id as ConnectedAccountId) ?? onlyOf('SYSTEM', owner as ConnectedAccountId | null),
    connectWebviewId: null,
    changedFields: [...fields],
    problem: kind === 'DISCONNECTED' ? context.problem : null,
  }

  function onlyOf<T>(kindWanted: RowKind, value: T | null): T | null {
    return rowKind === kindWanted ? value : null
  }
}
