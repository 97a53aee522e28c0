import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import Negotiator from 'negotiator'
import { assetMaxAgeSeconds } from '../timings.ts'

/** Static files of a page. Their names contain a hash of their content, so browsers cache them indefinitely. */
export type StaticAssets = {
  /** Returns the paths of the files in the order of `files`. */
  listPaths(): Promise<readonly string[]>
  /** Sends a file. Resolves to `false` if no file has the path. */
  send(path: string, request: IncomingMessage, response: ServerResponse): Promise<boolean>
}

const contentTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
}

/** Creates the assets. The files are read at the first request. `prefix` is the start of their paths, such as `/graphiql/`. */
export function createStaticAssets(prefix: string, files: Readonly<Record<string, URL>>): StaticAssets {
  type Asset = { readonly path: string; readonly type: string; readonly body: CompressibleBody }
  let loading: Promise<readonly Asset[]> | null = null

  async function readAsset([name, url]: readonly [string, URL]): Promise<Asset> {
    const content = await readFile(url)
    const hash = createHash('sha256').update(content).digest('base64url').slice(0, 16)
    const extension = extname(name)
    const path = `${prefix}${name.slice(0, -extension.length)}.${hash}${extension}`
    return {
      path,
      type: contentTypes[extension] ?? 'application/octet-stream',
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
      response.setHeader('cache-control', `public, max-age=${assetMaxAgeSeconds}, immutable`)
      response.setHeader('vary', 'origin, accept-encoding')
      await asset.body.send(request, response, asset.type)
      return true
    },
  }
}

/** A response body that is compressed once for each requested encoding. */
export type CompressibleBody = {
  /** Sends the body in the encoding that the client prefers (RFC 9110, section 12.5.3). */
  send(request: IncomingMessage, response: ServerResponse, type: string): Promise<void>
}

/** Higher qualities take seconds and save only a few per cent. */
const brotliQuality = 5

export function createCompressibleBody(plain: Buffer): CompressibleBody {
  const encoders: Readonly<Record<string, () => Promise<Buffer>>> = {
    identity: async () => plain,
    gzip: () => promisify(gzip)(plain),
    br: () =>
      promisify(brotliCompress)(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: brotliQuality } }),
  }
  const encodedBodies = new Map<string, Promise<Buffer>>()

  function encode(encoding: string): Promise<Buffer> {
    const pending = encodedBodies.get(encoding) ?? encoders[encoding]?.() ?? Promise.resolve(plain)
    encodedBodies.set(encoding, pending)
    return pending
  }

  return {
    async send(request, response, type) {
      const [encoding = 'identity'] = new Negotiator(request).encodings(['br', 'gzip', 'identity'])
      const body = await encode(encoding)
      if (encoding !== 'identity') response.setHeader('content-encoding', encoding)
      response.writeHead(200, { 'content-type': type, 'content-length': body.length })
      response.end(body)
    },
  }
}
