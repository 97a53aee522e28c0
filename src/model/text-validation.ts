import type { UserError } from './user-error.ts'

/** Control characters, line and paragraph separators, lone surrogates, non-characters, and the replacement character for invalid bytes. */
const forbiddenCharacter = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Noncharacter_Code_Point}\uFFFD]/u

/** Spaces, combining marks and the characters that Unicode allows fonts to omit. The last two characters have an empty glyph. */
const invisibleCharacters =
  /[\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}\p{Cs}\p{M}\u2800\u{1D159}]/gu

/** Whether a text has no visible characters. */
export function isInvisible(text: string): boolean {
  return text.replace(invisibleCharacters, '') === ''
}

/**
 * Returns an error for each text in an input that contains a character which is invalid in names, addresses, notes and ids. Ignores white
 * space around a text. `path` is the path of the input.
 */
export function textErrors(input: unknown, path: readonly string[] = []): UserError[] {
  if (typeof input === 'string') return errorsOfText(input, path)
  if (typeof input !== 'object' || input === null) return []
  return Object.entries(input).flatMap(([name, value]) => textErrors(value, [...path, name]))
}

function errorsOfText(text: string, field: readonly string[]): UserError[] {
  const [found] = forbiddenCharacter.exec(text.trim()) ?? []
  if (found === undefined) return []
  const code = `U+${(found.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
  const message =
    found === '\uFFFD'
      ? `The text contains the replacement character ${code}: a character was lost when the text was decoded. Read the text again with its original encoding.`
      : `The text contains the character ${code}, which is not allowed. Remove it.`
  return [{ field, code: 'INVALID', message }]
}

/** Returns an error for an idempotency key that has no visible character or more than `maxCharacters` characters. */
export function idempotencyKeyErrors(key: string | null | undefined, maxCharacters = 255): UserError[] {
  if (key == null || (!isInvisible(key) && key.length <= maxCharacters)) return []
  const message = `An idempotency key must have 1 to ${maxCharacters} characters, at least one of them visible.`
  return [{ field: ['idempotencyKey'], code: 'INVALID', message }]
}
