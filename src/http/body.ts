import type { IncomingMessage } from 'node:http'
import { Refusal } from './respond.ts'

/** How much of an oversized body is read and thrown away, so that an honest sender gets to see the answer. */
const patienceBytes = 1024 * 1024

/**
 * Reads a request's body, keeping no more than `limitBytes` of it in memory.
 * Rejects with a 413 `Refusal` for more, and with a 400 one when the sender goes away.
 */
export function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    const tooLarge = () =>
      new Refusal(413, 'PAYLOAD_TOO_LARGE', `A body here is at most ${limitBytes} bytes.`, {
        connection: 'close',
      })
    const settle = (outcome: () => void) => {
      request.off('data', onData).off('end', onEnd).off('error', onLost).off('close', onLost)
      request.on('error', () => {})
      outcome()
    }
    const onData = (chunk: Buffer) => {
      length += chunk.length
      if (length <= limitBytes) chunks.push(chunk)
      else chunks.length = 0
      if (length > limitBytes + patienceBytes) settle(() => reject(tooLarge()))
    }
    const onEnd = () =>
      settle(() => (length > limitBytes ? reject(tooLarge()) : resolve(Buffer.concat(chunks))))
    const onLost = () => settle(() => reject(new Refusal(400, 'BODY_INCOMPLETE', 'The body ended early.')))
    if (Number(request.headers['content-length'] ?? 0) > limitBytes + patienceBytes) return reject(tooLarge())
    request.on('data', onData).on('end', onEnd).on('error', onLost).on('close', onLost)
  })
}
