import {
  Client,
  fetchExchange,
  mapExchange,
  type Operation,
  stringifyDocument,
  subscriptionExchange,
} from '@urql/core'
import type { Client as SocketClient } from 'graphql-ws'
import { createResumableClient } from '../../../clients/resumable.ts'
import { type Credential, formatAuthorization, type SessionEnd } from '../session/session.ts'
import { graphqlUrl } from '../settings.ts'
import type { Store } from '../store.ts'
import { createCacheExchange } from './cache.ts'
import { LiveDocument } from './generated/graphql.ts'
import { createLiveExchange } from './live-exchange.ts'
import { createSharedFeed } from './shared-feed.ts'

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
  /** Joins the subscription that all tabs share. Resolves to the position from which changes are delivered. */
  joinFeed(start: string): Promise<string>
  /** Sends all active queries again. */
  refetchAll(): void
  /** Sends the active queries again that got no response because the gateway could not be reached. */
  refetchFailed(): void
  /** Reconnects at once, if the socket waits, or if it was silent for too long, for example while the computer slept. */
  wake(): void
  /** Closes the socket, after the network was lost. It then reconnects. */
  interrupt(): void
  close(): void
}

/** Creates the client of the graph: requests over HTTP, and one WebSocket for the live subscription of all tabs. */
export function createGraphClient(
  credential: Credential,
  position: Store<string | null>,
  events: SocketEvents,
  endSession: (end: SessionEnd) => void,
): GraphClient {
  const authorization = formatAuthorization(credential)
  const live = createLiveExchange(position.get)
  let lastMessageMs = Date.now()
  let isOpen = false
  let stopWaiting = () => {}

  const socketClient: SocketClient = createResumableClient({
    url: graphqlUrl.replace(/^http/, 'ws'),
    ...(authorization !== null && { connectionParams: { authorization } }),
    retryWait: (retries) =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, Math.min(200 * 2 ** retries, 5_000) * (0.75 + Math.random() / 2))
        stopWaiting = () => {
          clearTimeout(timer)
          resolve()
        }
      }),
    shouldRetry: (error) => !(error instanceof CloseEvent && error.code in endByCloseCode),
    on: {
      opened() {
        isOpen = true
        lastMessageMs = Date.now()
      },
      connected: () => feed.setSocketState(true),
      message() {
        lastMessageMs = Date.now()
      },
      closed(event) {
        isOpen = false
        const end = event instanceof CloseEvent ? endByCloseCode[event.code] : undefined
        if (end === undefined) feed.setSocketState(false)
        else endSession(end)
      },
    },
  })

  function wakeSocket(): void {
    if (isOpen && Date.now() - lastMessageMs > silenceLimitMs) socketClient.terminate()
    stopWaiting()
  }
  const silenceTimer = setInterval(() => {
    if (isOpen) wakeSocket()
  }, 5_000)

  const feed = createSharedFeed({
    identity: [graphqlUrl, authorization, stringifyDocument(LiveDocument)].join('\n'),
    run: (payload, sink) =>
      socketClient.subscribe(payload, sink as Parameters<typeof socketClient.subscribe>[1]),
    wakeSocket,
    onConnected: events.onConnected,
    onDisconnected: events.onClosed,
  })

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
            unsubscribe: feed.subscribe(
              { query, variables },
              sink as unknown as Parameters<typeof feed.subscribe>[1],
            ),
          }),
        }),
      }),
      fetchExchange,
    ],
  })

  function refetch(operations: Iterable<Operation>): void {
    for (const operation of operations)
      client.reexecuteOperation(
        client.createRequestOperation('query', operation, { requestPolicy: 'network-only' }),
      )
  }

  return {
    client,
    joinFeed: feed.join,
    refetchAll: () => refetch([...live.activeQueries.values()]),
    refetchFailed: () => refetch([...live.failedQueries.values()]),
    wake() {
      wakeSocket()
      feed.checkLeader()
    },
    interrupt() {
      if (isOpen) socketClient.terminate()
    },
    close() {
      clearInterval(silenceTimer)
      feed.close()
      // Rejects if the gateway has just refused the connection.
      Promise.resolve(socketClient.dispose()).catch(() => undefined)
    },
  }
}
