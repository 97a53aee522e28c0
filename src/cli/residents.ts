import { hash } from 'node:crypto'
import { parseDateTime } from '../model/time.ts'
import type { CsvRow } from './csv.ts'
import { UsageError } from './usage.ts'

/** The columns of a file of residents. */
export const columns = {
  fullName: 'required',
  startsAt: 'required',
  endsAt: 'optional',
  emailAddress: 'optional',
  phoneNumber: 'optional',
  mobileKeyDoors: 'optional',
  codeDoors: 'optional',
} as const

/** A resident as `moveInMany` takes them. */
export type Resident = {
  readonly acsSystemId: string
  readonly fullName: string
  readonly startsAt: string
  readonly endsAt?: string
  readonly emailAddress?: string
  readonly phoneNumber?: string
  readonly mobileKeyAcsEntranceIds: readonly string[]
  readonly codeAcsEntranceIds: readonly string[]
  readonly idempotencyKey: string
}

/** A line of the file: who it's about, or what is wrong with it. */
export type Line = {
  readonly line: number
  readonly name: string
  readonly resident: Resident | null
  readonly problem: string | null
}

/** Doors of a building by their names and ids. */
export type DoorIds = ReadonlyMap<string, readonly string[]>

/** Throws `UsageError` for a file whose columns aren't those of residents. */
export function checkColumns(rows: readonly CsvRow[]): void {
  const names = Object.keys(rows[0]?.fields ?? {})
  const known = Object.keys(columns)
  const unknown = names.filter((name) => !known.includes(name))
  const missing = known.filter(
    (name) => columns[name as keyof typeof columns] === 'required' && !names.includes(name),
  )
  if (rows.length === 0) throw new UsageError('The file has no residents.')
  if (unknown.length + missing.length === 0) return
  const said = [
    ...unknown.map((name) => `"${name}" is no column.`),
    ...missing.map((name) => `The column ${name} is missing.`),
  ]
  throw new UsageError(`${said.join(' ')} Columns are: ${known.join(', ')}.`)
}

/** Makes residents of lines. The same line has the same idempotency key each time, so that a file can be imported again. */
export function readLines(rows: readonly CsvRow[], acsSystemId: string, doors: DoorIds): readonly Line[] {
  const seen = new Map<string, number>()
  return rows.map((row) => {
    const { fullName: name = '' } = row.fields
    const key = `import ${hash('sha256', JSON.stringify([acsSystemId, Object.entries(row.fields).sort()]))}`
    const twin = seen.get(key)
    seen.set(key, twin ?? row.line)
    if (twin !== undefined) return problem(row, name, `It's the same as line ${twin}.`)
    try {
      return { line: row.line, name, resident: residentOf(row, acsSystemId, doors, key), problem: null }
    } catch (error) {
      if (!(error instanceof UsageError)) throw error
      return problem(row, name, error.message)
    }
  })
}

const problem = ({ line }: CsvRow, name: string, text: string): Line => ({
  line,
  name,
  resident: null,
  problem: text,
})

function residentOf({ fields }: CsvRow, acsSystemId: string, doors: DoorIds, key: string): Resident {
  const { fullName = '', startsAt = '', endsAt = '', emailAddress = '', phoneNumber = '' } = fields
  return {
    acsSystemId,
    fullName,
    startsAt: timeIn('startsAt', startsAt),
    ...(endsAt !== '' && { endsAt: timeIn('endsAt', endsAt) }),
    ...(emailAddress !== '' && { emailAddress }),
    ...(phoneNumber !== '' && { phoneNumber }),
    mobileKeyAcsEntranceIds: doorsIn(fields.mobileKeyDoors, doors),
    codeAcsEntranceIds: doorsIn(fields.codeDoors, doors),
    idempotencyKey: key,
  }
}

function timeIn(column: string, text: string): string {
  const time = parseDateTime(text)
  if (time === null)
    throw new UsageError(`${column} "${text}" is no time with an offset, such as 2026-12-01T15:00:00-05:00.`)
  return time
}

function doorsIn(text: string | undefined, doors: DoorIds): string[] {
  const names = (text ?? '').split(';').map((name) => name.trim())
  return names
    .filter((name) => name !== '')
    .map((name) => {
      const [id, another] = doors.get(name) ?? []
      if (id === undefined) throw new UsageError(`There is no door "${name}" in this building.`)
      if (another !== undefined) throw new UsageError(`Several doors are called "${name}": give its id.`)
      return id
    })
}
