import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { ErrorReply } from 'redis'
import { type MasterConnection, openMasterConnection, type RedisClient } from './master-connection.ts'
import { parseRedisUrl } from './redis-url.ts'
import { createReplicaCounter } from './replica-counter.ts'

export type { RedisClient }

/** A connection to the current master of a Redis. It reconnects by itself, and bounds the time of each call. */
export type RedisConnection = {
  /** The URL without user and password. */
  readonly address: string
  /**
   * Runs commands. Rejects with `RedisUnavailable` if there is no reply within `timeoutMs`; the commands may have been executed, unless they
   * could not be sent. Commands that a server rejects because it is not a master are sent again to the new master. Any other error of Redis
   * rejects with its `ErrorReply`.
   */
  execute<T>(use: (client: RedisClient) => Promise<T>, timeoutMs?: number): Promise<T>
  /** Runs a Lua script in the same way. Its arguments may depend on the number of the connection that sends it. */
  runScript(
    script: RedisScript,
    keys: readonly string[],
    args: readonly string[] | ((connection: number) => readonly string[]),
    options?: ScriptRunOptions,
  ): Promise<unknown>
  /** Returns how many replicas must have a write for it to survive a failover: all of the master's that keep up. */
  countRequiredReplicas(): Promise<number>
  close(): void
}

export type ScriptRunOptions = {
  readonly timeoutMs?: number
  /**
   * Waits until all required replicas have the script's writes. Rejects with `RedisUnavailable` if they do not have them in time. A script
   * without writes does not wait.
   */
  readonly isDurable?: boolean
}

/** A Lua script with the hash by which Redis caches it. */
export type RedisScript = { readonly text: string; readonly sha1: string }

/** Redis cannot be reached, or does not answer in time. */
export class RedisUnavailable extends Error {
  override readonly name = 'RedisUnavailable'
  readonly code = 'REDIS_UNAVAILABLE'
}

/** Default time limit of a call. */
export const redisTimeoutMs = 2_000
/** How long after a timeout a connection may stay silent before it is replaced. */
const silenceGraceMs = 3_000
/** Time limit for opening a connection; then the next attempt begins. */
const openTimeoutMs = 5_000
const backoff = { firstMs: 50, maxMs: 1_000 }
/** How long the number of required replicas is cached. */
const replicaCountTtlMs = 1_000
/** How often a call checks for a usable connection. */
const readyPollMs = 10
/** Errors of a server that is not a master, not yet or not any more, or cannot act as one. The command was not executed. */
const notMasterPattern =
  /^(READONLY|LOADING|MASTERDOWN|CLUSTERDOWN|NOREPLICAS|UNBLOCKED|MOVED|ASK|TRYAGAIN|NOGOODSLAVE)\b/

/** The open connection. */
type ActiveConnection = {
  readonly client: RedisClient
  readonly onLost: (error: Error) => void
  /** Sequence number of the connection, from 1. */
  readonly number: number
  requiredReplicas: number
  requiredReplicasReadAt: number
}

export function createScript(text: string): RedisScript {
  return { text, sha1: createHash('sha1').update(text).digest('hex') }
}

