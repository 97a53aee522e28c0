import { hash } from 'node:crypto'
import type { Entry, Journal } from '../journal/journal.ts'
import type { Held } from '../journal/turn.ts'
import type { Logger } from '../log.ts'
import type { Change, NewChange } from '../model/change.ts'
import type { Facets } from '../model/diff.ts'
import type { AcsSystemId } from '../model/ids.ts'
import type { SeamClient } from '../seam/client.ts'
import { changeOf, compare, type Difference } from './compare.ts'
import { createReader, type Fresh, loadFresh, type Reader } from './fresh.ts'
import {
  emptyImage,
  type Image,
  type ImageRow,
  markOf,
  readImage,
  type Section,
  sections,
  writeImage,
} from './image.ts'
import { replay, rowOf } from './replay.ts'
import { stillThere } from './vanished.ts'

export type ReconciliationOptions = {
  readonly seam: SeamClient
  readonly journal: Journal
  readonly log: Logger
  readonly place: (change: NewChange) => NewChange
  /** Whether somebody has asked who opens what in a system: only then its doors are compared. */
  readonly knowsDoors: (acsSystemId: AcsSystemId) => boolean
  /** What readers saw last of a row, if anything. */
  readonly served: (section: Section, id: string) => Facets | null
  /** Takes over Seam's events: what they tell is theirs to tell. */
  readonly backfill: (held: Held) => Promise<unknown>
  readonly now?: () => number
}

/** What one run found, and what it cost. */
export type ReconciliationReport = {
  readonly changes: number
  /** Reads of Seam; a list of many pages counts once. */
  readonly seamCalls: number
}

export type Reconciliation = { run(held: Held): Promise<ReconciliationReport> }

/** The name under which the image of systems and accounts is kept; those of systems are kept under their ids. */
const connections = 'connections'
const imageKey = (name: string): string => `image/${name}`
const chunkSize = 500

/**
 * Compares everything with what subscribers were told last, and tells the differences: many changes have no event, and events can be
 * missed for longer than Seam keeps them. What was told last is an _image_ in the journal's store, so a restart forgets nothing.
 *
 * The order keeps what an event tells from being told twice: first Seam is read, then its events are taken over, then the image is
 * brought up to date with the journal, and only then compared. The differences are told before the new image is kept, each under a
 * key made of the older image, so that a run which ended in between is repeated without a repetition.
 */
