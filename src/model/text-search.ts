/** Letters with a stroke and ligatures, which Unicode does not decompose into base letters. */
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

/** Normalizes a text for comparison: removes case, accents and repeated spaces. */
export function foldText(text: string): string {
  const plain = /^[ -~]*$/.test(text) ? text.toLowerCase() : withoutAccents(text)
  return plain.replace(/\s+/g, ' ').trim()
}

function withoutAccents(text: string): string {
  const letters = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
  return letters.replace(/[ßæœøđðłħıþ]/g, (letter) => letterReplacements[letter] ?? letter)
}

/** Returns a sort key for a name: normalized, with numbers that sort by value, so that Apartment 2 comes before Apartment 10. */
export function nameSortKey(text: string): string {
  return foldText(text).replace(/\d+/g, (digits) => digits.padStart(9, '0'))
}

/** Maximum number of characters and words in a search text. No name, email address or phone number has more. */
export const searchLimits = { characters: 200, words: 20 } as const

/** A search text is too long. The message states the maximum. */
export class InvalidSearch extends Error {
  override readonly name = 'InvalidSearch'
}

/** Returns the different words of a search text. Throws `InvalidSearch` if the text is too long. */
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

/** Returns the normalized texts of a row for `matchesSearch`: one line for each different text. */
export function toSearchableText(texts: readonly (string | null)[]): string {
  return [...new Set(texts)].flatMap((text) => (text === null ? [] : foldText(text))).join('\n')
}

/** Whether a row's texts contain every word. Phone numbers are compared by their digits, whatever their separators. */
export function matchesSearch(words: readonly string[], text: string): boolean {
  return words.every((word) => {
    if (text.includes(word)) return true
    const digits = /^[\d+()./-]+$/.test(word) ? word.replace(/\D/g, '') : ''
    return digits.length >= 3 && text.replace(/[^\d\n]/g, '').includes(digits)
  })
}
