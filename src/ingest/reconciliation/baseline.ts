import { hash } from 'node:crypto'
import { type ComparableFields, type RowKind, rowKinds } from '../../model/diff.ts'
import type { AcsCredentialId, AcsEntranceId } from '../../model/ids.ts'
import { forEachInTurns, waitForTurn } from '../../runtime/event-loop.ts'

/** The published state of one row: its owner and a fingerprint per field. A field without a fingerprint is not compared. */
export type BaselineRow = { readonly owner: string | null; readonly fingerprints: ComparableFields }

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
    const fingerprints: Record<string, string> = {}
    for (const [name, value] of Object.entries(fields)) fingerprints[name] = fingerprintOf(id, name, value)
    fingerprinted.set(id, { owner, fingerprints })
  })
  return fingerprinted
}

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
      const names = [...new Set(rows.flatMap(([, { fingerprints }]) => Object.keys(fingerprints)))]
      const written = rows.map(
        ([id, { fingerprints, owner }]): StoredRow => [
          id,
          names.map((name) => fingerprints[name] ?? noFingerprint).join(''),
          owner,
        ],
      )
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
        baseline.rows[chunk.section].set(id, {
          owner,
          fingerprints: unpackFingerprints(chunk.names, fingerprints),
        })
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
      const fingerprints = Object.entries(unpackFingerprints(names, packed)).filter(
        ([name]) => !normalizedSinceFirstFormat.has(name),
      )
      baseline.rows[section].set(id, { owner, fingerprints: Object.fromEntries(fingerprints) })
    }
  }
  if (written.doors === null) return baseline
  const { ids, opens } = written.doors
  const entrancesByCredential = Object.entries(opens).map(
    ([id, indexes]) => [id as AcsCredentialId, indexes.flatMap((index) => ids[index] ?? [])] as const,
  )
  return { ...baseline, entrancesByCredential: new Map(entrancesByCredential) }
}

function unpackFingerprints(names: readonly string[], packed: string): ComparableFields {
  const fingerprints: Record<string, string> = {}
  for (const [index, name] of names.entries()) {
    const fingerprint = packed.slice(index * fingerprintLength, (index + 1) * fingerprintLength)
    if (fingerprint !== noFingerprint) fingerprints[name] = fingerprint
  }
  return fingerprints
}