export function createReconciliation(options: ReconciliationOptions): Reconciliation {
  const { seam, journal, log, now = Date.now } = options

  async function recall(name: string): Promise<Recalled | null> {
    const text = await journal.recall(imageKey(name))
    return text === null ? null : { image: readImage(text), version: hash('sha256', text, 'base64url') }
  }

  /** Brings images up to date with what the journal has got since. */
  async function replayAll(images: ReadonlyMap<string, Recalled>): Promise<void> {
    if (images.size === 0) return
    const from = Math.min(...[...images.values()].map(({ image }) => image.offset))
    for (let after = Math.max(from, await journal.floor()); ; ) {
      const changes = await journal.read(after, chunkSize)
      for (const change of changes)
        for (const [name, { image }] of images) if (concerns(name, image, change)) replay(image, change)
      if (changes.length < chunkSize) return
      after = changes.at(-1)?.offset ?? after
    }
  }

  /** What subscribers know of everything; an image that is missing is what there is, so that nothing is told. */
  async function recallAll(fresh: Fresh): Promise<Map<string, Recalled>> {
    const images = new Map<string, Recalled>()
    const known = await recall(connections)
    if (known !== null) images.set(connections, known)
    const ids = new Set<string>([...(known?.image.rows.SYSTEM.keys() ?? []), ...fresh.systems.keys()])
    for (const id of ids) {
      const recalled = await recall(id)
      if (recalled !== null) images.set(id, recalled)
    }
    await replayAll(images)
    for (const { image } of images.values()) fillIn(image)
    return images
  }

  /**
   * An event tells that a row is there, or was issued, and no values: those were read by whoever was told. What became different
   * after they read it, and has no event, is found by what they were served.
   */
  function fillIn(image: Image): void {
    for (const section of sections) {
      for (const [id, row] of image.rows[section]) {
        if (!isUnread(section, row)) continue
        const marks: Record<string, string> = {}
        for (const [name, value] of Object.entries(options.served(section, id) ?? {}))
          marks[name] = markOf(id, name, value)
        image.rows[section].set(id, { ...row, marks: { ...marks, ...row.marks } })
      }
    }
  }

  /** Puts rows back that a list has lost although they are there. */
  async function withMissed(reader: Reader, before: Image, after: Image): Promise<Image> {
    for (const section of sections) {
      const [was, is] = [before.rows[section], after.rows[section]]
      const vanished = [...was.keys()].filter((id) => !is.has(id))
      const missed = vanished.length === 0 ? [] : await stillThere(reader, section, vanished)
      for (const id of missed) {
        const row = was.get(id)
        if (row !== undefined) is.set(id, row)
      }
      for (const id of missed) log.warn({ section, id }, "a list of Seam's lacks what Seam has")
    }
    return { ...after, doors: after.doors ?? before.doors }
  }

  function entryOf(name: string, difference: Difference, told: Recalled, after: Image, fresh: Fresh): Entry {
    const { section, id, kind, fields } = difference
    const change = changeOf(difference, {
      acsSystemId: name === connections ? null : (name as AcsSystemId),
      before: told.image,
      after,
      occurredAt: new Date(now()).toISOString(),
      problem: fresh.problems.get(id) ?? null,
    })
    const doors = fields.some(isOfDoors) ? [...(after.doors ?? [])] : null
    const state = JSON.stringify([kind, fields, after.rows[section].get(id)?.marks, doors])
    const key = `reconciled/${told.version}/${id}/${hash('sha256', state, 'base64url')}`
    return { dedupeKeys: [key], changes: [options.place(change)] }
  }

  async function tell(entries: readonly Entry[], held: Held): Promise<number> {
    let changes = 0
    for (let start = 0; start < entries.length; start += chunkSize) {
      held.signal.throwIfAborted()
      const appended = await held.append(entries.slice(start, start + chunkSize))
      changes += appended.reduce((sum, each) => sum + each.changes.length, 0)
    }
    return changes
  }

  return {
    async run(held) {
      const startedAt = now()
      const reader = createReader(seam, held.signal)
      const offset = await journal.head()
      const fresh = await loadFresh(reader, offset, options.knowsDoors)
      await options.backfill(held)
      const images = await recallAll(fresh)
      const after = new Map<string, Image>([[connections, fresh.connections], ...fresh.systems])
      const entries: Entry[] = []
      // The connections come first: a system that is only missing from a list keeps its image as it is.
      for (const [name, told] of images) {
        if (!after.has(name) && after.get(connections)?.rows.SYSTEM.has(name)) continue
        const is = await withMissed(reader, told.image, after.get(name) ?? emptyImage(offset))
        if (after.has(name)) after.set(name, is)
        for (const difference of compare(told.image, is))
          entries.push(entryOf(name, difference, told, is, fresh))
      }
      const changes = await tell(entries, held)
      await keepAll(images, after, held)
      const report = { changes, seamCalls: reader.calls }
      log.debug({ ...report, tookMs: now() - startedAt }, 'compared everything with Seam')
      if (changes > 0) log.info({ changes }, 'told differences that no event had brought')
      return report
    },
  }

  async function keepAll(
    before: ReadonlyMap<string, Recalled>,
    after: ReadonlyMap<string, Image>,
    held: Held,
  ): Promise<void> {
    for (const [name, image] of after) await held.keep(imageKey(name), writeImage(image))
    const there = after.get(connections)?.rows.SYSTEM
    for (const name of before.keys())
      if (!after.has(name) && !there?.has(name)) await journal.forget(imageKey(name))
  }
}

/** An image as it was kept, and a name for exactly that. */
type Recalled = { readonly image: Image; readonly version: string }

/** Whether an event has left a row without some of its marks. */
function isUnread(section: Section, { marks }: ImageRow): boolean {
  return marks.errors === undefined || (section === 'CREDENTIAL' && marks.issuedAt === undefined)
}

const isOfDoors = (field: string): boolean => ['entrances', 'credentials', 'users'].includes(field)

function concerns(name: string, image: Image, change: Change): boolean {
  if (change.offset <= image.offset) return false
  if (change.subject === 'CONNECTION') return name === connections
  if (change.acsSystemId !== null) return change.acsSystemId === name
  const about = rowOf(change)
  return about !== null && image.rows[about.section].has(about.id)
}
