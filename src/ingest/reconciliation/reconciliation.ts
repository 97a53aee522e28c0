import { createHash, hash } from 'node:crypto'
import type {
  PendingWorkspaceLists,
  SharedLists,
  WorkspaceLists,
} from '../../catalog/loading/shared-lists.ts'
import type { Entry, Journal } from '../../journal/journal.ts'
import type { Leadership } from '../../journal/leader-lease.ts'
import { type Change, lifecycleDedupeKeys, type NewChange, reportedStateOf } from '../../model/change.ts'
import { type ComparableFields, type RowKind, rowKinds } from '../../model/diff.ts'
import type { AcsSystemId } from '../../model/ids.ts'
import type { Logger } from '../../observability/logger.ts'
import { forEachInTurns } from '../../runtime/event-loop.ts'
import type { SeamClient } from '../../seam/client.ts'
import {
  appendDifferences,
  createJournalFollower,
  type JournalFollower,
  type PendingDifference,
} from './append-differences.ts'
import { type Baseline, type BaselineRow, createEmptyBaseline, fingerprintOf } from './baseline.ts'
import { createBaselineStore, type StoredBaseline } from './baseline-store.ts'
import { changeOfDifference, compareBaselines, type Difference } from './compare-baselines.ts'
import { findExisting } from './deletion-check.ts'
import { changedRowOf, replayChange } from './replay-change.ts'
import {
  createTouchedRows,
  hasPostponed,
  type IsPostponed,
  keepPostponed,
  type TouchedRows,
} from './touched-rows.ts'
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

/** Name of the stored baseline of ACS systems and connected accounts. The baseline of each ACS system is stored under its id. */
const connectionsName = 'connections'
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
  const store = createBaselineStore(journal)

  /** Replays the changes that were appended since on the baselines; adds the changes after `offset` to `touched`. */
  async function replayNewChanges(
    baselines: ReadonlyMap<string, StoredBaseline>,
    offset: number,
    touched: TouchedRows,
  ): Promise<JournalFollower> {
    const from = Math.min(offset, ...[...baselines.values()].map(({ baseline }) => baseline.offset))
    const follower = createJournalFollower(journal, from)
    await follower.readNew((change) => {
      if (change.offset > offset) touched.add(change)
      for (const [name, { baseline }] of baselines)
        if (isUnreplayed(name, baseline, change)) replayChange(baseline, change)
    })
    return follower
  }

  /** Loads the baselines. A missing baseline is replaced by the loaded state, so that no difference is published for it. */
  async function loadBaselines(
    workspace: LoadedWorkspace,
    offset: number,
    touched: TouchedRows,
  ): Promise<{ readonly baselines: Map<string, StoredBaseline>; readonly follower: JournalFollower }> {
    const baselines = new Map<string, StoredBaseline>()
    const known = await store.load(connectionsName)
    if (known !== null) baselines.set(connectionsName, known)
    const ids = new Set<string>([...(known?.baseline.rows.SYSTEM.keys() ?? []), ...workspace.systems.keys()])
    for (const id of ids) {
      const stored = await store.load(id)
      if (stored !== null) baselines.set(id, stored)
    }
    const follower = await replayNewChanges(baselines, offset, touched)
    for (const { baseline } of baselines.values()) await fillFromLastServed(baseline)
    return { baselines, follower }
  }

  /**
   * Completes rows that an event left without fingerprints. An event has no values: clients that received it read the row from the
   * gateway. Later changes without an event are found by comparison with the values that were served to them.
   */
  async function fillFromLastServed(baseline: Baseline): Promise<void> {
    for (const rowKind of rowKinds)
      await forEachInTurns(baseline.rows[rowKind], rowsPerTurn, ([id, row]) => {
        if (!lacksFingerprints(rowKind, row)) return
        const fingerprints: Record<string, string> = {}
        for (const [name, value] of Object.entries(options.lastServed(rowKind, id) ?? {}))
          fingerprints[name] = fingerprintOf(id, name, value)
        baseline.rows[rowKind].set(id, { ...row, fingerprints: { ...fingerprints, ...row.fingerprints } })
      })
  }

  /** Restores rows that are missing from a list although Seam still has them. */
  async function restoreMissed(reader: SeamReader, before: Baseline, after: Baseline): Promise<Baseline> {
    for (const rowKind of rowKinds) {
      const [rowsBefore, is] = [before.rows[rowKind], after.rows[rowKind]]
      const missingIds: string[] = []
      await forEachInTurns(rowsBefore.keys(), rowsPerTurn, (id) => {
        if (!is.has(id)) missingIds.push(id)
      })
      const existingIds = missingIds.length === 0 ? [] : await findExisting(reader, rowKind, missingIds)
      for (const id of existingIds) {
        const row = rowsBefore.get(id)
        if (row !== undefined) is.set(id, row)
      }
      for (const id of existingIds) log.warn({ section: rowKind, id }, "a list of Seam's lacks what Seam has")
    }
    return { ...after, entrancesByCredential: after.entrancesByCredential ?? before.entrancesByCredential }
  }

  function entryOfDifference(
    name: string,
    difference: Difference,
    known: StoredBaseline,
    after: Baseline,
    workspace: LoadedWorkspace & { readonly askedAt: number },
    accessHash: string | null,
  ): Entry {
    const { rowKind, id, kind, fields } = difference
    const change = changeOfDifference(difference, {
      acsSystemId: name === connectionsName ? null : (name as AcsSystemId),
      before: known.baseline,
      after,
      occurredAt: new Date(now()).toISOString(),
      problem: workspace.disconnections.get(id) ?? null,
    })
    const doors = isAboutAccess(difference) ? accessHash : null
    const found = JSON.stringify([kind, fields, after.rows[rowKind].get(id)?.fingerprints, doors])
    const key = `reconciled/${known.version}/${id}/${hash('sha256', found, 'base64url')}`
    // Events of the same change, which may arrive later, and writes of the gateway carry the second dedupe key too.
    const told = reportedStateOf(change)
    // A change that can occur repeatedly may have occurred again since the lists were requested.
    const at = told?.isLasting ? now() : workspace.askedAt
    return {
      dedupeKeys: [key, ...lifecycleDedupeKeys([change])],
      changes: [options.resolveKnownOwners(change)],
      ...(told && { state: { ...told, isRead: true, at } }),
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
    const isParentDeletion = ({ baselineName: baseline, isDeletion }: PendingDifference): boolean =>
      baseline === connectionsName && isDeletion
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
    for (const [name, differencesOfBaseline] of Map.groupBy(
      postponed,
      ({ baselineName: baseline }) => baseline,
    )) {
      const [told, read] = [baselines.get(name), after.get(name)]
      if (told === undefined || read === undefined) continue
      const ids = new Set(differencesOfBaseline.map(({ id }) => id))
      after.set(name, await keepPostponed(told.baseline, read, (_, id) => ids.has(id), new Set()))
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
      const workspace = { ...loaded, askedAt: startedAt }
      await options.backfill(leadership)
      const touched = createTouchedRows()
      const { baselines, follower } = await loadBaselines(workspace, offset, touched)
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
      for (const [name, told] of baselines) {
        if (!after.has(name) && after.get(connectionsName)?.rows.SYSTEM.has(name)) continue
        const isPostponed: IsPostponed = (_, id, owner) =>
          touched.has({ id, owner, parentIds: parentIdsOf(name) }) ||
          (name === connectionsName && postponedDeletions.has(id))
        const read = await keepPostponed(
          told.baseline,
          after.get(name) ?? createEmptyBaseline(offset),
          isPostponed,
          workspace.truncatedEntranceIds,
        )
        const is = await restoreMissed(reader, told.baseline, read)
        if (after.has(name)) after.set(name, is)
        const differences = await compareBaselines(told.baseline, is)
        const doors = differences.some(isAboutAccess) ? await accessHashOf(is) : null
        await forEachInTurns(differences, rowsPerTurn, (difference) =>
          pending.push({
            id: difference.id,
            owner: ownerOf(difference, told.baseline, is),
            parentIds: parentIdsOf(name),
            baselineName: name,
            isDeletion: difference.kind === 'DELETED',
            entry: entryOfDifference(name, difference, told, is, workspace, doors),
          }),
        )
      }
      const changes = await appendAll(pending, baselines, after, { leadership, follower, touched })
      await saveBaselines(baselines, after, follower.after, leadership)
      // The lists are stored only after the comparison, because it uses the values served before.
      await sharedLists.storeLists(workspace.lists)
      const report = { changes, seamCalls: reader.calls }
      log.debug({ ...report, tookMs: now() - startedAt }, 'reconciliation completed')
      if (changes > 0)
        log.info({ changes }, 'reconciliation published changes for which no event was received')
      return report
    },
  }

  async function saveBaselines(
    before: ReadonlyMap<string, StoredBaseline>,
    after: ReadonlyMap<string, Baseline>,
    toldUpTo: number,
    leadership: Leadership,
  ): Promise<void> {
    for (const [name, baseline] of after) await store.save(name, { ...baseline, toldUpTo }, leadership)
    const existingSystems = after.get(connectionsName)?.rows.SYSTEM
    for (const name of before.keys())
      if (!after.has(name) && !existingSystems?.has(name)) await store.delete(name)
  }
}

