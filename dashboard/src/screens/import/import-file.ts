import { checkColumns, columnNames, reportColumn } from '../../../../src/cli/import/columns.ts'
import { type CsvRow, type CsvTable, readCsvTable } from '../../../../src/cli/import/csv-table.ts'
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
  return [[...columns, reportColumn], ...lines]
    .map((cells) => `${cells.map(quoteCell).join(',')}\r\n`)
    .join('')
}

const quoteCell = (text: string): string =>
  /[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text

/** Lets the browser save a text as a file. The byte order mark tells Excel that the file is UTF-8. */
export function saveFile(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob(['\uFEFF', text], { type: 'text/csv;charset=utf-8' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // The download has the content by then.
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
