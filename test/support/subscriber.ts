import { type Client, createClient } from 'graphql-ws'
import { WebSocket } from 'ws'

/** One subscription with the `graphql-ws` client. Results are queued until `next` or `until` takes them. */
export type Subscriber<T> = {
  /** Resolves to the next result. Rejects if the subscription has failed or ended. */
  next(): Promise<T>
  /** Takes results until one fits, and returns that one. */
  until(fits: (payload: T) => boolean): Promise<T>
  readonly all: readonly T[]
  close(): Promise<void>
}

type Payload = { data?: unknown; errors?: unknown }

export function subscribe<T>(
  url: string,
  query: string,
  variables: Record<string, unknown> = {},
  key?: string,
): Subscriber<T> {
  const client: Client = createClient({
    url,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    ...(key === undefined ? {} : { connectionParams: { authorization: `Bearer ${key}` } }),
  })
  const all: T[] = []
  const waiting: PromiseWithResolvers<void>[] = []
  let taken = 0
  let failure: unknown = null
  const wake = () => {
    for (const one of waiting.splice(0)) one.resolve()
  }
  const stop = client.subscribe<Record<string, unknown>>(
    { query, variables },
    {
      next(payload: Payload) {
        if (payload.errors !== undefined) failure = payload.errors
        all.push(payload.data as T)
        wake()
      },
      error(error) {
        failure = error
        wake()
      },
      complete() {
        failure ??= new Error('the subscription is over')
        wake()
      },
    },
  )

  async function next(): Promise<T> {
    while (taken >= all.length) {
      if (failure !== null) throw failure
      const one = Promise.withResolvers<void>()
      waiting.push(one)
      await one.promise
    }
    return all[taken++] as T
  }

  return {
    next,
    async until(fits) {
      for (;;) {
        const payload = await next()
        if (fits(payload)) return payload
      }
    },
    all,
    async close() {
      stop()
      await client.dispose()
    },
  }
}
