import { isUtf8 } from 'node:buffer'
import { readFile } from 'node:fs/promises'
import { UsageError } from '../terminal.ts'
import { escapeUnprintable, quote } from './printable-text.ts'

const saveAsAdvice = 'Save it as "CSV UTF-8 (Comma delimited)", and import that file.'

/** The first bytes of binary files that spreadsheet programs write. */
const fileSignatures: readonly (readonly [bytes: string, what: string])[] = [
  ['504b0304', 'a workbook (.xlsx, or another zip archive)'],
  ['d0cf11e0', 'a workbook of an older Excel (.xls)'],
  ['25504446', 'a PDF document'],
]

/**
 * Reads a text file: UTF-8, UTF-16 with a byte order mark or an ASCII character at its beginning, or the given `encoding`. Throws
 * `UsageError` with advice for any other file, because a wrong encoding would corrupt names.
 */
export async function readTextFile(file: string, encoding?: string): Promise<string> {
  const bytes = await readFile(file).catch((error: Error) => {
    throw new UsageError(`${escapeUnprintable(file)} can't be read: ${escapeUnprintable(error.message)}`)
  })
  const head = bytes.subarray(0, 4).toString('hex')
  const [, what] = fileSignatures.find(([start]) => head === start) ?? []
  if (what !== undefined)
    throw new UsageError(`${escapeUnprintable(file)} is ${what}, not a CSV file. ${saveAsAdvice}`)
  return encoding === undefined ? decodeDetected(bytes) : decodeAs(bytes, encoding)
}

function decodeDetected(bytes: Buffer): string {
  const utf16 = detectUtf16(bytes)
  if (utf16 !== null) return decode(bytes, createDecoder(utf16))
  if (isUtf8(bytes)) return decode(bytes, createDecoder('utf-8'))
  throw new UsageError(
    `The file isn't UTF-8: see line ${findFirstInvalidLine(bytes)}. ${saveAsAdvice} Or name its encoding, for example that of Excel's plain "CSV" on Windows: --encoding windows-1252.`,
  )
}

/** Detects UTF-16 by the byte order mark, or by the zero byte of the first character: the first line names columns in ASCII. */
function detectUtf16([first, second]: Buffer): 'utf-16le' | 'utf-16be' | null {
  if ((first === 0xff && second === 0xfe) || (first !== 0 && second === 0)) return 'utf-16le'
  if ((first === 0xfe && second === 0xff) || (first === 0 && second !== 0)) return 'utf-16be'
  return null
}

function decodeAs(bytes: Buffer, encoding: string): string {
  const decoder = createDecoder(encoding)
  const isAscii = bytes.every((byte) => byte < 0x80)
  const isUtf = /^utf-?(8|16)/i.test(encoding)
  // Valid UTF-8 beyond ASCII is practically never a list of names in another encoding.
  if (!isUtf && !isAscii && (isUtf8(bytes) || detectUtf16(bytes) !== null))
    throw new UsageError(`The file is ${detectUtf16(bytes) ?? 'UTF-8'}: remove --encoding.`)
  return decode(bytes, decoder)
}

function decode(bytes: Buffer, decoder: InstanceType<typeof TextDecoder>): string {
  try {
    return decoder.decode(bytes)
  } catch {
    throw new UsageError(`The file isn't ${decoder.encoding}. ${saveAsAdvice}`)
  }
}

/** Creates a decoder that removes a byte order mark, and throws for invalid bytes. */
function createDecoder(encoding: string): InstanceType<typeof TextDecoder> {
  try {
    return new TextDecoder(encoding, { fatal: true })
  } catch {
    throw new UsageError(
      `There is no encoding ${quote(encoding)}. Use one such as windows-1252, iso-8859-2, macintosh or shift_jis.`,
    )
  }
}

function findFirstInvalidLine(bytes: Buffer): number {
  let line = 1
  for (let start = 0; start < bytes.length; line++) {
    const end = bytes.indexOf(0x0a, start)
    const next = end < 0 ? bytes.length : end + 1
    if (!isUtf8(bytes.subarray(start, next))) return line
    start = next
  }
  return line
}
