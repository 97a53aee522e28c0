/** Formats rows of cells as CSV (RFC 4180). Cells with a semicolon or a tab are quoted too, as some programs separate cells by them. */
export function formatCsv(rows: readonly (readonly string[])[]): string {
  return rows.map((cells) => `${cells.map(quoteCell).join(',')}\r\n`).join('')
}

const quoteCell = (text: string): string =>
  /[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text

/** Lets the browser save CSV as a file. The byte order mark tells Excel that the file is UTF-8. */
export function saveCsvFile(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob(['\uFEFF', text], { type: 'text/csv;charset=utf-8' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // The download has the content by then.
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
