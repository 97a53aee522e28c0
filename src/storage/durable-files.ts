import { createHash, hash, randomUUID } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, linkSync, mkdirSync, openSync, rmSync, statSync } from 'node:fs'
import { type FileHandle, open, readFile, rename } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StringDecoder } from 'node:string_decoder'

/** Suffix of a file that is being written. A crash may leave such a file behind; it is never read. */
export const unfinishedSuffix = '.new'

/** First line of a checksummed file: format version and SHA-256 of the file's name and text. */
const headerPattern = /^latchkey-file 1 ([0-9a-f]{64})\n/
const headerStart = 'latchkey-file 1 '
const checksumLength = 64
const headerLength = headerStart.length + checksumLength + 1
/** Bytes that are read in one turn of the event loop. */
const chunkBytes = 256 * 1024

/** The result of reading a checksummed file. `problem` completes the sentence "The file … ". */
export type ChecksummedFile =
  | { readonly state: 'missing' }
  | { readonly state: 'whole'; readonly text: string }
  | { readonly state: 'damaged'; readonly problem: string; readonly raw: string }

/**
 * Creates a folder that only this user may read, and its missing parents. It does not use `mkdir` with `recursive`, which never returns for a
 * parent such as /proc, where creating a folder fails with ENOENT.
 */
export function createFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return
  const parent = dirname(folder)
  if (parent !== folder) createFolder(parent)
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    // Another process may have created it meanwhile.
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) throw error
  }
}

/**
 * Replaces a file's content atomically: after a crash at any time the file has the old content or the new one. Resolves once the new content
 * survives a power failure. Creates missing folders; only this user may read them and the file. A file must have one writer at a time.
 */
export function writeFileAtomically(file: string, content: string): Promise<void> {
  return replaceFile(file, (handle) => handle.writeFile(content))
}

async function replaceFile(file: string, write: (handle: FileHandle) => Promise<void>): Promise<void> {
  createFolder(dirname(file))
  const unfinished = `${file}${unfinishedSuffix}`
  {
    await using handle = await open(unfinished, 'w', 0o600)
    await write(handle)
    await handle.sync()
  }
  await rename(unfinished, file)
  await syncFolder(dirname(file))
}

/**
 * Creates an empty file that only this user may read, unless the file exists. SQLite would create a database that every user may read. An
 * existing file is not opened, since closing it would release all locks of this process on it (POSIX).
 */
