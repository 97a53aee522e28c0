import { hash } from 'node:crypto'
import { type ComparableFields, type RowKind, rowKinds } from '../../model/diff.ts'
import type { AcsCredentialId, AcsEntranceId } from '../../model/ids.ts'
import { forEachInTurns, waitForTurn } from '../../runtime/event-loop.ts'

/**
 * The published state of one row: its owner and a fingerprint per field. A field without a fingerprint is not compared. The fingerprints are
 * in one text, in the order of `names`, because an object with a text per field takes several times the memory. `fingerprintsOf` unpacks them.
 */
export type BaselineRow = {
  readonly owner: string | null
  readonly names: readonly string[]
  readonly packed: string
}

/** The last published state of one ACS system, or of the workspace's ACS systems and connected accounts. */
export type Baseline = {
  /** Offset in the journal. The baseline contains all changes up to it, and possibly later ones. */
  readonly offset: number
  /** Offset in the journal up to which the baseline contains all changes appended by reconciliation; absent if unknown. */
  readonly toldUpTo?: number
  readonly rows: Readonly<Record<RowKind, Map<string, BaselineRow>>>
  /** The entrances that each credential unlocks, or `null` if access was never loaded. */
  readonly entrancesByCredential: ReadonlyMap<AcsCredentialId, readonly AcsEntranceId[]> | null
  /** Entrances whose credentials are incomplete in `entrancesByCredential`, because Seam never returned a complete list. */
  readonly unknownEntranceIds: ReadonlySet<AcsEntranceId>
}

/** Length of a fingerprint in characters (36 bits). */
const fingerprintLength = 6
const noFingerprint = '-'.repeat(fingerprintLength)
/** Number of rows that are fingerprinted in one turn of the event loop. */
const rowsPerTurn = 200

export function createEmptyBaseline(offset: number): Baseline {
  const rows = {
    SYSTEM: new Map(),
    ACCOUNT: new Map(),
    USER: new Map(),
    ENTRANCE: new Map(),
    CREDENTIAL: new Map(),
  }
  return { offset, rows, entrancesByCredential: null, unknownEntranceIds: new Set() }
}

/** Returns the fingerprint of a field. It includes the row's id, so that equal values in two rows have different fingerprints. */
export function fingerprintOf(id: string, name: string, value: string): string {
  // The text of a missing fingerprint (`noFingerprint`) cannot result from this function.
  return hash('sha256', `${id} ${name} ${value}`, 'base64url')
    .slice(0, fingerprintLength - 1)
    .concat('.')
}

/** Fingerprints all fields of rows in chunks, so that thousands of rows do not block the event loop. */
export async function fingerprintRows<T>(
  rows: readonly T[],
  read: (row: T) => { readonly id: string; readonly owner: string | null; readonly fields: ComparableFields },
): Promise<Map<string, BaselineRow>> {
  const fingerprinted = new Map<string, BaselineRow>()
  await forEachInTurns(rows, rowsPerTurn, (row) => {
    const { id, owner, fields } = read(row)
    fingerprinted.set(id, createBaselineRow(id, owner, fields))
  })
  return fingerprinted
}

/** Fingerprints the fields of a row. */
export function createBaselineRow(id: string, owner: string | null, fields: ComparableFields): BaselineRow {
  const packed = Object.entries(fields).map(([name, value]) => fingerprintOf(id, name, value))
  return { owner, names: shareNames(Object.keys(fields)), packed: packed.join('') }
}

/** Returns the fingerprints of a row by the names of the fields. */
export function fingerprintsOf({ names, packed }: BaselineRow): ComparableFields {
  const fingerprints = names.map((name, index) => [name, fingerprintAt(packed, index)])
  return Object.fromEntries(fingerprints)
}

/** Creates a row from fingerprints by the names of the fields. */
export function withFingerprints(owner: string | null, fingerprints: ComparableFields): BaselineRow {
  return {
    owner,
    names: shareNames(Object.keys(fingerprints)),
    packed: Object.values(fingerprints).join(''),
  }
}

/** Whether two rows have the same fingerprints, in the same order. A row with others may still have no difference. */
export function hasSameFingerprints(left: BaselineRow, right: BaselineRow): boolean {
  return left.names === right.names && left.packed === right.packed
}

/** The lists of names that rows have: one for each kind of row, and a few for rows that an event changed. */
const sharedNames = new Map<string, readonly string[]>()

/** Returns the same list for equal names, so that rows share it. */
function shareNames(names: readonly string[]): readonly string[] {
  const key = names.join()
  const shared = sharedNames.get(key)
  if (shared !== undefined) return shared
  sharedNames.set(key, names)
  return names
}

const fingerprintAt = (packed: string, index: number): string =>
  packed.slice(index * fingerprintLength, (index + 1) * fingerprintLength)

/**
 * Header of the stored form: lines of JSON, so that a large baseline is written and read in chunks of a few hundred rows. The first line is
 * a `StoredHeader`; each other line is a piece of one kind of rows or of the access.
 */
type StoredHeader = Pick<Baseline, 'offset' | 'toldUpTo'> & {
  readonly format: number
  readonly hasDoors: boolean
  readonly unknown?: readonly AcsEntranceId[]
}
type StoredChunk =
  | { readonly section: RowKind; readonly names: readonly string[]; readonly rows: readonly StoredRow[] }
  | { readonly doors: readonly (readonly [id: string, entrances: readonly string[]])[] }
