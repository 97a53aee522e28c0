/** A text as it's compared with others: without case, accents and doubled spaces. */
export function folded(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replace(/\s+/g, ' ').trim()
}

/** Whether every word of the search stands in one of the texts. Phone numbers are found by their digits, however they're spaced. */
export function matches(search: string, texts: readonly (string | null)[]): boolean {
  const haystack = texts.map((text) => (text === null ? '' : folded(text))).join('\n')
  const digits = haystack.replace(/[^\d\n]/g, '')
  return folded(search)
    .split(' ')
    .every((word) => {
      const number = /^[\d+()./-]+$/.test(word) ? word.replace(/\D/g, '') : ''
      return haystack.includes(word) || (number.length >= 3 && digits.includes(number))
    })
}
