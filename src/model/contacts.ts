import { parsePhoneNumberFromString } from 'libphonenumber-js'

/**
 * A text that two phone numbers share exactly when they are the same number, however they are written: E.164, with an extension where
 * there is one. What is no international number is compared by its digits.
 */
export function phoneComparisonKey(phoneNumber: string): string {
  const parsed = parsePhoneNumberFromString(phoneNumber)
  if (parsed === undefined) return phoneNumber.replace(/\D/g, '') || phoneNumber.trim()
  return parsed.ext === undefined ? parsed.number : `${parsed.number};ext=${parsed.ext}`
}

const separators = /[\s()./\u2010-\u2015-]/gu
const e164Pattern = /^\+[1-9]\d{6,14}$/

/**
 * An international number in E.164 form, however it is separated; `null` for what does not begin with `+` and for one with an extension,
 * which E.164 has no place for.
 */
export function toE164(phoneNumber: string): string | null {
  // A number that was copied from a phone's address book often has invisible marks of writing direction around it.
  const text = phoneNumber
    .normalize('NFKC')
    .replace(/\p{Cf}/gu, '')
    .trim()
  if (!text.startsWith('+')) return null
  const parsed = parsePhoneNumberFromString(text, { extract: false })
  if (parsed?.ext !== undefined) return null
  // Country codes that the library does not know are Seam's to judge.
  const number = parsed?.number ?? text.replace(separators, '')
  return e164Pattern.test(number) ? number : null
}

/** A text that two e-mail addresses share exactly when they differ in case and surrounding spaces only. */
export function emailComparisonKey(emailAddress: string): string {
  return emailAddress.trim().normalize('NFC').toLowerCase()
}

/** Whether two phone numbers are the same number. `null` is the same as nothing. */
export function isSamePhone(a: string | null, b: string | null): boolean {
  return a !== null && b !== null && phoneComparisonKey(a) === phoneComparisonKey(b)
}

/** Whether two e-mail addresses are the same. `null` is the same as nothing. */
export function isSameEmail(a: string | null, b: string | null): boolean {
  return a !== null && b !== null && emailComparisonKey(a) === emailComparisonKey(b)
}
