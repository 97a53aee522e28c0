import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'

/** Minimal WebSocket server: sends the text that it receives from the parent process to all subscribers, and reports its CPU time. */
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
