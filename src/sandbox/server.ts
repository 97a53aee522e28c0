import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type ApiOptions, createApi } from './api.ts'
import { type ControlOptions, controlPath, createControl } from './control.ts'
import { json, send } from './http.ts'
import { envelope, Refusal } from './refusal.ts'
import { webviewPage, webviewPath } from './webview-page.ts'

/** One server for Seam's API, the webview page and the control API. Nothing a client sends ends it. */
export function createSandboxServer(options: ApiOptions & ControlOptions): Server {
  const api = createApi(options)
  const control = createControl(options)

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = URL.parse(request.url ?? '/', 'http://sandbox')
    if (url === null) throw new Refusal(400, 'invalid_input', 'The address is not readable.')
    if (url.pathname.startsWith(controlPath)) return send(response, await control(request, url))
    if (url.pathname === webviewPath) return send(response, await webviewPage(options.building, request, url))
    return api(request, response, url)
  }

  return createServer((request, response) => {
    serve(request, response).catch((thrown: unknown) => {
      if (response.headersSent) return void response.destroy()
      const refusal =
        thrown instanceof Refusal ? thrown : new Refusal(500, 'internal_error', 'The sandbox failed.')
      send(response, json(refusal.status, envelope(refusal), { connection: 'close' }))
    })
  })
}

/** Listens, and answers where: rejects when the port is taken. */
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

/** Closes the server and every connection to it. */
export async function shut(server: Server): Promise<void> {
  const closed = Promise.withResolvers<void>()
  server.close(() => closed.resolve())
  server.closeAllConnections()
  await closed.promise
}
