/** One line of a file: its number, from 1, and its fields by the names in the first line. */
export type CsvRow = { readonly line: number; readonly fields: Readonly<Record<string, string>> }

/** A file that can't be read as CSV; the message says where. */
export class CsvError extends Error {
  override readonly name = 'CsvError'
}

/**
 * Reads comma-separated values (RFC 4180): fields may be quoted, and hold commas, line ends and doubled quotes then. The first line
 * names the columns; empty lines don't count. Throws `CsvError`.
 */
export function parseCsv(text: string): readonly CsvRow[] {
  const [header, ...lines] = records(text.replace(/^\uFEFF/, ''))
  if (header === undefined) throw new CsvError('The file is empty.')
  const names = header.fields.map((name) => name.trim())
  return lines.map(({ line, fields }) => {
    if (fields.length !== names.length)
      throw new CsvError(`Line ${line} has ${fields.length} fields, and the first line ${names.length}.`)
    return { line, fields: Object.fromEntries(names.map((name, at) => [name, fields[at]?.trim() ?? ''])) }
  })
}

type CsvRecord = { readonly line: number; readonly fields: readonly string[] }

/** A field, quoted or not, and what ends it. */
const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\n|\r|$)/y

function records(text: string): CsvRecord[] {
  const found: CsvRecord[] = []
  let fields: string[] = []
  let line = 1
  let start = 1
  for (field.lastIndex = 0; field.lastIndex < text.length || fields.length > 0; ) {
    const match = field.exec(text)
    if (match === null) throw new CsvError(`Line ${line} has a quote that can't be made sense of.`)
    const [whole, quoted, plain = '', end] = match
    fields.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'))
    line += whole.match(/\r\n|\n|\r/g)?.length ?? 0
    if (end === ',') continue
    if (fields.some((each) => each.trim() !== '')) found.push({ line: start, fields })
    fields = []
    start = line
  }
  return found
}
