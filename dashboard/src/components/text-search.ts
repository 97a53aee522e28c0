/** Lower case without accents: "Zoë" is found by "zoe". */
export function normalizeText(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLocaleLowerCase('en')
}

/** Creates a test whether each word of a search occurs in a text. An empty search matches everything. */
export function createMatcher(search: string): (text: string) => boolean {
  const words = normalizeText(search).split(/\s+/).filter(Boolean)
  if (words.length === 0) return () => true
  return (text) => {
    const normalized = normalizeText(text)
    return words.every((word) => normalized.includes(word))
  }
}
