import { parsePhoneNumberFromString } from 'libphonenumber-js'

/**
 * Returns a text that is equal for two notations of a phone number exactly if they are the same number: the E.164 form, followed by the
 * extension if there is one. For a number that is not international, the text consists of the digits.
 */
export function phoneComparisonKey(phoneNumber: string): string {
  const parsed = parsePhoneNumberFromString(phoneNumber)
  if (parsed === undefined) return phoneNumber.replace(/\D/g, '') || phoneNumber.trim()
  return parsed.ext === undefined ? parsed.number : `${parsed.number};ext=${parsed.ext}`
}

const separators = /[\s()./\u2010-\u2015-]/gu
const e164Pattern = /^\+[1-9]\d{6,14}$/

/**
 * Converts an international phone number with any separators to E.164. Returns `null` for a text that does not begin with `+`, and for a
 * number with an extension, because E.164 cannot express extensions.
 */
export function toE164(phoneNumber: string): string | null {
  // A number that was copied from a phone's address book is often surrounded by invisible characters for the writing direction.
  const text = phoneNumber
    .normalize('NFKC')
    .replace(/\p{Cf}/gu, '')
    .trim()
  if (!text.startsWith('+')) return null
  const parsed = parsePhoneNumberFromString(text, { extract: false })
  if (parsed?.ext !== undefined) return null
  // Seam decides about country codes that the library does not know.
  const number = parsed?.number ?? text.replace(separators, '')
  return e164Pattern.test(number) ? number : null
}

/** Returns a text that is equal for two email addresses exactly if they differ only in case and surrounding spaces. */
export function emailComparisonKey(emailAddress: string): string {
  return emailAddress.trim().normalize('NFC').toLowerCase()
}

/** Whether two phone numbers are the same number. `null` is not the same as any value, including `null`. */
export function isSamePhone(a: string | null, b: string | null): boolean {
  return a !== null && b !== null && phoneComparisonKey(a) === phoneComparisonKey(b)
}

/** Whether two email addresses are the same. `null` is not the same as any value, including `null`. */
export function isSameEmail(a: string | null, b: string | null): boolean {
  return a !== null && b !== null && emailComparisonKey(a) === emailComparisonKey(b)
}
