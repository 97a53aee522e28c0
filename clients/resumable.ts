import { type Client, type ClientOptions, createClient } from 'graphql-ws'

/** Longest wait between two attempts to connect. */
const maxRetryMs = 10_000

/**
 * A graphql-ws client whose subscriptions continue after the last cursor they were given, however often the connection is lost. Give it to
 * Apollo Client, urql, Relay or anything else that takes such a client; documents and variables stay as they are.
 *
 * The subscription must select `cursor`. It is sent as `extensions.after` when the client reconnects: of that and the operation's own
 * `after`, the newer one counts.
 */
export function createResumableClient(options: ClientOptions): Client {
  const client = createClient({
    retryAttempts: Number.POSITIVE_INFINITY,
    // By default a refused connection is fatal: while a gateway restarts, that is what its clients get. A revoked key stays fatal (4401).
    shouldRetry: () => true,
    // Its default doubles without a limit: after an outage of an hour, a client would wait for another hour.
    retryWait: (retries) => {
      const delayMs = Math.min(1_000 * 2 ** retries, maxRetryMs) * (0.75 + Math.random() / 2)
      return new Promise((resolve) => setTimeout(resolve, delayMs))
    },
    ...options,
  })
  const subscribe: Client['subscribe'] = (payload, sink) => {
    // graphql-ws sends this same object again after a reconnect.
    const extensions: Record<string, unknown> = { ...payload.extensions }
    return client.subscribe(
      { ...payload, extensions },
      {
        next(result) {
          sink.next(result as Parameters<typeof sink.next>[0])
          // Only now: what the sink did not take is delivered again.
          const cursor = cursorIn(result.data)
          if (cursor !== null) extensions.after = cursor
        },
        error: (error) => sink.error(error),
        complete: () => sink.complete(),
      },
    )
  }
  return { ...client, subscribe }
}

/** The cursor of a batch: it stands in the subscription's only root field, whatever alias that has. */
function cursorIn(data: unknown): string | null {
  const [batch] = Object.values(data ?? {}) as readonly ({ readonly cursor?: unknown } | null)[]
  return typeof batch?.cursor === 'string' ? batch.cursor : null
}
