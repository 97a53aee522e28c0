import { createHash, hash } from 'node:crypto'
import type {
  PendingWorkspaceLists,
  SharedLists,
  WorkspaceLists,
} from '../../catalog/loading/shared-lists.ts'
import type { Entry, Journal } from '../../journal/journal.ts'
import type { Leadership } from '../../journal/leader-lease.ts'
import { lifecycleDedupeKeys, type NewChange, reportedStateOf } from '../../model/change.ts'
import { type ComparableFields, type RowKind, rowKinds } from '../../model/diff.ts'
import type { AcsSystemId } from '../../model/ids.ts'
import type { Logger } from '../../observability/logger.ts'
import { forEachInTurns } from '../../runtime/event-loop.ts'
import type { SeamClient } from '../../seam/client.ts'
import { appendDifferences, type PendingDifference } from './append-differences.ts'
import { type Baseline, createEmptyBaseline, fingerprintsOf } from './baseline.ts'
import type { StoredBaseline } from './baseline-store.ts'
import { changeOfDifference, compareBaselines, type Difference, ownerOf } from './compare-baselines.ts'
import { findExisting } from './deletion-check.ts'
import {
  createTouchedRows,
  hasPostponed,
  type IsPostponed,
  keepPostponed,
  type TouchedRows,
} from './touched-rows.ts'
import { connectionsName, createWorkspaceBaselines } from './workspace-baselines.ts'
import {
  createSeamReader,
  type LoadedWorkspace,
  loadWorkspace,
  type SeamReader,
  startListReads,
} from './workspace-load.ts'

export type ReconciliationOptions = {
  readonly seam: SeamClient
  readonly journal: Journal
  readonly log: Logger
  /** Adds the owners of a change before any of the same run is published, since a published change can make owners unknown. */
  readonly resolveKnownOwners: (change: NewChange) => NewChange
  /** Resolves to a filter for the ACS systems whose access is used at any replica: access is compared only in those. */
  readonly loadAccessFilter: () => Promise<(acsSystemId: AcsSystemId) => boolean>
  /** Shares the lists in progress with other readers, so that they do not read them from Seam again. */
  readonly sharePendingLists: (
    pending: PendingWorkspaceLists,
    prioritize: (name: keyof WorkspaceLists) => void,
  ) => SharedLists
  /** Returns the fields of a row as last served to a client, or `null` if it was never served. */
  readonly lastServed: (rowKind: RowKind, id: string) => ComparableFields | null
  /** Appends Seam's events to the journal, so that reconciliation does not publish what they cover. */
  readonly backfill: (leadership: Leadership) => Promise<unknown>
  readonly now?: () => number
}

/** Result and cost of one run. */
export type ReconciliationReport = {
  readonly changes: number
  /** Number of reads from Seam; a list with several pages counts once. */
  readonly seamCalls: number
}

export type Reconciliation = { run(leadership: Leadership): Promise<ReconciliationReport> }

/** Number of rows checked in one turn of the event loop. */
const rowsPerTurn = 500

/**
 * Compares the workspace at Seam with the baseline and appends the differences to the journal: many changes have no event, and a gateway
 * can be offline for longer than Seam stores events. The baseline is the last published state. It is stored in the journal's store, so it
 * survives a restart.
 *
 * The order of steps prevents that a change is published both by an event and by reconciliation: read Seam, append Seam's events, replay
 * the journal on the baseline, compare. A row that a change affects after the start of the read is postponed to the next run: the lists may
 * be older than that change, and the difference would revert it. A row that a change affects before its difference is appended is postponed
 * too. The differences are appended before the new baseline is stored. Their dedupe keys derive from the older baseline, so a run that
 * repeats an interrupted one appends nothing twice.
 */
