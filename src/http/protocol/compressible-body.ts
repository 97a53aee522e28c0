import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import Negotiator from 'negotiator'

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
