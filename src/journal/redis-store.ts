import { ErrorReply } from 'redis'
import { openRedisLine, type RedisLine, RedisUnavailable, redisPatienceMs } from '../redis.ts'
import { newEpoch, newSigningKey } from './identity.ts'
import { JournalReplaced, JournalUnavailable } from './journal.ts'
import { keysOf, layoutVersion, type ScriptName, scripts } from './redis-scripts.ts'

export type RedisJournalOptions = {
  /** `redis://[[user]:password@]host[:port][/database]`, or `rediss://…` for TLS. */
  readonly url: string
  readonly workspaceId: string
  /** Without it Redis' own clock counts, which is the same for all processes. */
  readonly now?: () => Date
}

/** One journal in a Redis, as its scripts see it. Everything rejects with `JournalUnavailable`, or `JournalReplaced` once it's another. */
export type RedisStore = {
  readonly address: string
  readonly epoch: string
  /** The newest offset that this process has seen; a Redis that knows less has lost something. */
  readonly known: number
  saw(offset: number): void
  /** Runs a script; `until` is when its caller has no time left, as `performance.now()` counts. */
  run(name: ScriptName, args?: readonly (string | number)[], until?: number): Promise<unknown>
  /** Resolves when there may be something after an offset, at the latest after `waitMs`. */
  news(after: number, waitMs: number): Promise<void>
  /** Aborts when it's closed. */
  readonly closed: AbortSignal
  readonly isReplaced: boolean
  close(): void
}

/** How long a start waits for Redis. */
const openPatienceMs = 5_000
const leastVersion = 7

/** Opens the journal of a workspace, and lays it out if there is none. Throws `JournalUnavailable` with what to do. */
export async function openRedisStore({ url, workspaceId, now }: RedisJournalOptions): Promise<RedisStore> {
  const line = openRedisLine(url)
  const keys = keysOf(workspaceId)
  const keyList = Object.values(keys)
  const closed = new AbortController()
  const { epoch, head } = await layOut(line, keyList).catch((error: unknown) => {
    line.close()
    throw error
  })
  // Waiting for news blocks a connection.
  const newsLine = openRedisLine(url)
  let known = head
  let replaced: JournalReplaced | null = null

  function refusal(error: unknown): unknown {
    const { message } = error as Error
    if (closed.signal.aborted) return new JournalUnavailable('The journal is closed.', { cause: error })
    if (error instanceof RedisUnavailable) return new JournalUnavailable(message, { cause: error })
    if (!(error instanceof ErrorReply) || message.startsWith('LEASELOST')) return error
    if (!message.startsWith('REPLACED'))
      return new JournalUnavailable(`Redis at ${line.address} refused: ${message}`, { cause: error })
    replaced ??= new JournalReplaced(
      `The journal in Redis at ${line.address} is another one now: it was emptied, or set back to an older state.`,
    )
    return replaced
  }

  return {
    address: line.address,
    epoch,
    get known() {
      return known
    },
    saw(offset) {
      known = Math.max(known, offset)
    },
    async run(name, args = [], until) {
      if (closed.signal.aborted) throw new JournalUnavailable('The journal is closed.')
      if (replaced !== null) throw replaced
      const common = [epoch, known, newEpoch(), now?.().getTime() ?? '']
      const patienceMs = until === undefined ? redisPatienceMs : Math.max(1, until - performance.now())
      try {
        return await line.run(scripts[name], keyList, [...common, ...args].map(String), patienceMs)
      } catch (error) {
        throw refusal(error)
      }
    },
    async news(after, waitMs) {
      await newsLine.ask(
        (client) => client.xRead({ key: keys.changes, id: `${after}-0` }, { BLOCK: waitMs, COUNT: 1 }),
        waitMs + redisPatienceMs,
      )
    },
    closed: closed.signal,
    get isReplaced() {
      return replaced !== null
    },
    close() {
      closed.abort()
      line.close()
      newsLine.close()
    },
  }
}

async function layOut(line: RedisLine, keyList: readonly string[]): Promise<{ epoch: string; head: number }> {
  try {
    const info = await line.ask((client) => client.info('server'), openPatienceMs)
    const version = /redis_version:(\S+)/.exec(info)?.[1] ?? 'of an unknown version'
    if (!(Number.parseInt(version, 10) >= leastVersion))
      throw new JournalUnavailable(`Redis at ${line.address} is ${version}; the journal needs 7.0 or later.`)
    const { id, secret } = newSigningKey()
    const fresh = [newEpoch(), `${id} ${secret.toString('base64url')}`, layoutVersion]
    const [epoch, head] = (await line.run(scripts.open, keyList, fresh, openPatienceMs)) as [string, string]
    return { epoch, head: Number(head) }
  } catch (error) {
    throw error instanceof JournalUnavailable ? error : unopened(line.address, error as Error)
  }
}

function unopened(address: string, error: Error): JournalUnavailable {
  const newer = /^NEWER (\d+)/.exec(error.message)?.[1]
  const text =
    newer !== undefined
      ? `The journal in Redis at ${address} was written by a newer Latchkey (layout ${newer}, this one knows ${layoutVersion}). Start that one.`
      : `${error instanceof RedisUnavailable ? error.message : `Redis at ${address} refused: ${error.message}.`} Check REDIS_URL, and that this machine may connect.`
  return new JournalUnavailable(text, { cause: error })
}
