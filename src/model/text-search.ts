/** Letters that carry their stroke or partner with them: Unicode does not take those apart. */
const letterReplacements: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  ł: 'l',
  ħ: 'h',
  ı: 'i',
  þ: 'th',
}

/** A text as it's compared with others: without case, accents and doubled spaces. */
export function foldText(text: string): string {
  const plain = /^[ -~]*$/.test(text) ? text.toLowerCase() : withoutAccents(text)
  return plain.replace(/\s+/g, ' ').trim()
}

function withoutAccents(text: string): string {
  const letters = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
  return letters.replace(/[ßæœøđðłħıþ]/g, (letter) => letterReplacements[letter] ?? letter)
}

/** Folded, and with numbers that sort by their value: Apartment 2 before Apartment 10. */
export function nameSortKey(text: string): string {
  return foldText(text).replace(/\d+/g, (digits) => digits.padStart(9, '0'))
}

/** Characters and words that a search may have: no name, e-mail address or phone number has more. */
export const searchLimits = { characters: 200, words: 20 } as const

/** A search that is too long. The message says what it may be. */
export class InvalidSearch extends Error {
  override readonly name = 'InvalidSearch'
}

/** The words of a search, each once. Throws `InvalidSearch`. */
export function searchWords(search: string): readonly string[] {
  const { characters, words: maxWords } = searchLimits
  if (search.length > characters)
    throw new InvalidSearch(
      `The search has ${search.length} characters; the maximum is ${characters}. Pass a shorter text.`,
    )
  const words = [...new Set(foldText(search).split(' '))].filter((word) => word !== '')
  if (words.length > maxWords)
    throw new InvalidSearch(
      `The search has ${words.length} different words; the maximum is ${maxWords}. Pass only the most specific words.`,
    )
  return words
}

/** A row's texts as searches look at them: folded, and the digits of each by themselves. */
export type SearchableText = { readonly text: string; readonly digits: string }

export function toSearchableText(texts: readonly (string | null)[]): SearchableText {
  const text = texts.map((each) => (each === null ? '' : foldText(each))).join('\n')
  return { text, digits: text.replace(/[^\d\n]/g, '') }
}

/** Whether every word stands in a row's texts. Phone numbers are found by their digits, however they're spaced. */
export function matchesSearch(words: readonly string[], { text, digits }: SearchableText): boolean {
  return words.every((word) => {
    const number = /^[\d+()./-]+$/.test(word) ? word.replace(/\D/g, '') : ''
    return text.includes(word) || (number.length >= 3 && digits.includes(number))
  })
}
