/** A Markdown table. */
export type Table = { readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] }

/** Returns the first table of a text, or `null` if it contains none. */
export function parseTable(text: string): Table | null {
  const lines = text.split('\n')
  const start = lines.findIndex((line) => line.startsWith('|'))
  if (start === -1) return null
  const end = lines.findIndex((line, index) => index > start && !line.startsWith('|'))
  const [head = [], , ...rows] = lines.slice(start, end === -1 ? undefined : end).map(toCells)
  return { head, rows }
}

function toCells(line: string): string[] {
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim().replaceAll('`', ''))
}
