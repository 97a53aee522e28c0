import type { UserError } from './user-error.ts'

/** Control characters, line separators, halves of surrogate pairs, non-characters, and what stands for bytes that were not understood. */
const forbiddenCharacter = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Noncharacter_Code_Point}\uFFFD]/u

/** What takes up no ink: spaces, combining marks, and everything that Unicode lets a font leave out; the last two are blank by their shape. */
const invisibleCharacters =
  /[\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}\p{Cs}\p{M}\u2800\u{1D159}]/gu

/** Whether nothing of a text can be seen. */
export function isInvisible(text: string): boolean {
  return text.replace(invisibleCharacters, '') === ''
}

/**
 * Objects to every text in an input that holds a character which no name, address, note or id has; white space around a text doesn't
 * count. `at` is the path of the input.
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

/** Objects to an idempotency key without a visible character, or with too many. */
export function idempotencyKeyErrors(key: string | null | undefined, maxCharacters = 255): UserError[] {
  if (key == null || (!isInvisible(key) && key.length <= maxCharacters)) return []
  const message = `An idempotency key must have 1 to ${maxCharacters} characters, at least one of them visible.`
  return [{ field: ['idempotencyKey'], code: 'INVALID', message }]
}
