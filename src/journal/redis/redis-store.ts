import { ErrorReply } from 'redis'
import {
  openRedisConnection,
  type RedisConnection,
  RedisUnavailable,
  redisTimeoutMs,
} from '../../redis/redis-connection.ts'
import { readHello } from '../../redis/server-role.ts'
import { JournalReplaced, JournalUnavailable } from '../journal.ts'
import { generateEpoch, generateSigningKey } from '../journal-identity.ts'
import { createTerms, type Terms } from './journal-terms.ts'
import { minRedisVersion } from './redis-health.ts'
import { durableScripts, layoutVersion, type ScriptName, scripts } from './redis-scripts.ts'
import { journalKeys } from './script-prelude.ts'

export type RedisJournalOptions = {
  /** `redis://[[user]:password@]host[:port][/database]`, or `rediss://…` for TLS. */
  readonly url: string
  readonly workspaceId: string
  /** The clock of the store; Redis' own by default, which is the same for all processes. */
  readonly now?: () => Date
  /** This process's clock in ms, for retention by age; `now` or a bounded clock by default. */
  readonly processNow?: () => number
  /** Whether this process's clock agrees with another one. Never, by default. */
  readonly isClockTrusted?: () => boolean
}

/** One journal in Redis. Calls reject with `JournalUnavailable`, or with `JournalReplaced` once another journal has replaced this one. */
export type RedisStore = {
  readonly address: string
  readonly epoch: string
  /** The newest offset that this process knows. A Redis without it, or with another term at it, has lost changes. */
  readonly knownOffset: number
  /** Returns the id of the term in which an offset was appended; `null` beyond `knownOffset`. */
  termAt(offset: number): string | null
  /** Raises `knownOffset`. `newerTerms` are the terms after the known offset that the script was sent with. */
  noteOffset(offset: number, newerTerms: readonly string[]): void
  /**
   * Waits until all required replicas have everything up to an offset, then raises `knownOffset`: changes that only a master has may be lost
   * in a failover, and must not be delivered. `term` is the offset's term as it was read. Rejects with `JournalUnavailable` if
   * another server has replaced the one that was read, since what was read may be lost.
   */
  waitUntilReplicated(offset: number, term: string, newerTerms: readonly string[]): Promise<void>
  /** Runs a script. Resolves once the required replicas have the writes of a durable script. Rejects after `deadline` (by `performance.now()`). */
  run(name: ScriptName, args?: readonly (string | number)[], deadline?: number): Promise<unknown>
  /** Resolves to the offset of the first change after an offset once there is one, and to `null` after `waitMs`. */
  waitForAppend(after: number, waitMs: number): Promise<number | null>
  /** Aborts when the store is closed. */
  readonly closed: AbortSignal
  readonly isReplaced: boolean
  close(): void
}

/** How long opening a journal waits for Redis. */
const openTimeoutMs = 5_000

