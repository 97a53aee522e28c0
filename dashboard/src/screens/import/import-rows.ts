import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { closestMatch } from 'leven'
import { describeRowContent } from '../../../../src/cli/import/columns.ts'
import type { CsvRow } from '../../../../src/cli/import/csv-table.ts'
import { createDuplicateFinder } from '../../../../src/cli/import/duplicate-detection.ts'
import type { EntranceRowFragment, MoveInInput } from '../../graph/generated/graphql.ts'
import { texts } from '../../texts.ts'
import { readImportTime } from './import-time.ts'

/** What is wrong with a row, and in which column. `null` if it concerns the whole row. */
export type RowProblem = { readonly column: string | null; readonly message: string }

/** A row of the file: the input for its resident, or its problems. */
export type ImportRow = {
  readonly line: number
  readonly fields: CsvRow['fields']
  readonly input: MoveInInput | null
  readonly problems: readonly RowProblem[]
  readonly note: string | null
}

export type ImportBuilding = { readonly id: string; readonly name: string; readonly timeZone: string | null }

/**
 * Converts rows of a file to inputs of `moveInMany`. The idempotency key of a row is derived from its content, so that importing the same
 * file again does nothing twice.
 */
export function readImportRows(
  rows: readonly CsvRow[],
  building: ImportBuilding,
  entrances: readonly EntranceRowFragment[],
): readonly ImportRow[] {
  const idsByName = new Map<string, string[]>()
  for (const { id, seamId, displayName } of entrances)
    for (const name of new Set([id, seamId, displayName]))
      idsByName.set(name, [...(idsByName.get(name) ?? []), id])
  const findDuplicate = createDuplicateFinder()
  const lineByKey = new Map<string, number>()
  const read: ImportRow[] = []
  for (const row of rows) {
    const key = `import-page ${hash(describeRowContent(building.id, row.fields))}`
    const sameLine = lineByKey.get(key)
    lineByKey.set(key, sameLine ?? row.line)
    const duplicate = sameLine === undefined ? findDuplicate(row) : null
    const problems: RowProblem[] = []
    if (sameLine !== undefined)
      problems.push({ column: null, message: texts.importResidents.sameLine(sameLine) })
    if (duplicate !== null && 'problem' in duplicate)
      problems.push({ column: null, message: duplicate.problem })
    const input = readInput(row.fields, building, idsByName, key, problems)
    read.push({
      line: row.line,
      fields: row.fields,
      input: problems.length === 0 ? input : null,
      problems,
      note: duplicate !== null && 'note' in duplicate ? duplicate.note : null,
    })
  }
  return read
}

function readInput(
  fields: CsvRow['fields'],
  building: ImportBuilding,
  idsByName: ReadonlyMap<string, readonly string[]>,
  idempotencyKey: string,
  problems: RowProblem[],
): MoveInInput {
  /** Reads a column; what it throws is a problem of the column. */
  function read<T>(column: string, otherwise: T, parse: (text: string) => T): T {
    const text = fields[column] ?? ''
    if (text === '') return otherwise
    try {
      return parse(text)
    } catch (error) {
      problems.push({ column, message: (error as Error).message })
      return otherwise
    }
  }
  for (const column of ['fullName', 'startsAt'])
    if ((fields[column] ?? '') === '') problems.push({ column, message: texts.importResidents.missing })
  if (`${fields.mobileKeyDoors ?? ''}${fields.codeDoors ?? ''}` === '')
    problems.push({ column: 'mobileKeyDoors', message: texts.importResidents.noAccess })
  return {
    acsSystemId: building.id,
    fullName: fields.fullName ?? '',
    emailAddress: fields.emailAddress || null,
    phoneNumber: fields.phoneNumber || null,
    startsAt: read('startsAt', '', (text) => readImportTime('startsAt', text, building.timeZone)),
    endsAt: read<string | null>('endsAt', null, (text) => readImportTime('endsAt', text, building.timeZone)),
    sameUser: read<boolean | null>('sameUser', null, readBoolean),
    mobileKeyAcsEntranceIds: read<string[]>('mobileKeyDoors', [], (text) => readDoors(text, idsByName)),
    codeAcsEntranceIds: read<string[]>('codeDoors', [], (text) => readDoors(text, idsByName)),
    idempotencyKey,
  }
}

function readBoolean(text: string): boolean {
  if (text === 'true' || text === 'false') return text === 'true'
  throw new Error(texts.importResidents.notABoolean(text))
}

/** IDs of the entrances whose names or IDs are separated by semicolons. */
function readDoors(text: string, idsByName: ReadonlyMap<string, readonly string[]>): string[] {
  const names = text.split(';').map((name) => name.trim())
  return names
    .filter((name) => name !== '')
    .map((name) => {
      const [id, another] = idsByName.get(name) ?? []
      if (id === undefined)
        throw new Error(
          texts.importResidents.noDoor(name, closestMatch(name, [...idsByName.keys()], { maxDistance: 3 })),
        )
      if (another !== undefined) throw new Error(texts.importResidents.severalDoors(name))
      return id
    })
}

/** `crypto.subtle` exists in secure contexts only, and a gateway in a local network may be reached over plain HTTP. */
const hash = (text: string): string => bytesToHex(sha256(utf8ToBytes(text)))
