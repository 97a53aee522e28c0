import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from '../../observability/logger.ts'
import { readChecksummedLines, unfinishedSuffix, writeChecksummedLines } from '../../storage/durable-files.ts'

/** Named texts in a folder, as lines. An incomplete write leaves the previous text unchanged. */
export type SnapshotFiles = {
  /** Reads all texts, one after the other, in no guaranteed order. Logs and removes a damaged file, and skips it. */
  readAll(): AsyncIterable<{ readonly name: string; readonly lines: readonly string[] }>
  /** Writes a text, and takes each line in a turn of the event loop of its own. Resolves once the text is durable. */
  write(name: string, lines: Iterable<string>): Promise<void>
  remove(name: string): Promise<void>
}

const extension = '.json'

/** Stores texts in files that only this user of the operating system can read. Creates the folder with the first write. */
export function createSnapshotFiles(folder: string, log: Pick<Logger, 'warn'>): SnapshotFiles {
  const fileOf = (name: string): string => join(folder, `${encodeURIComponent(name)}${extension}`)

  async function read(
    entry: string,
  ): Promise<{ readonly name: string; readonly lines: readonly string[] } | null> {
    const file = join(folder, entry)
    const name = decodeName(entry.slice(0, -extension.length))
    const content = await readChecksummedLines(file)
    if (content.state === 'whole' && name !== null) return { name, lines: content.lines }
    if (content.state === 'missing') return null
    const problem = content.state === 'damaged' ? content.problem : 'has an invalid name'
    log.warn({ file }, `the snapshot file ${problem}: it is removed, and its data is read from Seam again`)
    await rm(file, { recursive: true, force: true })
    return null
  }

  return {
    async *readAll() {
      const entries = await readdir(folder).catch(emptyIfMissing)
      for (const entry of entries.filter((name) => name.endsWith(unfinishedSuffix)))
        await rm(join(folder, entry), { recursive: true, force: true })
      for (const entry of entries.filter((name) => name.endsWith(extension))) {
        const text = await read(entry)
        if (text !== null) yield text
      }
    },
    write: (name, lines) => writeChecksummedLines(fileOf(name), lines),
    remove: (name) => rm(fileOf(name), { force: true }),
  }
}

function decodeName(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}

function emptyIfMissing(error: NodeJS.ErrnoException): string[] {
  if (error.code === 'ENOENT') return []
  throw error
}
