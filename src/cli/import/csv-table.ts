import { CsvError, parse } from 'csv-parse/sync'
import { UsageError } from '../terminal.ts'

/** One row of a file: the number of its first line, from 1, and its fields by column name. */
export type CsvRow = { readonly line: number; readonly fields: Readonly<Record<string, string>> }

/** A file: its column names in order, and its rows. */
export type CsvTable = { readonly columns: readonly string[]; readonly rows: readonly CsvRow[] }

const delimiters = [',', ';', '\t'] as const

/**
 * Parses comma-separated values (RFC 4180), or values separated by semicolons or tabs: the delimiter that yields the most
 * `knownColumns` is used. The first line names the columns. Ignores empty lines, and empty columns without a name. Throws `UsageError`.
 */
export function readCsvTable(text: string, knownColumns: readonly string[]): CsvTable {
  // The parser counts a CRLF inside quotes as two lines.
  const lines = text.replace(/\r\n?/g, '\n')
  const [header, ...records] = parseRecords(lines, detectDelimiter(lines, knownColumns)).filter(
    ({ cells }) => !isEmpty(cells),
  )
  if (header === undefined)
    throw new UsageError('The file is empty. Export it again with a first line that names the columns.')
  const named = header.cells.flatMap((name, index) => (name === '' ? [] : [{ name, at: index }]))
  for (const record of records) checkRecordWidth(record, header.cells)
  const rows = records.map(({ line, cells }) => ({
    line,
    fields: Object.fromEntries(named.map(({ name, at: index }) => [name, cells[index] ?? ''])),
  }))
  return { columns: named.map(({ name }) => name), rows }
}

type CsvRecord = { readonly line: number; readonly cells: readonly string[] }

const isEmpty = (cells: readonly string[]): boolean => cells.every((cell) => cell === '')

/** Returns the delimiter that yields the most known columns in the first line or, if several do, the most columns. */
function detectDelimiter(text: string, knownColumns: readonly string[]): string {
  const scores = delimiters.map((delimiter) => {
    const cells = readHeaderCells(text, delimiter)
    return { delimiter, known: cells.filter((cell) => knownColumns.includes(cell)).length, all: cells.length }
  })
  return scores.reduce((best, each) =>
    each.known > best.known || (each.known === best.known && each.all > best.all) ? each : best,
  ).delimiter
}

function readHeaderCells(text: string, delimiter: string): readonly string[] {
  try {
    return parseRecords(text.slice(0, text.indexOf('\n') + 1 || undefined), delimiter)[0]?.cells ?? []
  } catch {
    return []
  }
}

function parseRecords(text: string, delimiter: string): readonly CsvRecord[] {
  const records: CsvRecord[] = []
  let line = 1
  try {
    parse(text, {
      delimiter,
      record_delimiter: '\n',
      relax_column_count: true,
      trim: true,
      on_record(cells: readonly string[], { lines }) {
        records.push({ line, cells: cells.map((cell) => cell.trim()) })
        line = lines + 1
        return null
      },
    })
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    throw new UsageError(
      `Line ${line} has a quote that can't be parsed: put the whole field in quotes, and double each quote inside it.`,
    )
  }
  return records
}

/** Rejects values in columns without a name, and records with too few fields. Spreadsheets add empty columns, which are accepted. */
function checkRecordWidth({ line, cells }: CsvRecord, header: readonly string[]): void {
  const unnamedIndex = cells.findIndex((cell, index) => cell !== '' && (header[index] ?? '') === '')
  if (unnamedIndex >= 0)
    throw new UsageError(
      `Line ${line} has a value in column ${unnamedIndex + 1}, which has no name in the first line. Name the column, remove the value, or put quotes around a field that contains the delimiter.`,
    )
  if (cells.length >= header.length || isEmpty(header.slice(cells.length))) return
  throw new UsageError(
    `Line ${line} has ${cells.length} fields, but the first line has ${header.length}. Add the missing fields.`,
  )
}
