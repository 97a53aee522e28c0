import { closestMatch } from 'leven'
import { UsageError } from '../terminal.ts'
import type { CsvTable } from './csv-table.ts'
import { quote } from './printable-text.ts'

/** The columns of the file. */
const columns = {
  fullName: 'required',
  startsAt: 'required',
  endsAt: 'optional',
  emailAddress: 'optional',
  phoneNumber: 'optional',
  mobileKeyDoors: 'optional',
  codeDoors: 'optional',
  sameUser: 'optional',
} as const
export const columnNames = Object.keys(columns)

/** Column of a report about rows that were not imported. It is ignored, so that a corrected report can be imported. */
export const reportColumn = 'problem'

/** Throws `UsageError` for unknown, duplicate or missing columns, and for a file without residents. */
export function checkColumns({ columns: columnsInFile, rows }: CsvTable): void {
  const duplicateColumns = new Set(
    columnsInFile.filter((name, index) => columnsInFile.indexOf(name) !== index),
  )
  const unknown = new Set(
    columnsInFile.filter((name) => !columnNames.includes(name) && name !== reportColumn),
  )
  const missing = columnNames.filter(
    (name) => columns[name as keyof typeof columns] === 'required' && !columnsInFile.includes(name),
  )
  const problems = [
    ...[...duplicateColumns].map((name) => `The column ${quote(name)} appears twice.`),
    ...[...unknown].map(
      (name) => `${quote(name)} is not a column.${formatSuggestion(findNearestColumn(name))}`,
    ),
    ...missing.map((name) => `The column ${name} is missing.`),
  ]
  if (problems.length > 0)
    throw new UsageError(`${problems.join(' ')} Known columns: ${columnNames.join(', ')}.`)
  if (rows.length === 0)
    throw new UsageError('The file has no residents: add a line for each below the names of the columns.')
}

/** Returns the column with the most similar name, or one whose name contains the given name. */
function findNearestColumn(name: string): string | undefined {
  const plain = (text: string): string => text.toLowerCase().replace(/[^a-z]/g, '')
  const wanted = plain(name)
  if (wanted.length < 3) return undefined
  const nearest = closestMatch(wanted, columnNames.map(plain), { maxDistance: 3 })
  return (
    columnNames.find((column) => plain(column) === nearest) ??
    columnNames.find((column) => plain(column).includes(wanted))
  )
}

const formatSuggestion = (name: string | undefined): string =>
  name === undefined ? '' : ` Did you mean ${name}?`

/** Returns a text that is the same for the same row of a file and building, from which idempotency keys are derived. */
export function describeRowContent(acsSystemId: string, fields: Readonly<Record<string, string>>): string {
  const entries = Object.entries(fields).filter(([name]) => name !== reportColumn)
  return JSON.stringify([acsSystemId, entries.sort()])
}
