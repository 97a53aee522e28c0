import { hash } from 'node:crypto'
import type { Journal } from '../../journal/journal.ts'
import type { Leadership } from '../../journal/leader-lease.ts'
import { waitForTurn } from '../../runtime/event-loop.ts'
import { type Baseline, parseBaseline, serializeBaseline } from './baseline.ts'

/** A stored baseline and its version, which identifies its exact contents. */
export type StoredBaseline = { readonly baseline: Baseline; readonly version: string }

/** Stores baselines in the journal's store, by name. */
export type BaselineStore = {
  /** Resolves to `null` if no baseline is stored under the name, or if a piece of it is missing. */
  load(name: string): Promise<StoredBaseline | null>
  save(name: string, baseline: Baseline, leadership: Leadership): Promise<void>
  delete(name: string): Promise<void>
}

/**
 * The value stored under a baseline's name: its first line, and the names of the values that contain the other lines. `left` lists values
 * of the previous baseline that may not be deleted yet.
 */
type StoredContents = {
  readonly format: number
  readonly head: string
  readonly pieces: readonly string[]
  readonly left: readonly string[]
}

const format = 3
const keyOf = (name: string): string => `image/${name}`
const pieceKey = (name: string, piece: string): string => `image-piece/${name}/${piece}`

/**
 * Stores each baseline as several values, because the store reads and writes a value in one turn of the event loop. Each piece is named by
 * a hash of its contents, so only changed pieces are written. The replacement is atomic: it happens when the table of contents is written.
 */
export function createBaselineStore(journal: Pick<Journal, 'getValue' | 'deleteValue'>): BaselineStore {
  async function loadContents(
    name: string,
  ): Promise<{ readonly text: string; readonly contents: StoredContents } | null> {
    const text = await journal.getValue(keyOf(name))
    if (text === null) return null
    // Earlier formats stored the whole baseline in one value.
    if (!text.startsWith(`{"format":${format},`))
      return { text, contents: { format: 2, head: text, pieces: [], left: [] } }
    return { text, contents: JSON.parse(text) as StoredContents }
  }

  async function deletePieces(name: string, pieces: Iterable<string>): Promise<void> {
    for (const piece of pieces) {
      await waitForTurn()
      await journal.deleteValue(pieceKey(name, piece))
    }
  }

  return {
    async load(name) {
      const found = await loadContents(name)
      if (found === null) return null
      const version = hash('sha256', found.text, 'base64url')
      const { head, pieces } = found.contents
      const lines = head.split('\n')
      for (const piece of pieces) {
        await waitForTurn()
        const line = await journal.getValue(pieceKey(name, piece))
        if (line === null) return null
        lines.push(line)
      }
      return { baseline: await parseBaseline(lines), version }
    },
    async save(name, baseline, leadership) {
      const before = (await loadContents(name))?.contents
      const existing = new Set(before?.pieces)
      const [head = '', ...lines] = await serializeBaseline(baseline)
      const pieces = new Set<string>()
      for (const line of lines) {
        await waitForTurn()
        const piece = hash('sha256', line, 'base64url')
        if (!existing.has(piece) && !pieces.has(piece)) await leadership.putValue(pieceKey(name, piece), line)
        pieces.add(piece)
      }
      const obsolete = [...(before?.pieces ?? []), ...(before?.left ?? [])].filter(
        (piece) => !pieces.has(piece),
      )
      const contents: StoredContents = { format, head, pieces: [...pieces], left: [...new Set(obsolete)] }
      await leadership.putValue(keyOf(name), JSON.stringify(contents))
      if (obsolete.length === 0) return
      await deletePieces(name, new Set(obsolete))
      await leadership.putValue(
        keyOf(name),
        JSON.stringify({ ...contents, left: [] } satisfies StoredContents),
      )
    },
    async delete(name) {
      const contents = (await loadContents(name))?.contents
      await journal.deleteValue(keyOf(name))
      await deletePieces(name, [...(contents?.pieces ?? []), ...(contents?.left ?? [])])
    },
  }
}