/** Opens a connection to the master that holds `key`. Returns at once and connects in the background. */
export function openRedisConnection(url: string, key = 'latchkey'): RedisConnection {
  const address = parseRedisUrl(url)
  const closed = new AbortController()
  let reason = 'it has not answered yet'
  let current: ActiveConnection | null = null
  let failures = 0
  let connectionCount = 0
  const replicaCounter = createReplicaCounter()

  /** Opens one connection after the other, with exponential back-off until a command succeeds. */
  async function keepConnected(): Promise<void> {
    while (!closed.signal.aborted) {
      const lost = Promise.withResolvers<Error>()
      const openTimeout = new AbortController()
      const openTimer = setTimeout(() => openTimeout.abort(new Error('it does not answer')), openTimeoutMs)
      let connection: MasterConnection | null = null
      try {
        connection = await openMasterConnection({
          address,
          key,
          connectTimeoutMs: redisTimeoutMs,
          onLost: lost.resolve,
          signal: AbortSignal.any([closed.signal, openTimeout.signal]),
        })
        const requiredReplicas = await replicaCounter.countRequired(connection.client)
        clearTimeout(openTimer)
        current = {
          client: connection.client,
          onLost: lost.resolve,
          number: ++connectionCount,
          requiredReplicas,
          requiredReplicasReadAt: performance.now(),
        }
        reason = describeError(await lost.promise)
      } catch (error) {
        reason = describeError(error as Error)
      }
      clearTimeout(openTimer)
      current = null
      connection?.close()
      await pauseBefore(++failures)
    }
  }

  async function pauseBefore(attempt: number): Promise<void> {
    const ms = Math.min(backoff.maxMs, backoff.firstMs * 2 ** (attempt - 1)) * (0.5 + Math.random() / 2)
    await delay(ms, undefined, { signal: closed.signal }).catch(() => undefined)
  }

  async function readRequiredReplicas(active: ActiveConnection): Promise<number> {
    if (performance.now() - active.requiredReplicasReadAt > replicaCountTtlMs) {
      active.requiredReplicas = await replicaCounter.countRequired(active.client)
      active.requiredReplicasReadAt = performance.now()
    }
    return active.requiredReplicas
  }

  function createUnavailableError(cause?: unknown): RedisUnavailable {
    const problem = closed.signal.aborted
      ? 'The connection is closed'
      : `Redis at ${address.displayUrl} can't be used: ${reason}`
    return new RedisUnavailable(`${problem}.`, { cause })
  }

  async function waitUntilReady(deadline: number): Promise<ActiveConnection> {
    while (current === null || !current.client.isReady) {
      if (closed.signal.aborted || performance.now() >= deadline) throw createUnavailableError()
      await delay(readyPollMs)
    }
    return current
  }

  /**
   * Resolves with the reply. Rejects after `deadline`, and replaces the connection if it stays silent for `silenceGraceMs` more.
   *
   * If the process was paused until after the deadline, a reply that has arrived meanwhile still counts: the event loop runs timers before
   * it reads sockets, so the timer waits for one read of the sockets.
   */
  async function waitForReply<T>(
    active: ActiveConnection,
    replying: Promise<T>,
    deadline: number,
  ): Promise<T> {
    const timedOut = Promise.withResolvers<never>()
    let afterRead: NodeJS.Immediate | undefined
    const rejectSilent = (): void => {
      reason = 'it does not answer'
      timedOut.reject(createUnavailableError())
      const graceTimer = setTimeout(() => active.onLost(new Error(reason)), silenceGraceMs).unref()
      const clearGrace = (): void => clearTimeout(graceTimer)
      replying.then(clearGrace, clearGrace)
    }
    const timer = setTimeout(
      () => {
        afterRead = setImmediate(rejectSilent)
      },
      Math.max(1, deadline - performance.now()),
    )
    try {
      return await Promise.race([replying, timedOut.promise])
    } finally {
      clearTimeout(timer)
      clearImmediate(afterRead)
    }
  }

  async function executeUntil<T>(
    use: (active: ActiveConnection) => Promise<T>,
    deadline: number,
  ): Promise<T> {
    for (;;) {
      const active = await waitUntilReady(deadline)
      try {
        const result = await waitForReply(active, use(active), deadline)
        failures = 0
        return result
      } catch (error) {
        if (error instanceof RedisUnavailable) throw error
        reason = describeError(error as Error)
        if (!(error instanceof ErrorReply)) throw createUnavailableError(error)
        if (!notMasterPattern.test(error.message)) throw error
        active.onLost(error)
        if (current === active) current = null
      }
    }
  }

  async function evalScript(
    client: RedisClient,
    script: RedisScript,
    options: EvalOptions,
    afterEval: AfterEval,
  ) {
    try {
      // Both are sent on the same connection, since WAIT applies to the writes of its own connection.
      const [reply] = await Promise.all([client.evalSha(script.sha1, options), afterEval()])
      return reply
    } catch (error) {
      if (!(error instanceof ErrorReply) || !error.message.startsWith('NOSCRIPT')) throw error
      const [reply] = await Promise.all([client.eval(script.text, options), afterEval()])
      return reply
    }
  }

  async function waitForReplicas(
    active: ActiveConnection,
    requiredReplicas: number,
    deadline: number,
  ): Promise<void> {
    // Shorter than the caller's time limit, so that the caller gets this error and not a timeout.
    const waitMs = Math.max(1, Math.floor((deadline - performance.now()) * 0.75))
    const acknowledged = await active.client.wait(requiredReplicas, waitMs)
    if (acknowledged >= requiredReplicas) return
    reason = `only ${acknowledged} of ${requiredReplicas} replicas have acknowledged a write`
    // A master that has lost its replicas may have been replaced.
    active.onLost(new Error(reason))
    throw createUnavailableError()
  }

  keepConnected()

  return {
    address: address.displayUrl,
    execute: (use, timeoutMs = redisTimeoutMs) =>
      executeUntil(({ client }) => use(client), performance.now() + timeoutMs),
    runScript(script, keys, args, { timeoutMs = redisTimeoutMs, isDurable = false } = {}) {
      const deadline = performance.now() + timeoutMs
      return executeUntil(async (active) => {
        const scriptArgs = typeof args === 'function' ? args(active.number) : args
        const options = { keys: [...keys], arguments: [...scriptArgs] }
        const replicas = isDurable ? await readRequiredReplicas(active) : 0
        const afterEval: AfterEval =
          replicas === 0 ? async () => {} : () => waitForReplicas(active, replicas, deadline)
        return evalScript(active.client, script, options, afterEval)
      }, deadline)
    },
    countRequiredReplicas: () => executeUntil(readRequiredReplicas, performance.now() + redisTimeoutMs),
    close() {
      closed.abort()
      current?.onLost(new Error('the connection is closed'))
    },
  }
}

type EvalOptions = { keys: string[]; arguments: string[] }
type AfterEval = () => Promise<void>

function describeError(error: Error & { readonly errors?: readonly Error[] }): string {
  const text = error.message || error.errors?.map(({ message }) => message).join(', ') || error.name
  return text.replace(/\.$/, '')
}
