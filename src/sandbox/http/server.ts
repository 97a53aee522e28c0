import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createErrorEnvelope, SandboxApiError } from './api-error.ts'
import { renderWebviewPage, webviewPath } from './connect-webview-page.ts'
import { type ControlApiOptions, controlPathPrefix, createControlApi } from './control-api.ts'
import { createJsonReply, sendReply } from './replies.ts'
import { createSeamApi, type SeamApiOptions } from './seam-api.ts'

/** Creates the server for Seam's API, the webview page and the control API. No request can end the process. */
export function createSandboxServer(options: SeamApiOptions & ControlApiOptions): Server {
  const api = createSeamApi(options)
  const control = createControlApi(options)

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = URL.parse(request.url ?? '/', 'http://sandbox')
    if (url === null) throw new SandboxApiError(400, 'invalid_input', 'The address is not readable.')
    refuseForeignPages(request)
    if (url.pathname.startsWith(controlPathPrefix)) return sendReply(response, await control(request, url))
    if (url.pathname === webviewPath)
      return sendReply(response, await renderWebviewPage(options.building, request, url))
    return api(request, response, url)
  }

  return createServer((request, response) => {
    serve(request, response).catch((thrown: unknown) => {
      if (response.headersSent) return void response.destroy()
      const refusal =
        thrown instanceof SandboxApiError
          ? thrown
          : new SandboxApiError(500, 'internal_error', 'The sandbox failed.')
      sendReply(
        response,
        createJsonReply(refusal.status, createErrorEnvelope(refusal), { connection: 'close' }),
      )
    })
  })
}

const loopbackHost = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i

/**
 * Refuses requests of foreign origins. On a loopback address, the Host header must be a name of this machine, which prevents DNS
 * rebinding. On every address, pages of other origins are refused.
 */
function refuseForeignPages({ headers, method, socket }: IncomingMessage): void {
  const { host = '', origin } = headers
  const isOnLoopback = /^(::1|(::ffff:)?127\.)/.test(socket.localAddress ?? '')
  if (isOnLoopback && !loopbackHost.test(host))
    throw new SandboxApiError(
      421,
      'misdirected',
      'The sandbox answers on this machine only as localhost or 127.0.0.1.',
    )
  const isForeign = origin !== undefined && URL.parse(origin)?.host !== host.toLowerCase()
  if (isForeign && method !== 'GET' && method !== 'HEAD')
    throw new SandboxApiError(403, 'forbidden', 'Pages of other origins may not use the sandbox.')
}

/** Starts to listen. Resolves with the URL; rejects if the port is in use. */
export async function listen(
  server: Server,
  port: number,
  host: string,
): Promise<{ url: string; port: number }> {
  const listening = Promise.withResolvers<void>()
  server.once('error', listening.reject)
  server.listen(port, host, listening.resolve)
  await listening.promise
  server.off('error', listening.reject)
  const address = server.address() as AddressInfo
  const reachable = { '0.0.0.0': '127.0.0.1', '::': '[::1]' }[address.address] ?? address.address
  const name = reachable.includes(':') && !reachable.startsWith('[') ? `[${reachable}]` : reachable
  return { url: `http://${name}:${address.port}`, port: address.port }
}

/** Closes the server and all connections. */
export async function closeServer(server: Server): Promise<void> {
  const closed = Promise.withResolvers<void>()
  server.close(() => closed.resolve())
  server.closeAllConnections()
  await closed.promise
}
