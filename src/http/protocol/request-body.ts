import type { IncomingMessage } from 'node:http'
import { HttpError } from './http-error.ts'

/** Bytes of an oversized body that are read and discarded, so that the client can finish sending and read the response. */
const maxDiscardedBytes = 1024 * 1024

/**
 * Reads the body of a request, with at most `limitBytes` of it in memory.
 * Rejects with a 413 `HttpError` if the body is larger, and with a 400 one if the client disconnects.
 */
export function readRequestBody(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    const createTooLargeError = () =>
      new HttpError(
        413,
        'PAYLOAD_TOO_LARGE',
        `The request body is larger than ${limitBytes} bytes. Send a smaller one.`,
        {
          connection: 'close',
        },
      )
    let isFinished = false
    // The listeners stay, because removing four of them costs more than reading a small body. One handles later errors.
    const finish = (outcome: () => void) => {
      if (isFinished) return
      isFinished = true
      outcome()
    }
    const onData = (chunk: Buffer) => {
      if (isFinished) return
      length += chunk.length
      if (length <= limitBytes) chunks.push(chunk)
      else chunks.length = 0
      if (length > limitBytes + maxDiscardedBytes) finish(() => reject(createTooLargeError()))
    }
    const onEnd = () =>
      finish(() => (length > limitBytes ? reject(createTooLargeError()) : resolve(Buffer.concat(chunks))))
    const onConnectionLost = () =>
      finish(() =>
        reject(
          new HttpError(
            400,
            'BODY_INCOMPLETE',
            'The connection closed before the request body was complete.',
          ),
        ),
      )
    if (Number(request.headers['content-length'] ?? 0) > limitBytes + maxDiscardedBytes)
      return reject(createTooLargeError())
    request.on('data', onData).on('end', onEnd).on('error', onConnectionLost).on('close', onConnectionLost)
  })
}
