import { Client, fetchExchange, mapExchange, subscriptionExchange } from '@urql/core'
import type { Client as SocketClient } from 'graphql-ws'
import { createResumableClient } from '../../../clients/resumable.ts'
import { type Credential, formatAuthorization, type SessionEnd } from '../session/session.ts'
import { graphqlUrl } from '../settings.ts'
import { createCacheExchange } from './cache.ts'
import { createLiveExchange } from './live-exchange.ts'
import type { Store } from './live-status.ts'

/** Close codes with which the gateway ends the session of a credential (docs/subscribing.md). */
const endByCloseCode: Readonly<Record<number, SessionEnd>> = { 4401: 'revoked', 4403: 'expired' }
const endByErrorCode: Readonly<Record<string, SessionEnd>> = {
  UNAUTHENTICATED: 'rejected',
  CREDENTIAL_EXPIRED: 'expired',
}
/** The gateway sends at least a heartbeat every 15 s. A socket without any message for longer is dead. */
const silenceLimitMs = 35_000

export type SocketEvents = {
  readonly onConnected: () => void
  readonly onClosed: () => void
}

export type GraphClient = {
  readonly client: Client
  /** Sends all active queries again. */
  refetchAll(): void
  /** Closes the socket if it was silent for too long, for example while the computer slept; it then reconnects. */
  checkSocket(): void
  close(): void
}

/** Creates the client of the graph: requests over HTTP, and one WebSocket for the live subscription. */
export function createGraphClient(
  credential: Credential,
  position: Store<string | null>,
  events: SocketEvents,
  endSession: (end: SessionEnd) => void,
): GraphClient {
  const authorization = formatAuthorization(credential)
  const live = createLiveExchange(position.get)
  let lastMessageMs = Date.now()
  let activeSocket: WebSocket | null = null
  let silenceTimer: ReturnType<typeof setInterval> | undefined

  const socketClient: SocketClient = createResumableClient({
    url: graphqlUrl.replace(/^http/, 'ws'),
    ...(authorization !== null && { connectionParams: { authorization } }),
    retryWait: (retries) =>
      new Promise((resolve) =>
        setTimeout(resolve, Math.min(200 * 2 ** retries, 5_000) * (0.75 + Math.random() / 2)),
      ),
    shouldRetry: (error) => !(error instanceof CloseEvent && error.code in endByCloseCode),
    on: {
      opened(socket) {
        activeSocket = socket as WebSocket
        lastMessageMs = Date.now()
      },
      connected: events.onConnected,
      message() {
        lastMessageMs = Date.now()
      },
      closed(event) {
        activeSocket = null
        const end = event instanceof CloseEvent ? endByCloseCode[event.code] : undefined
        if (end === undefined) events.onClosed()
        else endSession(end)
      },
    },
  })

  function checkSocket(): void {
    if (activeSocket !== null && Date.now() - lastMessageMs > silenceLimitMs)
      activeSocket.close(4408, 'No heartbeat')
  }
  silenceTimer = setInterval(checkSocket, 5_000)

  const client = new Client({
    url: graphqlUrl,
    preferGetMethod: false,
    fetchOptions: () => ({ headers: authorization === null ? {} : { authorization } }),
    exchanges: [
      mapExchange({
        onResult(result) {
          for (const { extensions } of result.error?.graphQLErrors ?? []) {
            const end = endByErrorCode[String(extensions?.code)]
            if (end !== undefined) endSession(end)
          }
        },
      }),
      createCacheExchange(),
      live.exchange,
      subscriptionExchange({
        forwardSubscription: ({ query = '', variables }) => ({
          subscribe: (sink) => ({
            unsubscribe: socketClient.subscribe(
              { query, variables },
              sink as Parameters<typeof socketClient.subscribe>[1],
            ),
          }),
        }),
      }),
      fetchExchange,
    ],
  })

  return {
    client,
    refetchAll() {
      for (const operation of live.activeQueries.values())
        client.reexecuteOperation(
          client.createRequestOperation('query', operation, { requestPolicy: 'network-only' }),
        )
    },
    checkSocket,
    close() {
      clearInterval(silenceTimer)
      void socketClient.dispose()
    },
  }
}