type StoredRow = readonly [id: string, marks: string, owner: string | null]

const format = 2
/** Fields that the first format fingerprinted without normalization, so that their old fingerprints cannot be compared. */
const normalizedSinceFirstFormat: ReadonlySet<string> = new Set([
  'emailAddress',
  'phoneNumber',
  'accessSchedule',
  'startsAt',
  'endsAt',
  'issuedAt',
])

/** Serializes a baseline to lines of text. */
export async function serializeBaseline(baseline: Baseline): Promise<readonly string[]> {
  const { offset, toldUpTo, entrancesByCredential, unknownEntranceIds } = baseline
  const header: StoredHeader = {
    format,
    offset,
    ...(toldUpTo !== undefined && { toldUpTo }),
    hasDoors: entrancesByCredential !== null,
    unknown: [...unknownEntranceIds],
  }
  const lines = [JSON.stringify(header)]
  for (const section of rowKinds) {
    for await (const rows of inChunks(baseline.rows[section])) {
      const names = shareNames([...new Set(rows.flatMap(([, row]) => row.names))])
      const written = rows.map(([id, row]): StoredRow => [id, packAs(names, row), row.owner])
      lines.push(JSON.stringify({ section, names, rows: written } satisfies StoredChunk))
    }
  }
  for await (const chunk of inChunks(
    entrancesByCredential ?? new Map<AcsCredentialId, readonly AcsEntranceId[]>(),
  ))
    lines.push(JSON.stringify({ doors: chunk } satisfies StoredChunk))
  return lines
}

/** Parses a baseline that `serializeBaseline` wrote, in the current or the previous format. */
export async function parseBaseline([first = '', ...lines]: readonly string[]): Promise<Baseline> {
  const header = JSON.parse(first) as Partial<StoredHeader>
  if (header.format !== format) return parseFirstFormat(first)
  const baseline = createEmptyBaseline(header.offset ?? 0)
  const entrancesByCredential = new Map<AcsCredentialId, readonly AcsEntranceId[]>()
  for (const line of lines) {
    await waitForTurn()
    const chunk = JSON.parse(line) as StoredChunk
    if ('doors' in chunk)
      for (const [id, entrances] of chunk.doors)
        entrancesByCredential.set(id as AcsCredentialId, entrances as readonly AcsEntranceId[])
    else
      for (const [id, fingerprints, owner] of chunk.rows)
        baseline.rows[chunk.section].set(id, parseRow(chunk.names, fingerprints, owner))
  }
  const toldUpTo = header.toldUpTo === undefined ? {} : { toldUpTo: header.toldUpTo }
  return {
    ...baseline,
    ...toldUpTo,
    entrancesByCredential: header.hasDoors ? entrancesByCredential : null,
    unknownEntranceIds: new Set(header.unknown),
  }
}

/** Iterates over a map in chunks and yields to the event loop between them. */
async function* inChunks<K, V>(map: ReadonlyMap<K, V>): AsyncGenerator<(readonly [K, V])[]> {
  let chunk: (readonly [K, V])[] = []
  for (const entry of map) {
    chunk.push(entry)
    if (chunk.length < rowsPerTurn) continue
    yield chunk
    chunk = []
    await waitForTurn()
  }
  if (chunk.length > 0) yield chunk
}

/** Parses the first format: one object, in which entrances are indexes into a list. */
function parseFirstFormat(text: string): Baseline {
  type Written = {
    readonly offset: number
    readonly sections: Readonly<
      Record<string, { readonly names: readonly string[]; readonly rows: readonly StoredRow[] }>
    >
    readonly doors: {
      readonly ids: readonly AcsEntranceId[]
      readonly opens: Readonly<Record<string, readonly number[]>>
    } | null
  }
  const written = JSON.parse(text) as Written
  const baseline = createEmptyBaseline(written.offset)
  for (const section of rowKinds) {
    const { names, rows } = written.sections[section] ?? { names: [], rows: [] }
    for (const [id, packed, owner] of rows) {
      const fingerprints = Object.entries(fingerprintsOf(parseRow(names, packed, owner))).filter(
        ([name]) => !normalizedSinceFirstFormat.has(name),
      )
      baseline.rows[section].set(id, withFingerprints(owner, Object.fromEntries(fingerprints)))
    }
  }
  if (written.doors === null) return baseline
  const { ids, opens } = written.doors
  const entrancesByCredential = Object.entries(opens).map(
    ([id, indexes]) => [id as AcsCredentialId, indexes.flatMap((index) => ids[index] ?? [])] as const,
  )
  return { ...baseline, entrancesByCredential: new Map(entrancesByCredential) }
}

/** Returns the fingerprints of a row in the order of `names`, with `noFingerprint` for each that it lacks. */
function packAs(names: readonly string[], row: BaselineRow): string {
  if (row.names === names) return row.packed
  const fingerprints = fingerprintsOf(row)
  return names.map((name) => fingerprints[name] ?? noFingerprint).join('')
}

function parseRow(names: readonly string[], packed: string, owner: string | null): BaselineRow {
  const row = { owner, names: shareNames(names), packed }
  if (!packed.includes(noFingerprint)) return row
  const existing = Object.entries(fingerprintsOf(row)).filter(([, value]) => value !== noFingerprint)
  return withFingerprints(owner, Object.fromEntries(existing))
}
