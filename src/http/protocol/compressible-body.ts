import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import Negotiator from 'negotiator'
import { assetMaxAgeSeconds } from '../timings.ts'

/** A response body that is compressed once for each requested encoding. */
export type CompressibleBody = {
  /** Sends the body in the encoding that the client prefers (RFC 9110, section 12.5.3). `status` is 200 by default. */
  send(request: IncomingMessage, response: ServerResponse, type: string, status?: number): Promise<void>
}

const contentTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** Sends a file whose name contains a hash of its content, so that browsers cache it indefinitely. Its type is that of its extension. */
export async function sendImmutableFile(
  body: CompressibleBody,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.setHeader('cache-control', `public, max-age=${assetMaxAgeSeconds}, immutable`)
  await body.send(request, response, contentTypes[extname(path)] ?? 'application/octet-stream')
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
    async send(request, response, type, status = 200) {
      const [encoding = 'identity'] = new Negotiator(request).encodings(['br', 'gzip', 'identity'])
      const body = await encode(encoding)
      if (encoding !== 'identity') response.setHeader('content-encoding', encoding)
      response.writeHead(status, { 'content-type': type, 'content-length': body.length })
      response.end(body)
    },
  }
}
