import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname } from 'node:path'
import {
  type CompressibleBody,
  createCompressibleBody,
  sendImmutableFile,
} from '../protocol/compressible-body.ts'

/** Static files of a page. Their names contain a hash of their content, so browsers cache them indefinitely. */
export type StaticAssets = {
  /** Returns the paths of the files in the order of `files`. */
  listPaths(): Promise<readonly string[]>
  /** Sends a file. Resolves to `false` if no file has the path. */
  send(path: string, request: IncomingMessage, response: ServerResponse): Promise<boolean>
}

/** Creates the assets. The files are read at the first request. `prefix` is the start of their paths, such as `/graphiql/`. */
export function createStaticAssets(prefix: string, files: Readonly<Record<string, URL>>): StaticAssets {
  type Asset = { readonly path: string; readonly body: CompressibleBody }
  let loading: Promise<readonly Asset[]> | null = null

  async function readAsset([name, url]: readonly [string, URL]): Promise<Asset> {
    const content = await readFile(url)
    const hash = createHash('sha256').update(content).digest('base64url').slice(0, 16)
    const extension = extname(name)
    const path = `${prefix}${name.slice(0, -extension.length)}.${hash}${extension}`
    return {
      path,
      body: createCompressibleBody(content),
    }
  }

  function loadAll(): Promise<readonly Asset[]> {
    loading ??= Promise.all(Object.entries(files).map(readAsset)).catch((error: unknown) => {
      loading = null
      throw error
    })
    return loading
  }

  return {
    listPaths: async () => (await loadAll()).map(({ path }) => path),
    async send(path, request, response) {
      if (!path.startsWith(prefix)) return false
      const asset = (await loadAll()).find((candidate) => candidate.path === path)
      if (asset === undefined) return false
      response.setHeader('vary', 'origin, accept-encoding')
      await sendImmutableFile(asset.body, path, request, response)
      return true
    },
  }
}
