import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A proxy between a client and a server, to simulate a DNS name that changes its target, or a broken network. */
export type TcpProxy = AsyncDisposable & {
  readonly url: string
  /** Forwards new connections to another server. Closes the existing ones unless `isEndingOthers` is `false`. */
  leadTo(url: string, options?: { readonly isEndingOthers: boolean }): void
  /** Stops forwarding on the existing connections, without closing them. */
  goSilent(): void
}

export async function startTcpProxy(serverUrl: string): Promise<TcpProxy> {
  const open = new Set<Socket>()
  let port = portOf(serverUrl)
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    near.on('error', () => undefined).on('close', () => far.destroy())
    far.on('error', () => undefined).on('close', () => near.destroy())
    near.pipe(far).pipe(near)
    for (const socket of [near, far]) open.add(socket.on('close', () => open.delete(socket)))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')

  function endAll(): void {
    for (const socket of open) socket.destroy()
    open.clear()
  }

  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    leadTo(url, { isEndingOthers } = { isEndingOthers: true }) {
      port = portOf(url)
      if (isEndingOthers) endAll()
    },
    goSilent() {
      for (const socket of open) socket.unpipe().pause()
    },
    async [Symbol.asyncDispose]() {
      endAll()
      server.close()
      await once(server, 'close')
    },
  }
}

function portOf(url: string): number {
  return Number(new URL(url).port)
}
