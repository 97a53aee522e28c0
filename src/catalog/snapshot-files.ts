import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** Named texts in a folder. A write that ends half-way leaves the text that was there before. */
export type SnapshotFiles = {
  /** All texts, in no order. */
  readAll(): Promise<readonly { readonly name: string; readonly text: string }[]>
  /** Resolves once the text will outlive a power cut. */
  write(name: string, text: string): Promise<void>
  remove(name: string): Promise<void>
}

const ending = '.json'
const unfinished = '.new'

/** Keeps texts in files that only this user may read. The folder is made when something is first written. */
export function createSnapshotFiles(folder: string): SnapshotFiles {
  const fileOf = (name: string): string => join(folder, `${encodeURIComponent(name)}${ending}`)

  return {
    async readAll() {
      const names = await readdir(folder).catch(emptyIfMissing)
      const whole = names.filter((name) => name.endsWith(ending))
      return Promise.all(
        whole.map(async (name) => ({
          name: decodeURIComponent(name.slice(0, -ending.length)),
          text: await readFile(join(folder, name), 'utf8'),
        })),
      )
    },
    async write(name, text) {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const file = fileOf(name)
      await using handle = await open(`${file}${unfinished}`, 'w', 0o600)
      await handle.writeFile(text)
      await handle.sync()
      await rename(`${file}${unfinished}`, file)
    },
    remove: (name) => rm(fileOf(name), { force: true }),
  }
}

function emptyIfMissing(error: NodeJS.ErrnoException): string[] {
  if (error.code === 'ENOENT') return []
  throw error
}