/** Opens the journal of a workspace, and creates it if there is none. Rejects with `JournalUnavailable`, whose message says what to do. */
export async function openRedisStore({ url, workspaceId, now }: RedisJournalOptions): Promise<RedisStore> {
  const keys = journalKeys(workspaceId)
  const readConnection = openRedisConnection(url, keys.meta)
  const keyList = Object.values(keys)
  const closed = new AbortController()
  const { epoch, head, terms } = await initializeStore(readConnection, keyList).catch((error: unknown) => {
    readConnection.close()
    throw error
  })
  // Waiting for appends blocks a connection, and so does waiting for replicas.
  const tailConnection = openRedisConnection(url, keys.meta)
  const writeConnection = openRedisConnection(url, keys.meta)
  const { address } = readConnection
  let knownOffset = head
  let replaced: JournalReplaced | null = null
  /** Number of the connection that sent this process's last append. */
  let lastAppendConnection = 0

  function toJournalError(error: unknown): unknown {
    const { message } = error as Error
    if (closed.signal.aborted) return new JournalUnavailable('The journal is closed.', { cause: error })
    if (error instanceof RedisUnavailable) return new JournalUnavailable(message, { cause: error })
    if (!(error instanceof ErrorReply) || message.startsWith('LEASELOST')) return error
    if (!message.startsWith('REPLACED'))
      return new JournalUnavailable(`Redis at ${address} rejected a command: ${message}`, { cause: error })
    replaced ??= new JournalReplaced(
      `The journal in Redis at ${address} was replaced: it was emptied, restored to an older state, or lost changes in a failover. It must be opened again.`,
    )
    return replaced
  }

  async function run(name: ScriptName, args: readonly (string | number)[] = [], deadline?: number) {
    if (closed.signal.aborted) throw new JournalUnavailable('The journal is closed.')
    if (replaced !== null) throw replaced
    const commonArgs = [
      epoch,
      `${knownOffset} ${terms.findTermId(knownOffset)}`,
      generateEpoch(),
      now?.().getTime() ?? '',
    ]
    const timeoutMs = deadline === undefined ? redisTimeoutMs : Math.max(1, deadline - performance.now())
    const isDurable = durableScripts.has(name)
    try {
      const connection = isDurable ? writeConnection : readConnection
      let usedNumber = 0
      const buildArgs = (connectionNumber: number): string[] => {
        usedNumber = connectionNumber
        const isFirst = name === 'append' ? [connectionNumber === lastAppendConnection ? 0 : 1] : []
        return [...commonArgs, ...isFirst, ...args].map(String)
      }
      const reply = await connection.runScript(scripts[name], keyList, buildArgs, { timeoutMs, isDurable })
      if (name === 'append') lastAppendConnection = usedNumber
      return reply
    } catch (error) {
      throw toJournalError(error)
    }
  }

  function noteOffset(offset: number, newerTerms: readonly string[]): void {
    if (offset <= knownOffset) return
    terms.add(newerTerms, knownOffset, offset)
    knownOffset = offset
  }

  const createReplacedError = (): JournalUnavailable =>
    new JournalUnavailable(`Another server has just replaced Redis at ${address}. Try again.`)

  async function countReplicas(): Promise<number> {
    try {
      return await writeConnection.countRequiredReplicas()
    } catch (error) {
      throw toJournalError(error)
    }
  }

  return {
    address,
    epoch,
    get knownOffset() {
      return knownOffset
    },
    termAt: (offset) => (offset > knownOffset ? null : terms.findTermId(offset)),
    noteOffset,
    async waitUntilReplicated(offset, term, newerTerms) {
      if (
        offset > knownOffset &&
        (await countReplicas()) > 0 &&
        (await run('confirmOffset', [offset, term])) === 0
      )
        throw createReplacedError()
      noteOffset(offset, newerTerms)
      // Meanwhile an append may have recorded the terms of another history, from the server that replaced the one that was read.
      if (terms.findTermId(offset) !== term) throw createReplacedError()
    },
    run,
    async waitForAppend(after, waitMs) {
      const streams = await tailConnection.execute(
        (client) => client.xRead({ key: keys.changes, id: `${after}-0` }, { BLOCK: waitMs, COUNT: 1 }),
        waitMs + redisTimeoutMs,
      )
      const id = streams?.[0]?.messages[0]?.id
      return id === undefined ? null : Number.parseInt(id, 10)
    },
    closed: closed.signal,
    get isReplaced() {
      return replaced !== null
    },
    close() {
      closed.abort()
      for (const connection of [readConnection, tailConnection, writeConnection]) connection.close()
    },
  }
}

type OpenedStore = { readonly epoch: string; readonly head: number; readonly terms: Terms }

async function initializeStore(
  connection: RedisConnection,
  keyList: readonly string[],
): Promise<OpenedStore> {
  try {
    const version = (await connection.execute(readHello, openTimeoutMs))?.version ?? 'of an unknown version'
    if (!(Number.parseInt(version, 10) >= minRedisVersion))
      throw new JournalUnavailable(
        `REDIS_URL names Redis ${version} at ${connection.address}, but the journal needs 7.0 or later: set REDIS_URL to another server.`,
      )
    const { id, secret } = generateSigningKey()
    const initialArgs = [generateEpoch(), `${id} ${secret.toString('base64url')}`, layoutVersion]
    const reply = await connection.runScript(scripts.open, keyList, initialArgs, { timeoutMs: openTimeoutMs })
    const [epoch, head, terms] = reply as [string, string, string[]]
    return { epoch, head: Number(head), terms: createTerms(terms) }
  } catch (error) {
    throw error instanceof JournalUnavailable ? error : toOpenError(connection.address, error as Error)
  }
}

function toOpenError(address: string, error: Error): JournalUnavailable {
  const newerLayout = /^NEWER (\d+)/.exec(error.message)?.[1]
  const text =
    newerLayout !== undefined
      ? `A newer Latchkey wrote the journal in Redis at ${address} (layout ${newerLayout}; this version supports ${layoutVersion}): start that version, or set REDIS_URL to another Redis.`
      : `REDIS_URL cannot be used (${describeError(address, error)}): ${adviseOn(error.message)}.`
  return new JournalUnavailable(text, { cause: error })
}

function describeError(address: string, error: Error): string {
  const text = error.message.replace(/\.$/, '')
  return error instanceof RedisUnavailable ? text : `Redis at ${address} rejected a command: ${text}`
}

function adviseOn(reason: string): string {
  if (/WRONGPASS|NOAUTH|invalid password|AUTH /.test(reason))
    return 'correct its user and password, in which characters such as @ and / are escaped (%40, %2F)'
  if (reason.includes('NOPERM'))
    return 'permit its user that command (ACL SETUSER), or set another user in REDIS_URL'
  if (/certificate|self-signed/i.test(reason))
    return 'set NODE_EXTRA_CA_CERTS to the file of its certificate authority, or correct the address'
  return 'start Redis there, let this machine connect, or correct the address'
}
