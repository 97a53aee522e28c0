import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'

/** Minimal WebSocket server: sends the text that it receives from the parent process to all subscribers. */
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
process.on('message', (message: string | object) => {
  if (typeof message !== 'string') return
  const bytes = Buffer.from(message)
  for (const socket of subscribers) socket.send(bytes, { binary: false })
})
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
