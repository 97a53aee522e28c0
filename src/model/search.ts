/** Letters that carry their stroke or partner with them: Unicode does not take those apart. */
const inseparable: Readonly<Record<string, string>> = {
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
export function folded(text: string): string {
  const plain = /^[ -~]*$/.test(text) ? text.toLowerCase() : withoutAccents(text)
  return plain.replace(/\s+/g, ' ').trim()
}

function withoutAccents(text: string): string {
  const letters = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
  return letters.replace(/[ßæœøđðłħıþ]/g, (letter) => inseparable[letter] ?? letter)
}

/** Folded, and with numbers that sort by their value: Apartment 2 before Apartment 10. */
export function nameKey(text: string): string {
  return folded(text).replace(/\d+/g, (digits) => digits.padStart(9, '0'))
}

/**
 * Whether every word of the search stands in one of the texts. Phone numbers are found by their digits, however they're spaced.
 * A search without words finds everything.
 */
export function searchFor(search: string): (texts: readonly (string | null)[]) => boolean {
  const words = folded(search).split(' ')
  return (texts) => {
    const haystack = texts.map((text) => (text === null ? '' : folded(text))).join('\n')
    const digits = haystack.replace(/[^\d\n]/g, '')
    return words.every((word) => {
      const number = /^[\d+()./-]+$/.test(word) ? word.replace(/\D/g, '') : ''
      return haystack.includes(word) || (number.length >= 3 && digits.includes(number))
    })
  }
}
