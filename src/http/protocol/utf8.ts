const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Decodes UTF-8, without a byte order mark. Returns `null` for invalid UTF-8, which a lenient decoder would replace with U+FFFD. */
export function decodeUtf8(bytes: Buffer): string | null {
  try {
    return utf8.decode(bytes)
  } catch {
    return null
  }
}

/** Whether a query string is ASCII and its percent-encoded bytes are valid UTF-8. A `%` without two hexadecimal digits is a literal `%`. */
export function isValidQueryEncoding(query: string): boolean {
  try {
    decodeURIComponent(query.replace(/%(?![0-9a-f]{2})/gi, '%25'))
    return /^[\x20-\x7e]*$/.test(query)
  } catch {
    return false
  }
}
