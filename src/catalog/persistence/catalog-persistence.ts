import type { Journal } from '../../journal/journal.ts'
import type { Change } from '../../model/change.ts'
import type { AcsSystemId } from '../../model/ids.ts'
import type { Logger } from '../../observability/logger.ts'
import type { CatalogStore } from '../catalog-store.ts'
import {
  restoreSystemSnapshot,
  restoreWorkspaceSnapshot,
  systemRevision,
  takeSystemSnapshot,
  takeWorkspaceSnapshot,
  workspaceRevision,
} from './snapshot.ts'
import type { SnapshotFiles } from './snapshot-files.ts'
import { parseSnapshot, type StoredSnapshot, serializeSnapshot } from './snapshot-lines.ts'

/** Saves the catalog to disk, so that a restart does not load everything from Seam again. */
export type CatalogPersistence = {
  /**
   * Restores the snapshots and applies the journal's changes since then. Resolves to the offset of the last applied change. Skips a snapshot
   * that is of another journal, damaged, too old, or older than the journal's oldest change.
   */
  restore(): Promise<number>
  /** Starts to write changed snapshots periodically. `position` returns the offset up to which changes are applied to memory. */
  start(position: () => number): void
  /** Writes the changed snapshots once more, and stops. */
  close(): Promise<void>
}

export type CatalogPersistenceOptions = {
  readonly store: CatalogStore
  readonly files: SnapshotFiles
  readonly journal: Pick<Journal, 'epoch' | 'termAt' | 'readHead' | 'readFloor' | 'read'>
  readonly log: Logger
  /** Invalidates what changes affect. */
  readonly applyChanges: (changes: readonly Change[]) => void
  /** 30,000 by default. */
  readonly writeIntervalMs?: number
  readonly maxEntities: number
}

const workspaceName = 'workspace'
/** Maximum number of changes that are replayed onto a snapshot; for an older one, loading from Seam is cheaper. */
const maxReplayedChanges = 20_000
const chunkSize = 500
/** Offset lag at which an unchanged snapshot is written again, so that it does not become too old to restore. */
const maxOffsetLag = 5_000

export function createCatalogPersistence(options: CatalogPersistenceOptions): CatalogPersistence {
  const { store, files, journal, log } = options
  /** Revision and offset of the last written snapshot, by name. */
  const written = new Map<string, { readonly revision: number; readonly offset: number }>()
  let currentPosition: (() => number) | null = null
  let writing: Promise<void> = Promise.resolve()
  let timer: NodeJS.Timeout | null = null

  /** Restores the usable snapshots, and removes the others. Resolves to the offset of the oldest one, or to `null` if there is none. */
  async function restoreAll(head: number): Promise<number | null> {
    const floor = Math.max(await journal.readFloor(), head - maxReplayedChanges)
    let oldest: number | null = null
    for await (const { name, lines } of files.readAll()) {
      const snapshot = await parseSnapshot(lines, (part, problem) =>
        log.warn(
          { name, part, problem },
          'a part of a snapshot is invalid: it is ignored, and its data is read from Seam again',
        ),
      )
      const isOfJournal =
        snapshot?.epoch === journal.epoch && (snapshot.term ?? '') === journal.termAt(snapshot.offset)
      if (snapshot !== null && isOfJournal && snapshot.offset >= floor && snapshot.offset <= head) {
        await restoreSnapshot(name, snapshot)
        oldest = Math.min(oldest ?? head, snapshot.offset)
      } else await files.remove(name)
    }
    return oldest
  }

  async function restoreSnapshot(name: string, snapshot: StoredSnapshot): Promise<void> {
    if ('workspace' in snapshot) await restoreWorkspaceSnapshot(store, snapshot.workspace)
    else if (store.size < options.maxEntities) await restoreSystemSnapshot(store, snapshot.system)
    written.set(name, { revision: currentRevision(name), offset: snapshot.offset })
  }

  async function replay(from: number): Promise<number> {
    for (let after = from; ; ) {
      const changes = await journal.read(after, chunkSize)
      const first = changes[0]?.offset ?? after + 1
      if (first !== after + 1) throw new Error('The journal removed changes while they were replayed.')
      options.applyChanges(changes)
      after = changes.at(-1)?.offset ?? after
      if (changes.length < chunkSize) return after
    }
  }

  const currentRevision = (name: string): number =>
    name === workspaceName ? workspaceRevision(store) : systemRevision(store, name as AcsSystemId)

  function takeSnapshot(name: string, offset: number): StoredSnapshot {
    const head = { epoch: journal.epoch, offset, term: journal.termAt(offset) ?? '' }
    if (name === workspaceName) return { ...head, workspace: takeWorkspaceSnapshot(store) }
    return { ...head, system: takeSystemSnapshot(store, name as AcsSystemId) }
  }

  /** Takes and writes the snapshots one after the other: a system's rows and its offset must be of the same time. */
  async function writeChanged(position: () => number): Promise<void> {
    const names = [workspaceName, ...store.cachedSystems()]
    for (const name of names) {
      const revision = currentRevision(name)
      const offset = position()
      const last = written.get(name)
      const isTooFarBehind = offset - (last?.offset ?? 0) > maxOffsetLag
      if (last?.revision === revision && !isTooFarBehind) continue
      await files.write(name, serializeSnapshot(takeSnapshot(name, offset)))
      written.set(name, { revision, offset })
    }
    for (const name of [...written.keys()]) {
      if (names.includes(name)) continue
      written.delete(name)
      await files.remove(name)
    }
  }

  function write(): Promise<void> {
    const position = currentPosition
    if (position === null) return writing
    writing = writing
      .then(() => writeChanged(position))
      .catch((error: unknown) => {
        log.warn(
          { err: error },
          'the catalog could not be saved to disk: a restart will read its data from Seam again',
        )
      })
    return writing
  }

  return {
    async restore() {
      const head = await journal.readHead()
      try {
        const oldest = await restoreAll(head)
        return oldest === null ? head : await replay(oldest)
      } catch (error) {
        log.warn({ err: error }, 'the saved catalog could not be restored: its data is read from Seam again')
        store.evictAll()
        return head
      }
    },
    start(position) {
      currentPosition = position
      timer = setInterval(write, options.writeIntervalMs ?? 30_000)
      timer.unref()
    },
    async close() {
      if (timer !== null) clearInterval(timer)
      await write()
    },
  }
}
