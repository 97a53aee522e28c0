import { hash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Facets } from '../model/diff.ts'
import type { AcsCredentialId, AcsEntranceId } from '../model/ids.ts'

/** Kinds of rows that are compared. */
export const sections = ['SYSTEM', 'ACCOUNT', 'USER', 'ENTRANCE', 'CREDENTIAL'] as const
export type Section = (typeof sections)[number]

/** What subscribers know of one row: whose it is, and a mark for each of its facets. A facet without a mark was not looked at. */
export type ImageRow = { readonly owner: string | null; readonly marks: Facets }

/** What subscribers were told last, of one system or of the workspace's connections. */
export type Image = {
  /** The journal's changes up to here are in it for certain; later ones may be. */
  readonly offset: number
  readonly rows: Readonly<Record<Section, Map<string, ImageRow>>>
  /** Which entrances each credential opens, if anybody ever asked. */
  readonly doors: ReadonlyMap<AcsCredentialId, readonly AcsEntranceId[]> | null
}

/** Characters of a mark: 36 bits. */
const markLength = 6
const noMark = '-'.repeat(markLength)
/** Rows that are marked in one turn of the event loop. */
const rowsAtOnce = 200

export function emptyImage(offset: number): Image {
  const rows = Object.fromEntries(sections.map((section) => [section, new Map()])) as unknown as Image['rows']
  return { offset, rows, doors: null }
}

/** A facet's mark. The row's id is in it, so that equal names of two people have different marks. */
export function markOf(id: string, name: string, value: string): string {
  // An unknown mark's text is told apart by never being made here.
  return hash('sha256', `${id} ${name} ${value}`, 'base64url')
    .slice(0, markLength - 1)
    .concat('.')
}

/** Marks all facets of rows, a few at a time: there may be thousands, and people who wait meanwhile. */
export async function markRows<T>(
  rows: readonly T[],
  read: (row: T) => { readonly id: string; readonly owner: string | null; readonly facets: Facets },
): Promise<Map<string, ImageRow>> {
  const marked = new Map<string, ImageRow>()
  for (const [index, row] of rows.entries()) {
    if (index % rowsAtOnce === rowsAtOnce - 1) await nextTurn()
    const { id, owner, facets } = read(row)
    const marks: Record<string, string> = {}
    for (const [name, value] of Object.entries(facets)) marks[name] = markOf(id, name, value)
    marked.set(id, { owner, marks })
  }
  return marked
}

/** As it's kept: the names of a section's facets once, and each row's marks one after another. */
type Written = {
  readonly offset: number
  readonly sections: Readonly<
    Record<string, { readonly names: readonly string[]; readonly rows: readonly WrittenRow[] }>
  >
  readonly doors: {
    readonly ids: readonly string[]
    readonly opens: Readonly<Record<string, readonly number[]>>
  } | null
}
type WrittenRow = readonly [id: string, marks: string, owner: string | null]

export function writeImage(image: Image): string {
  const written: Written = {
    offset: image.offset,
    sections: Object.fromEntries(sections.map((section) => [section, writeSection(image.rows[section])])),
    doors: image.doors && writeDoors(image.doors),
  }
  return JSON.stringify(written)
}

export function readImage(text: string): Image {
  const written = JSON.parse(text) as Written
  const image = emptyImage(written.offset)
  for (const section of sections) {
    const { names, rows } = written.sections[section] ?? { names: [], rows: [] }
    for (const [id, marks, owner] of rows) image.rows[section].set(id, { owner, marks: unpack(names, marks) })
  }
  return { ...image, doors: written.doors && readDoors(written.doors) }
}

function writeSection(rows: ReadonlyMap<string, ImageRow>): { names: string[]; rows: WrittenRow[] } {
  const names = [...new Set([...rows.values()].flatMap(({ marks }) => Object.keys(marks)))]
  return {
    names,
    rows: [...rows].map(([id, { marks, owner }]) => [
      id,
      names.map((name) => marks[name] ?? noMark).join(''),
      owner,
    ]),
  }
}

function unpack(names: readonly string[], packed: string): Facets {
  const marks: Record<string, string> = {}
  for (const [index, name] of names.entries()) {
    const mark = packed.slice(index * markLength, (index + 1) * markLength)
    if (mark !== noMark) marks[name] = mark
  }
  return marks
}

function writeDoors(doors: NonNullable<Image['doors']>): NonNullable<Written['doors']> {
  const ids = [...new Set([...doors.values()].flat())]
  const places = new Map(ids.map((id, place) => [id, place]))
  const opens = [...doors].map(([id, entrances]) => [id, entrances.map((each) => places.get(each) ?? 0)])
  return { ids, opens: Object.fromEntries(opens) }
}

function readDoors({ ids, opens }: NonNullable<Written['doors']>): NonNullable<Image['doors']> {
  return new Map(
    Object.entries(opens).map(([id, places]) => [
      id as AcsCredentialId,
      places.map((place) => ids[place] as AcsEntranceId),
    ]),
  )
}