/** Returns a lookup of the ids of the ACS system and the connected account that contain the rows of a baseline. */
function createParentLookup(known: readonly (Baseline | undefined)[]): (name: string) => readonly string[] {
  const accounts = new Map(known.flatMap((baseline) => [...(baseline?.rows.SYSTEM ?? [])]))
  return (name) => {
    if (name === connectionsName) return []
    const account = accounts.get(name)?.owner ?? null
    return account === null ? [name] : [name, account]
  }
}

function ownerOf({ rowKind, id }: Difference, before: Baseline, after: Baseline): string | null {
  return (after.rows[rowKind].get(id) ?? before.rows[rowKind].get(id))?.owner ?? null
}

/** Returns a hash of the access: which credentials unlock which entrances. */
async function accessHashOf({ entrancesByCredential }: Baseline): Promise<string> {
  const accessHash = createHash('sha256')
  await forEachInTurns(entrancesByCredential ?? [], rowsPerTurn, (each) =>
    accessHash.update(JSON.stringify(each)),
  )
  return accessHash.digest('base64url')
}

/** Returns whether a row lacks fingerprints because an event created or updated it. */
function lacksFingerprints(rowKind: RowKind, { fingerprints }: BaselineRow): boolean {
  return (
    fingerprints.errors === undefined || (rowKind === 'CREDENTIAL' && fingerprints.issuedAt === undefined)
  )
}

const isAboutAccess = ({ fields }: Difference): boolean =>
  fields.some((field) => ['entrances', 'credentials', 'users'].includes(field))

function isUnreplayed(name: string, baseline: Baseline, change: Change): boolean {
  if (change.offset <= baseline.offset) return false
  // The baseline stored after a reconciliation already contains its changes, with their values.
  if (change.origin === 'RECONCILIATION' && change.offset <= (baseline.toldUpTo ?? 0)) return false
  if (change.subject === 'CONNECTION') return name === connectionsName
  if (change.acsSystemId !== null) return change.acsSystemId === name
  const target = changedRowOf(change)
  return target !== null && baseline.rows[target.rowKind].has(target.id)
}
