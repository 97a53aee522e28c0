import type { Journal } from '../../journal/journal.ts'
import type { Leadership } from '../../journal/leader-lease.ts'
import type { Change } from '../../model/change.ts'
import { type ComparableFields, type RowKind, rowKinds } from '../../model/diff.ts'
import { forEachInTurns } from '../../runtime/event-loop.ts'
import { createJournalFollower, type JournalFollower } from './append-differences.ts'
import {
  type Baseline,
  type BaselineRow,
  createBaselineRow,
  fingerprintsOf,
  withFingerprints,
} from './baseline.ts'
import { createBaselineStore, type StoredBaseline } from './baseline-store.ts'
import { changedRowOf, replayChange } from './replay-change.ts'
import type { TouchedRows } from './touched-rows.ts'
import type { LoadedWorkspace } from './workspace-load.ts'

/** Name of the stored baseline of ACS systems and connected accounts. The baseline of each ACS system is stored under its id. */
export const connectionsName = 'connections'
/** Number of rows checked in one turn of the event loop. */
const rowsPerTurn = 500

/** The stored baselines of a workspace, by name. */
export type WorkspaceBaselines = {
  /**
   * Loads the baselines and replays the changes that were appended since; adds the changes after `offset` to `touched`. An ACS
   * system that was never compared has no baseline.
   */
  load(
    workspace: LoadedWorkspace,
    offset: number,
    touched: TouchedRows,
  ): Promise<{ readonly baselines: Map<string, StoredBaseline>; readonly follower: JournalFollower }>
  /** Saves the baselines after a run that published everything up to the offset `publishedUpTo`, and deletes those of deleted systems. */
  save(
    before: ReadonlyMap<string, StoredBaseline>,
    after: ReadonlyMap<string, Baseline>,
    publishedUpTo: number,
    leadership: Leadership,
  ): Promise<void>
}

/** `lastServed` returns the fields of a row as last served to a client, or `null` if it was never served. */
export function createWorkspaceBaselines(
  journal: Journal,
  lastServed: (rowKind: RowKind, id: string) => ComparableFields | null,
): WorkspaceBaselines {
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

  async function loadBaselines(
    workspace: LoadedWorkspace,
    offset: number,
    touched: TouchedRows,
  ): Promise<{ readonly baselines: Map<string, StoredBaseline>; readonly follower: JournalFollower }> {
    const baselines = new Map<string, StoredBaseline>()
    const connections = await store.load(connectionsName)
    if (connections !== null) baselines.set(connectionsName, connections)
    const ids = new Set<string>([
      ...(connections?.baseline.rows.SYSTEM.keys() ?? []),
      ...workspace.systems.keys(),
    ])
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
        const served = fingerprintsOf(createBaselineRow(id, row.owner, lastServed(rowKind, id) ?? {}))
        const completed = withFingerprints(row.owner, { ...served, ...fingerprintsOf(row) })
        baseline.rows[rowKind].set(id, completed)
      })
  }

  async function saveBaselines(
    before: ReadonlyMap<string, StoredBaseline>,
    after: ReadonlyMap<string, Baseline>,
    publishedUpTo: number,
    leadership: Leadership,
  ): Promise<void> {
    for (const [name, baseline] of after)
      await store.save(name, { ...baseline, toldUpTo: publishedUpTo }, leadership)
    const existingSystems = after.get(connectionsName)?.rows.SYSTEM
    for (const name of before.keys())
      if (!after.has(name) && !existingSystems?.has(name)) await store.delete(name)
  }

  return { load: loadBaselines, save: saveBaselines }
}

/** Returns whether a row lacks fingerprints because an event created or updated it. */
function lacksFingerprints(rowKind: RowKind, { names }: BaselineRow): boolean {
  return !names.includes('errors') || (rowKind === 'CREDENTIAL' && !names.includes('issuedAt'))
}

function isUnreplayed(name: string, baseline: Baseline, change: Change): boolean {
  if (change.offset <= baseline.offset) return false
  // The baseline stored after a reconciliation already contains its changes, with their values.
  if (change.origin === 'RECONCILIATION' && change.offset <= (baseline.toldUpTo ?? 0)) return false
  if (change.subject === 'CONNECTION') return name === connectionsName
  if (change.acsSystemId !== null) return change.acsSystemId === name
  const target = changedRowOf(change)
  return target !== null && baseline.rows[target.rowKind].has(target.id)
}