export function createReconciliation(options: ReconciliationOptions): Reconciliation {
  const { seam, journal, log, now = Date.now } = options
  const workspaceBaselines = createWorkspaceBaselines(journal, options.lastServed)

  /** Restores rows that are missing from a list although Seam still has them. */
  async function restoreMissed(reader: SeamReader, before: Baseline, after: Baseline): Promise<Baseline> {
    for (const rowKind of rowKinds) {
      const [rowsBefore, rowsAfter] = [before.rows[rowKind], after.rows[rowKind]]
      const missingIds: string[] = []
      await forEachInTurns(rowsBefore.keys(), rowsPerTurn, (id) => {
        if (!rowsAfter.has(id)) missingIds.push(id)
      })
      const existingIds = missingIds.length === 0 ? [] : await findExisting(reader, rowKind, missingIds)
      for (const id of existingIds) {
        const row = rowsBefore.get(id)
        if (row !== undefined) rowsAfter.set(id, row)
        log.warn({ section: rowKind, id }, "a list of Seam's lacks what Seam has")
      }
    }
    return { ...after, entrancesByCredential: after.entrancesByCredential ?? before.entrancesByCredential }
  }

  function entryOfDifference(
    name: string,
    difference: Difference,
    stored: StoredBaseline,
    after: Baseline,
    workspace: LoadedWorkspace & { readonly requestedAt: number },
    accessHash: string | null,
  ): Entry {
    const { rowKind, id, kind, fields } = difference
    const change = changeOfDifference(difference, {
      acsSystemId: name === connectionsName ? null : (name as AcsSystemId),
      before: stored.baseline,
      after,
      occurredAt: new Date(now()).toISOString(),
      problem: workspace.disconnections.get(id) ?? null,
    })
    const row = after.rows[rowKind].get(id)
    const differenceText = JSON.stringify([
      kind,
      fields,
      row && fingerprintsOf(row),
      isAboutAccess(difference) ? accessHash : null,
    ])
    const key = `reconciled/${stored.version}/${id}/${hash('sha256', differenceText, 'base64url')}`
    // Events of the same change, which may arrive later, and writes of the gateway carry the second dedupe key too.
    const state = reportedStateOf(change)
    // A change that can occur repeatedly may have occurred again since the lists were requested.
    const at = state?.isLasting ? now() : workspace.requestedAt
    return {
      dedupeKeys: [key, ...lifecycleDedupeKeys([change])],
      changes: [options.resolveKnownOwners(change)],
      ...(state && { state: { ...state, isRead: true, at } }),
    }
  }

  /** Finds deleted systems and accounts with a touched row: the deletion of that row must be published first, so theirs is postponed. */
  async function findPostponedDeletions(
    baselines: ReadonlyMap<string, StoredBaseline>,
    workspace: LoadedWorkspace,
    touched: TouchedRows,
    parentIdsOf: (name: string) => readonly string[],
  ): Promise<ReadonlySet<string>> {
    const postponedDeletions = new Set<string>()
    for (const [name, { baseline }] of baselines) {
      if (name === connectionsName || workspace.systems.has(name as AcsSystemId)) continue
      const isTouched: IsPostponed = (_, id, owner) =>
        touched.has({ id, owner, parentIds: parentIdsOf(name) })
      if (await hasPostponed(baseline, isTouched))
        for (const id of parentIdsOf(name)) postponedDeletions.add(id)
    }
    return postponedDeletions
  }

  /** Appends the differences; rows of deleted systems and accounts come before these. Postponed differences stay in the baselines. */
  async function appendAll(
    pending: readonly PendingDifference[],
    baselines: ReadonlyMap<string, StoredBaseline>,
    after: Map<string, Baseline>,
    context: Parameters<typeof appendDifferences>[1],
  ): Promise<number> {
    const isParentDeletion = ({ baselineName, isDeletion }: PendingDifference): boolean =>
      baselineName === connectionsName && isDeletion
    const childReport = await appendDifferences(
      pending.filter((each) => !isParentDeletion(each)),
      context,
    )
    const postponedParents = new Set(childReport.postponed.flatMap((each) => each.parentIds))
    const parentDeletions = pending.filter(isParentDeletion)
    const parentReport = await appendDifferences(
      parentDeletions.filter(({ id }) => !postponedParents.has(id)),
      context,
    )
    const postponed = [
      ...childReport.postponed,
      ...parentReport.postponed,
      ...parentDeletions.filter(({ id }) => postponedParents.has(id)),
    ]
    for (const [name, differences] of Map.groupBy(postponed, ({ baselineName }) => baselineName)) {
      const [stored, current] = [baselines.get(name), after.get(name)]
      if (stored === undefined || current === undefined) continue
      const ids = new Set(differences.map(({ id }) => id))
      after.set(name, await keepPostponed(stored.baseline, current, (_, id) => ids.has(id), new Set()))
    }
    return childReport.changes + parentReport.changes
  }

  return {
    async run(leadership) {
      const startedAt = now()
      const reader = createSeamReader(seam, leadership.signal)
      const offset = await journal.readHead()
      const isAccessUsed = await options.loadAccessFilter()
      const listReads = startListReads(reader)
      using sharedLists = options.sharePendingLists(listReads.complete, listReads.prioritize)
      const loaded = await loadWorkspace(reader, listReads, sharedLists, offset, isAccessUsed)
      const workspace = { ...loaded, requestedAt: startedAt }
      await options.backfill(leadership)
      const touched = createTouchedRows()
      const { baselines, follower } = await workspaceBaselines.load(workspace, offset, touched)
      const after = new Map<string, Baseline>([
        [connectionsName, workspace.connections],
        ...workspace.systems,
      ])
      const parentIdsOf = createParentLookup([
        workspace.connections,
        baselines.get(connectionsName)?.baseline,
      ])
      const postponedDeletions = await findPostponedDeletions(baselines, workspace, touched, parentIdsOf)
      const pending: PendingDifference[] = []
      // Connections are compared first: a system that is missing from a list by mistake, or is postponed, keeps its baseline.
      for (const [name, stored] of baselines) {
        if (!after.has(name) && after.get(connectionsName)?.rows.SYSTEM.has(name)) continue
        const isPostponed: IsPostponed = (_, id, owner) =>
          touched.has({ id, owner, parentIds: parentIdsOf(name) }) ||
          (name === connectionsName && postponedDeletions.has(id))
        const withPostponed = await keepPostponed(
          stored.baseline,
          after.get(name) ?? createEmptyBaseline(offset),
          isPostponed,
          workspace.truncatedEntranceIds,
        )
        const current = await restoreMissed(reader, stored.baseline, withPostponed)
        if (after.has(name)) after.set(name, current)
        const differences = await compareBaselines(stored.baseline, current)
        const accessHash = differences.some(isAboutAccess) ? await accessHashOf(current) : null
        await forEachInTurns(differences, rowsPerTurn, (difference) =>
          pending.push({
            id: difference.id,
            owner: ownerOf(difference, stored.baseline, current),
            parentIds: parentIdsOf(name),
            baselineName: name,
            isDeletion: difference.kind === 'DELETED',
            entry: entryOfDifference(name, difference, stored, current, workspace, accessHash),
          }),
        )
      }
      const changes = await appendAll(pending, baselines, after, { leadership, follower, touched })
      await workspaceBaselines.save(baselines, after, follower.after, leadership)
      // The lists are stored only after the comparison, because it uses the values served before.
      await sharedLists.storeLists(workspace.lists)
      const report = { changes, seamCalls: reader.calls }
      log.debug({ ...report, tookMs: now() - startedAt }, 'reconciliation completed')
      if (changes > 0)
        log.info({ changes }, 'reconciliation published changes for which no event was received')
      return report
    },
  }
}

/** Returns a lookup of the ids of the ACS system and the connected account that contain the rows of a baseline. */
function createParentLookup(
  connections: readonly (Baseline | undefined)[],
): (name: string) => readonly string[] {
  const accounts = new Map(connections.flatMap((baseline) => [...(baseline?.rows.SYSTEM ?? [])]))
  return (name) => {
    if (name === connectionsName) return []
    const account = accounts.get(name)?.owner ?? null
    return account === null ? [name] : [name, account]
  }
}

/** Returns a hash of the access: which credentials unlock which entrances. */
async function accessHashOf({ entrancesByCredential }: Baseline): Promise<string> {
  const accessHash = createHash('sha256')
  await forEachInTurns(entrancesByCredential ?? [], rowsPerTurn, (each) =>
    accessHash.update(JSON.stringify(each)),
  )
  return accessHash.digest('base64url')
}

const isAboutAccess = ({ fields }: Difference): boolean =>
  fields.some((field) => ['entrances', 'credentials', 'users'].includes(field))
