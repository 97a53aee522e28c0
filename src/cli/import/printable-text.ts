/** Characters that move a terminal's cursor, change the text direction, or end a line or a field of the report. */
const unprintablePattern = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}]/gu
const escapeNames: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** Replaces unprintable characters of an untrusted text, such as a name in a file, by JSON escape sequences. */
export function escapeUnprintable(text: string): string {
  return text.replace(
    unprintablePattern,
    (character) => escapeNames[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** Returns the escaped text in quotes. */
export function quote(text: string): string {
  return `"${escapeUnprintable(text)}"`
}
