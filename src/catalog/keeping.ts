import type { Journal } from '../journal/journal.ts'
import type { Logger } from '../log.ts'
import type { Change } from '../model/change.ts'
import type { AcsSystemId } from '../model/ids.ts'
import {
  restoreSystem,
  restoreWorkspace,
  revisionOf,
  revisionOfWorkspace,
  type SystemSnapshot,
  takeSystem,
  takeWorkspace,
  type WorkspaceSnapshot,
} from './snapshot.ts'
import type { SnapshotFiles } from './snapshot-files.ts'
import type { Store } from './store.ts'

/** Keeps what the gateway knows on this machine's disk, so that it needn't ask for everything after a restart. */
export type Keeping = {
  /**
   * Takes up what was kept, with the journal's changes since then. Answers the offset up to which those are in it. What can't be
   * used is left out: of another journal, older than what the journal still holds, damaged, or too far back.
   */
  restore(): Promise<number>
  /** Begins to write what has become different, every so often; `position` is the offset that memory includes. */
  start(position: () => number): void
  /** Writes what has become different, once more, and ends. */
  close(): Promise<void>
}

export type KeepingOptions = {
  readonly store: Store
  readonly files: SnapshotFiles
  readonly journal: Pick<Journal, 'epoch' | 'head' | 'floor' | 'read'>
  readonly log: Logger
  /** Takes a change into account. */
  readonly apply: (changes: readonly Change[]) => void
  readonly everyMs?: number
  readonly atMost: number
}

/** Layout of the files; others are left out. */
const format = 1
const workspaceName = 'workspace'
/** Changes since a snapshot that are taken into account; further back, loading anew is cheaper. */
const replayedAtMost = 20_000
const chunkSize = 500
/** A snapshot is written again though nothing has become different in it, so that it doesn't fall too far back. */
const offsetsBehindAtMost = 5_000

type Kept = { readonly format: number; readonly epoch: string; readonly offset: number } & (
  | { readonly workspace: WorkspaceSnapshot }
  | { readonly system: SystemSnapshot }
)

export function createKeeping(options: KeepingOptions): Keeping {
  const { store, files, journal, log } = options
  /** What was written last, by name. */
  const written = new Map<string, { readonly revision: number; readonly offset: number }>()
  let positionNow: (() => number) | null = null
  let writing: Promise<void> = Promise.resolve()
  let timer: NodeJS.Timeout | null = null

  async function readAll(head: number): Promise<Map<string, Kept>> {
    const floor = Math.max(await journal.floor(), head - replayedAtMost)
    const usable = new Map<string, Kept>()
    for (const { name, text } of await files.readAll()) {
      const kept = parse(text)
      if (kept !== null && kept.epoch === journal.epoch && kept.offset >= floor && kept.offset <= head)
        usable.set(name, kept)
      else await files.remove(name)
    }
    return usable
  }

  function takeUp(name: string, kept: Kept): void {
    if ('workspace' in kept) restoreWorkspace(store, kept.workspace)
    else if (store.size < options.atMost) restoreSystem(store, kept.system)
    written.set(name, { revision: revisionNow(name), offset: kept.offset })
  }

  async function replay(from: number): Promise<number> {
    for (let after = from; ; ) {
      const changes = await journal.read(after, chunkSize)
      options.apply(changes)
      after = changes.at(-1)?.offset ?? after
      if (changes.length < chunkSize) return after
    }
  }

  const revisionNow = (name: string): number =>
    name === workspaceName ? revisionOfWorkspace(store) : revisionOf(store, name as AcsSystemId)

  function take(name: string, offset: number): Kept {
    const head = { format, epoch: journal.epoch, offset }
    if (name === workspaceName) return { ...head, workspace: takeWorkspace(store) }
    return { ...head, system: takeSystem(store, name as AcsSystemId) }
  }

  /** Taken and written one after the other: a system's rows and its offset belong to the same instant. */
  async function writeChanged(position: () => number): Promise<void> {
    const names = [workspaceName, ...store.systemsInMemory()]
    for (const name of names) {
      const revision = revisionNow(name)
      const offset = position()
      const last = written.get(name)
      const isBehind = offset - (last?.offset ?? 0) > offsetsBehindAtMost
      if (last?.revision === revision && !isBehind) continue
      await files.write(name, JSON.stringify(take(name, offset)))
      written.set(name, { revision, offset })
    }
    for (const name of [...written.keys()].filter((each) => !names.includes(each))) {
      written.delete(name)
      await files.remove(name)
    }
  }

  function write(): Promise<void> {
    const position = positionNow
    if (position === null) return writing
    writing = writing
      .then(() => writeChanged(position))
      .catch((error: unknown) => {
        log.warn({ err: error }, 'what is known could not be kept on disk: a restart will ask Seam anew')
      })
    return writing
  }

  return {
    async restore() {
      const head = await journal.head()
      try {
        const kept = await readAll(head)
        if (kept.size === 0) return head
        for (const [name, each] of kept) takeUp(name, each)
        return await replay(Math.min(...[...kept.values()].map(({ offset }) => offset)))
      } catch (error) {
        log.warn({ err: error }, 'what was kept on disk could not be read: Seam is asked anew')
        store.forgetAll()
        return head
      }
    },
    start(position) {
      positionNow = position
      timer = setInterval(write, options.everyMs ?? 30_000)
      timer.unref()
    },
    async close() {
      if (timer !== null) clearInterval(timer)
      await write()
    },
  }
}

function parse(text: string): Kept | null {
  try {
    const kept = JSON.parse(text) as Kept
    return kept.format === format ? kept : null
  } catch {
    return null
  }
}