export function createPrivateFile(file: string): void {
  try {
    closeSync(openSync(file, 'ax', 0o600))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

/**
 * Creates a SQLite database, unless the file exists. The file gets its name once its schema is on disk, so an empty file is always a damaged
 * one. Several processes may call this at the same time; one of them creates the file.
 */
export function createDatabaseFile(file: string, createSchema: (db: DatabaseSync) => void): void {
  if (existsSync(file)) return
  const folder = dirname(file)
  createFolder(folder)
  const unfinished = `${file}.${randomUUID()}${unfinishedSuffix}`
  try {
    createPrivateFile(unfinished)
    const db = new DatabaseSync(unfinished)
    try {
      db.exec('PRAGMA synchronous = FULL; PRAGMA fullfsync = ON;')
      createSchema(db)
    } finally {
      db.close()
    }
    // Unlike `rename`, `link` does not replace a file that another process has created meanwhile.
    linkSync(unfinished, file)
    syncFolderSync(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    for (const suffix of ['', '-journal', '-wal', '-shm']) rmSync(`${unfinished}${suffix}`, { force: true })
  }
}

/** Whether a database file was truncated to nothing. SQLite would open it as a new database. */
export function isEmptiedDatabase(file: string): boolean {
  const isEmpty = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.size === 0
  const wal = `${file}-wal`
  return isEmpty(file) && (!existsSync(wal) || isEmpty(wal))
}

function syncFolderSync(folder: string): void {
  if (process.platform === 'win32') return
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/** Flushes a folder's entries to disk. Without it, a renamed file may have its old name after a power failure. */
export async function syncFolder(folder: string): Promise<void> {
  // Windows cannot open a folder.
  if (process.platform === 'win32') return
  await using handle = await open(folder, 'r')
  await handle.sync()
}

/** Writes a text as `writeFileAtomically` does, with a checksum by which `readChecksummedFile` detects damage. */
export async function writeChecksummedFile(file: string, text: string): Promise<void> {
  await writeFileAtomically(file, `${headerStart}${computeChecksum(file, text)}\n${text}`)
}

/**
 * Writes lines of text as `writeChecksummedFile` writes a text. Takes the next line when the previous one is written, in another turn of the
 * event loop, so that a large file can be created in short turns.
 */
export function writeChecksummedLines(file: string, lines: Iterable<string>): Promise<void> {
  return replaceFile(file, async (handle) => {
    const checksum = createHash('sha256').update(`${basename(file)}\n`)
    await handle.writeFile(`${headerStart}${'0'.repeat(checksumLength)}\n`)
    for (const line of lines) {
      const bytes = Buffer.from(`${line}\n`)
      checksum.update(bytes)
      await handle.writeFile(bytes)
    }
    await handle.write(checksum.digest('hex'), headerStart.length)
  })
}

/** Reads a file of `writeChecksummedFile`. Never rejects: a file that cannot be read counts as damaged. */
export async function readChecksummedFile(file: string): Promise<ChecksummedFile> {
  let raw: string
  try {
    raw = await readFile(file, 'utf8')
  } catch (error) {
    return createReadError(error)
  }
  if (raw === '') return { state: 'damaged', problem: 'is empty', raw }
  const [line = '', checksum] = headerPattern.exec(raw) ?? []
  if (checksum === undefined) return { state: 'damaged', problem: 'has no valid header', raw }
  const text = raw.slice(line.length)
  if (checksum !== computeChecksum(file, text))
    return { state: 'damaged', problem: 'does not match its checksum', raw }
  return { state: 'whole', text }
}

/** The result of reading the lines of a checksummed file. */
export type ChecksummedLines =
  | Exclude<ChecksummedFile, { readonly state: 'whole' }>
  | { readonly state: 'whole'; readonly lines: readonly string[] }

/**
 * Reads a file of `writeChecksummedLines` in chunks, each in a turn of the event loop of its own. Never rejects: a file that cannot be read
 * counts as damaged.
 */
export async function readChecksummedLines(file: string): Promise<ChecksummedLines> {
  const checksum = createHash('sha256').update(`${basename(file)}\n`)
  const decoder = new StringDecoder()
  const lines: string[] = []
  let rest = ''
  let header: string | undefined
  try {
    await using handle = await open(file)
    for await (const chunk of handle.createReadStream({
      highWaterMark: chunkBytes,
    }) as AsyncIterable<Buffer>) {
      const body = header === undefined ? chunk.subarray(headerLength) : chunk
      header ??= chunk.toString('latin1', 0, headerLength)
      checksum.update(body)
      const [first = '', ...others] = decoder.write(body).split('\n')
      rest += first
      for (const line of others) {
        lines.push(rest)
        rest = line
      }
    }
  } catch (error) {
    return createReadError(error)
  }
  if (header === undefined) return { state: 'damaged', problem: 'is empty', raw: '' }
  const expected = headerPattern.exec(header)?.[1]
  if (expected === undefined) return { state: 'damaged', problem: 'has no valid header', raw: '' }
  if (expected !== checksum.digest('hex'))
    return { state: 'damaged', problem: 'does not match its checksum', raw: '' }
  return { state: 'whole', lines: rest === '' ? lines : [...lines, rest] }
}

/** Includes the file's name, which detects a file that was copied over another one. */
const computeChecksum = (file: string, text: string): string => hash('sha256', `${basename(file)}\n${text}`)

function createReadError(error: unknown): Exclude<ChecksummedFile, { readonly state: 'whole' }> {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ENOENT') return { state: 'missing' }
  return { state: 'damaged', problem: `cannot be read: ${message}`, raw: '' }
}
