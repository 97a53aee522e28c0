import { hash } from 'node:crypto'
import { closestMatch } from 'leven'
import { UsageError } from '../terminal.ts'
import { describeRowContent } from './columns.ts'
import type { CsvRow } from './csv-table.ts'
import { createDuplicateFinder } from './duplicate-detection.ts'
import { formatLocalTime, type ImportTimeSettings, readTime } from './local-time.ts'
import { quote } from './printable-text.ts'

/** The input of `moveInMany` for one resident. */
export type MoveInInput = {
  readonly acsSystemId: string
  readonly fullName: string
  readonly startsAt: string
  readonly endsAt?: string
  readonly emailAddress?: string
  readonly phoneNumber?: string
  readonly sameUser?: boolean
  readonly mobileKeyAcsEntranceIds: readonly string[]
  readonly codeAcsEntranceIds: readonly string[]
  readonly idempotencyKey: string
}

/** A line of the file: the input for the resident or the problem of the line, and a note for a dry run. */
export type ImportLine = {
  readonly row: CsvRow
  readonly line: number
  readonly name: string
  readonly input: MoveInInput | null
  readonly problem: string | null
  readonly note: string | null
}

/** The building that the residents move into: its entrances by name and id, and its time settings. */
export type ImportTarget = {
  readonly acsSystemId: string
  readonly entranceIdsByName: ReadonlyMap<string, readonly string[]>
  readonly timeSettings: ImportTimeSettings
}

/** Converts rows to inputs. A row always has the same idempotency key, so that a file can be imported again. */
export function readImportLines(rows: readonly CsvRow[], target: ImportTarget): readonly ImportLine[] {
  const lineByKey = new Map<string, number>()
  const findDuplicate = createDuplicateFinder()
  return rows.map((row) => {
    const { line } = row
    const common = { row, line, name: row.fields.fullName ?? '', note: null }
    const createRefusedLine = (problem: string): ImportLine => ({ ...common, input: null, problem })
    const key = `import ${hash('sha256', describeRowContent(target.acsSystemId, row.fields))}`
    const sameLine = lineByKey.get(key)
    lineByKey.set(key, sameLine ?? line)
    if (sameLine !== undefined)
      return createRefusedLine(`It is the same as line ${sameLine}. Remove one of them.`)
    const duplicate = findDuplicate(row)
    if (duplicate !== null && 'problem' in duplicate) return createRefusedLine(duplicate.problem)
    try {
      const input = toMoveInInput(row, target, key)
      return { ...common, input, problem: null, note: duplicate?.note ?? null }
    } catch (error) {
      if (!(error instanceof UsageError)) throw error
      return createRefusedLine(error.message)
    }
  })
}

function toMoveInInput(
  { fields }: CsvRow,
  { acsSystemId, entranceIdsByName, timeSettings }: ImportTarget,
  key: string,
): MoveInInput {
  const { fullName = '', startsAt = '', endsAt = '', emailAddress = '', phoneNumber = '' } = fields
  const sameUser = readBoolean('sameUser', fields.sameUser ?? '')
  return {
    acsSystemId,
    fullName,
    startsAt: readTime('startsAt', startsAt, timeSettings),
    ...(endsAt !== '' && { endsAt: readTime('endsAt', endsAt, timeSettings) }),
    ...(emailAddress !== '' && { emailAddress }),
    ...(phoneNumber !== '' && { phoneNumber }),
    ...(sameUser !== null && { sameUser }),
    mobileKeyAcsEntranceIds: readEntranceIds(fields.mobileKeyDoors, entranceIdsByName),
    codeAcsEntranceIds: readEntranceIds(fields.codeDoors, entranceIdsByName),
    idempotencyKey: key,
  }
}

/** Formats the access period in the building's local time. */
export function formatAccessPeriod({ startsAt, endsAt }: MoveInInput, timeZone: string | null): string {
  const end = endsAt === undefined ? 'without end' : `to ${formatLocalTime(endsAt, timeZone)}`
  return `from ${formatLocalTime(startsAt, timeZone)} ${end} (${timeZone ?? 'UTC'})`
}

/** Reads a boolean; an empty field is `null`. */
function readBoolean(column: string, text: string): boolean | null {
  if (text === '') return null
  if (text === 'true' || text === 'false') return text === 'true'
  throw new UsageError(
    `${column} ${quote(text)} is neither true nor false. Write one of them, or leave it empty.`,
  )
}

function readEntranceIds(
  text: string | undefined,
  entranceIdsByName: ImportTarget['entranceIdsByName'],
): string[] {
  const names = (text ?? '').split(';').map((name) => name.trim())
  return names
    .filter((name) => name !== '')
    .map((name) => {
      const [id, another] = entranceIdsByName.get(name) ?? []
      if (id === undefined) {
        const nearest = closestMatch(name, [...entranceIdsByName.keys()], { maxDistance: 3 })
        const hint = nearest === undefined ? '' : ` Did you mean ${quote(nearest)}?`
        throw new UsageError(`There is no door ${quote(name)} in this building.${hint}`)
      }
      if (another !== undefined)
        throw new UsageError(`Several doors have the name ${quote(name)}: use the id instead.`)
      return id
    })
}
