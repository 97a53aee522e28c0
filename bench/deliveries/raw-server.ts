import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'

/** The least that a WebSocket server can do: it writes the bytes that it is given to everybody, and tells what CPU it has used. */
const subscribers = new Set<WebSocket>()
const server = createServer()
const sockets = new WebSocketServer({
  server,
  perMessageDeflate: false,
  clientTracking: false,
  handleProtocols: () => 'graphql-transport-ws',
})
sockets.on('connection', (socket) => {
  socket.on('message', (message) => {
    const { type, id } = JSON.parse(String(message)) as { type: string; id?: string }
    if (type === 'connection_init') socket.send('{"type":"connection_ack"}')
    if (type !== 'subscribe') return
    subscribers.add(socket)
    socket.send(JSON.stringify({ id, type: 'next', payload: {} }))
  })
  socket.on('close', () => subscribers.delete(socket))
})
process.on('message', (text: string | null) => {
  if (text === null) {
    const { user, system } = process.cpuUsage()
    process.send?.({ cpuMicros: user + system })
    return
  }
  const bytes = Buffer.from(text)
  for (const socket of subscribers) socket.send(bytes, { binary: false })
})
process.once('disconnect', () => process.exit(0))
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
