import { checkColumns, columnNames, reportColumn } from '../../../../src/cli/import/columns.ts'
import { type CsvRow, type CsvTable, readCsvTable } from '../../../../src/cli/import/csv-table.ts'
import { formatCsv } from '../../components/csv-file.ts'
import { texts } from '../../texts.ts'

/** Reads a CSV file in UTF-8 or UTF-16. Throws an `Error` with a message for the user. */
export async function readImportFile(file: File): Promise<CsvTable> {
  const bytes = new Uint8Array(await file.arrayBuffer())
  const isArchive = bytes[0] === 0x50 && bytes[1] === 0x4b
  if (isArchive) throw new Error(texts.importResidents.workbook)
  const table = readCsvTable(decodeText(bytes), columnNames)
  checkColumns(table)
  return table
}

function decodeText(bytes: Uint8Array): string {
  const [first, second] = bytes
  const encoding =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8'
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes)
  } catch {
    throw new Error(texts.importResidents.encoding)
  }
}

/** Formats rows as a CSV file that can be imported again, with the problem of each row in a column of its own. */
export function formatImportFile(
  rows: readonly { readonly fields: CsvRow['fields']; readonly problem: string }[],
): string {
  const columns = columnNames.filter((name) => rows.some(({ fields }) => (fields[name] ?? '') !== ''))
  const lines = rows.map(({ fields, problem }) => [...columns.map((name) => fields[name] ?? ''), problem])
  return formatCsv([[...columns, reportColumn], ...lines])
}
