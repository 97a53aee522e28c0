import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { createClient, ErrorReply } from 'redis'

export type RedisClient = ReturnType<typeof createRedisClient>

/** One connection to a Redis, which comes back by itself and lets nobody wait for long. */
export type RedisLine = {
  /** Where it leads, without what a URL may hold beside it: user, password. */
  readonly address: string
  /**
   * Asks something. Rejects with `RedisUnavailable` when there's no answer within `patienceMs`; whether it was done is then not known,
   * unless it could not be sent at all. What Redis itself refuses comes as its `ErrorReply`.
   */
  ask<T>(use: (client: RedisClient) => Promise<T>, patienceMs?: number): Promise<T>
  /** Runs a Lua script in the same way. */
  run(script: Script, keys: readonly string[], args: readonly string[], patienceMs?: number): Promise<unknown>
  close(): void
}

/** A Lua script, which Redis knows by its hash from the second time on. */
export type Script = { readonly text: string; readonly sha1: string }

/** Redis can't be reached, or doesn't answer. */
export class RedisUnavailable extends Error {
  override readonly name = 'RedisUnavailable'
  readonly code = 'REDIS_UNAVAILABLE'
}

export const redisPatienceMs = 2_000
/** A connection that has not answered for this much longer is given up, and another one opened. */
const graceMs = 3_000
const backoff = { firstMs: 50, mostMs: 1_000 }

function createRedisClient(url: string) {
  return createClient({
    url,
    name: 'latchkey',
    // What can't be sent now must not be sent later, behind the back of a caller who was told so.
    disableOfflineQueue: true,
    maintNotifications: 'disabled',
    socket: {
      connectTimeout: redisPatienceMs,
      reconnectStrategy: (retries) =>
        Math.min(backoff.mostMs, backoff.firstMs * 2 ** retries) * (0.5 + Math.random() / 2),
    },
  })
}

export function scriptOf(text: string): Script {
  return { text, sha1: createHash('sha1').update(text).digest('hex') }
}

/** Opens a line; it connects in its own time. */
export function openRedisLine(url: string): RedisLine {
  const { protocol, host } = new URL(url)
  const address = `${protocol}//${host}`
  let reason = 'it has not answered yet'
  let isClosed = false
  let client = connect()

  function connect(): RedisClient {
    const next = createRedisClient(url)
    next.on('error', (error: Error) => {
      reason = reasonOf(error)
    })
    // Whatever is wrong was heard as an 'error'; it goes on trying.
    next.connect().catch(() => undefined)
    return next
  }

  function giveUp(stuck: RedisClient): void {
    if (isClosed || stuck !== client) return
    stuck.destroy()
    client = connect()
  }

  function unavailable(cause?: unknown): RedisUnavailable {
    const what = isClosed ? 'The connection is closed' : `Redis at ${address} can't be used: ${reason}`
    return new RedisUnavailable(`${what}.`, { cause })
  }

  async function ready(until: number): Promise<RedisClient> {
    while (isClosed || !client.isReady) {
      if (isClosed || performance.now() >= until) throw unavailable()
      await delay(10)
    }
    return client
  }

  /** The answer, unless it takes too long: then nobody listens to it any more, and a connection that stays silent is given up. */
  async function answer<T>(asked: RedisClient, answering: Promise<T>, until: number): Promise<T> {
    const late = Promise.withResolvers<never>()
    const patience = setTimeout(
      () => {
        reason = 'it does not answer'
        late.reject(unavailable())
        const grace = setTimeout(giveUp, graceMs, asked).unref()
        const answered = (): void => clearTimeout(grace)
        answering.then(answered, answered)
      },
      Math.max(1, until - performance.now()),
    )
    try {
      return await Promise.race([answering, late.promise])
    } finally {
      clearTimeout(patience)
    }
  }

  async function ask<T>(
    use: (client: RedisClient) => Promise<T>,
    patienceMs: number = redisPatienceMs,
  ): Promise<T> {
    const until = performance.now() + patienceMs
    const asked = await ready(until)
    try {
      return await answer(asked, use(asked), until)
    } catch (error) {
      if (error instanceof RedisUnavailable || error instanceof ErrorReply) throw error
      reason = reasonOf(error as Error)
      throw unavailable(error)
    }
  }

  return {
    address,
    ask,
    async run({ text, sha1 }, keys, args, patienceMs) {
      const options = { keys: [...keys], arguments: [...args] }
      return ask(async (asked) => {
        try {
          return await asked.evalSha(sha1, options)
        } catch (error) {
          if (!(error instanceof ErrorReply) || !error.message.startsWith('NOSCRIPT')) throw error
          return asked.eval(text, options)
        }
      }, patienceMs)
    },
    close() {
      if (isClosed) return
      isClosed = true
      client.destroy()
    },
  }
}

function reasonOf(error: Error & { readonly errors?: readonly Error[] }): string {
  const text = error.message || error.errors?.map(({ message }) => message).join(', ') || error.name
  return text.replace(/\.$/, '')
}
