import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises'
import type { AuditRow } from '../../model/audit.ts'
import type { Change, NewChange } from '../../model/change.ts'
import { redisTimeoutMs } from '../../redis/redis-connection.ts'
import { clockSkewToleranceMs, createBoundedClock } from '../bounded-clock.ts'
import {
  type AppendResult,
  assertAge,
  type Entry,
  type Journal,
  JournalReplaced,
  JournalUnavailable,
  type Lease,
  LeaseLost,
  type SigningKey,
} from '../journal.ts'
import { generateSigningKey, maxSigningKeys, minDedupeRetentionMs } from '../journal-identity.ts'
import { createRecentChanges, createTailRead } from '../recent-changes.ts'
import { maxClockLeadMs } from '../record-clock.ts'
import { pickChangeFields } from '../record-encoding.ts'
import { countInSteps, searchInSteps } from '../stepwise-search.ts'
import { createAppendSignal, createTail } from '../tail.ts'
import { leaseLostAnswer, overtakenAnswer } from './append-script.ts'
import { createBatchSender } from './batch-sender.ts'
import { createRedisSearch, type StreamRow, toChange } from './redis-search.ts'
import { openRedisStore, type RedisJournalOptions } from './redis-store.ts'

/** An entry that is ready to be sent: the script's arguments, and the changes for the result. */
type PreparedEntry = { readonly args: readonly string[]; readonly changes: readonly NewChange[] }
type AppendCall = { readonly entries: readonly PreparedEntry[]; readonly lease: Lease | undefined }

/** Rows that one script processes. Redis is blocked meanwhile. */
const rowsPerScript = 1_000
const readBatchSize = 5_000
/** Maximum number of entries and changes in one batch of appends, unless a single call has more. */
const maxBatchWeight = 2_000
/** How long the tail's connection waits for appends before it checks again that the journal was not replaced. */
const blockMs = 1_000
const retryDelayMs = 200

/**
 * Opens a journal in Redis (7.0 or later), for any number of processes. An acknowledged change is as durable as Redis is configured:
 * `appendonly yes`, `appendfsync always`, `maxmemory-policy noeviction`. While Redis is unavailable, calls reject with `JournalUnavailable`
 * within two seconds and tails wait; the journal reconnects by itself. Rejects with `JournalUnavailable`, whose message says what to do.
 */
export async function openRedisJournal(options: RedisJournalOptions): Promise<Journal> {
  const { now } = options
  const store = await openRedisStore(options)
  const { run } = store
  const search = createRedisSearch(store)
  const appendSignal = createAppendSignal()
  const recentChanges = createRecentChanges()
  /** The newest offset that this process has seen, also if not all replicas have it yet. */
  let newestSeenOffset = store.knownOffset
  const processNow = options.processNow ?? (now === undefined ? createBoundedClock() : () => now().getTime())

  const batchSender = createBatchSender<AppendCall, readonly AppendResult[] | LeaseLost>({
    send: sendBatch,
    timeoutMs: redisTimeoutMs,
    maxWeight: maxBatchWeight,
    getWeight: ({ entries }) => entries.reduce((sum, { changes }) => sum + 1 + changes.length, 0),
    createTimeoutError: () => new JournalUnavailable(`Redis at ${store.address} does not answer.`),
  })

  async function sendBatch(calls: readonly AppendCall[], deadline: number) {
    const args = calls.flatMap(({ entries, lease }) => [
      ...toLeaseArgs(lease),
      entries.length,
      ...entries.flatMap((entry) => entry.args),
    ])
    const reply = await run('append', args, deadline)
    const [recordedAtMs, newerTerms, ...answers] = reply as [number, string[], ...number[]]
    const recordedAt = new Date(recordedAtMs).toISOString()
    let newestOffset = 0
    const toAppendResult = ({ changes }: PreparedEntry): AppendResult => {
      const first = answers.shift() ?? 0
      if (first === overtakenAnswer) return { isDuplicate: false, changes: [], isOvertaken: true }
      if (first === 0) return { isDuplicate: true, changes: [] }
      newestOffset = Math.max(newestOffset, first + changes.length - 1)
      return {
        isDuplicate: false,
        changes: changes.map((change, index) => ({ ...change, offset: first + index, recordedAt })),
      }
    }
    const results = calls.map(({ entries, lease }) => {
      if (lease === undefined || answers[0] !== leaseLostAnswer) return entries.map(toAppendResult)
      answers.shift()
      return new LeaseLost(lease)
    })
    store.noteOffset(newestOffset, newerTerms)
    recentChanges.addResults(results)
    newestSeenOffset = Math.max(newestSeenOffset, newestOffset)
    appendSignal.notify()
    return results
  }

  async function readRows(after: number, limit: number): Promise<readonly StreamRow[]> {
    const [newerTerms, rows, term] = (await run('read', [after, limit])) as [string[], StreamRow[], string]
    await store.waitUntilReplicated(Number.parseInt(rows.at(-1)?.[0] ?? '0', 10), term, newerTerms)
    return rows
  }

  async function read(after: number, limit: number): Promise<readonly Change[]> {
    const changes: Change[] = []
    for (let remaining = Math.max(0, limit); ; remaining -= readBatchSize) {
      const count = Math.min(readBatchSize, remaining)
      const from = changes.at(-1)?.offset ?? after
      const rows = count === 0 ? await readBounds().then(() => []) : await readRows(from, count)
      changes.push(...rows.map(toChange))
      if (rows.length < readBatchSize) return changes
    }
  }

  const readForTail = createTailRead(recentChanges, read)

  /** Repeats a call while Redis is unavailable. Resolves with `fallback` once `signal` has aborted. */
  async function retryWhileUnavailable<T>(
    call: () => Promise<T>,
    fallback: T,
    signal: AbortSignal,
  ): Promise<T> {
    while (!signal.aborted) {
      try {
        return await call()
      } catch (error) {
        const isTemporary = error instanceof JournalUnavailable && !(error instanceof JournalReplaced)
        if (!isTemporary || store.closed.aborted) throw error
        await delay(retryDelayMs, undefined, { signal }).catch(() => undefined)
      }
    }
    return fallback
  }

  async function readBounds(): Promise<readonly [head: number, floor: number]> {
    const [newerTerms, head, floor, term] = (await run('readBounds')) as [string[], string, string, string]
    await store.waitUntilReplicated(Number(head), term, newerTerms)
    return [Number(head), Number(floor)]
  }

  /** Notifies tails of appends by other processes, and detects that the journal was replaced. */
  async function watchForAppends(): Promise<void> {
    while (!store.closed.aborted && !store.isReplaced) {
      try {
        const [, head] = (await run('readBounds')) as [string[], string, string]
        if (Number(head) > newestSeenOffset) {
          newestSeenOffset = Number(head)
          appendSignal.notify()
        }
        await waitForForeignAppend()
      } catch {
        // Redis is unavailable. The first successful read after this notifies of the appends in between.
        await delay(retryDelayMs, undefined, { signal: store.closed }).catch(() => undefined)
      }
    }
    // Wakes tails, whose next read rejects because the journal is closed or replaced.
    appendSignal.notify()
  }

  /** Resolves when another process may have appended, after `blockMs` at the latest. Tails know of this process's own appends. */
  async function waitForForeignAppend(): Promise<void> {
    const endsAt = performance.now() + blockMs
    for (let waitMs = blockMs; waitMs > 0; waitMs = Math.ceil(endsAt - performance.now())) {
      const offset = await store.waitForAppend(newestSeenOffset, waitMs)
      // The reply to an append of this process may have arrived in the same turn of the event loop.
      await nextTurn()
      if (offset !== null && offset > newestSeenOffset) return
    }
  }
  const watching = watchForAppends()

  /** Repeats a step until its count is less than `rowsPerScript`. Resolves with the sum of the counts. */
  async function repeatUntilDone(step: () => Promise<unknown>): Promise<number> {
    for (let sum = 0; ; ) {
      const count = (await step()) as number
      sum += count
      if (count < rowsPerScript) return sum
    }
  }

  return {
    epoch: store.epoch,
    termAt: store.termAt,
    async append(entries, lease) {
      const result = await batchSender.enqueue({ entries: entries.map(prepareEntry), lease })
      if (result instanceof LeaseLost) throw result
      return result
    },
    read,
    search: (criteria, range) => searchInSteps(search, criteria, range),
    count: (criteria, range) => countInSteps(search, criteria, range),
    readHead: async () => (await readBounds())[0],
    readFloor: async () => (await readBounds())[1],
    tail: (after, signal) =>
      createTail(
        after,
        {
          isAtHead: (offset) => !store.closed.aborted && !store.isReplaced && offset >= newestSeenOffset,
          read: (from, limit, ended) => retryWhileUnavailable(() => readForTail(from, limit), [], ended),
          floor: (ended) => retryWhileUnavailable(async () => (await readBounds())[1], 0, ended),
        },
        appendSignal,
        signal,
      ),
    async trim(olderThanMs, keepAtMost = Number.MAX_SAFE_INTEGER) {
      assertAge(olderThanMs)
      recentChanges.clear()
      const nowMs = Math.round(processNow())
      const isTrusted = options.isClockTrusted?.() === true
      await run('resetRecordClock', [nowMs, isTrusted ? 1 : 0, maxClockLeadMs, clockSkewToleranceMs])
      const trimmed = await repeatUntilDone(() =>
        run('trim', [nowMs, olderThanMs, keepAtMost, rowsPerScript]),
      )
      await repeatUntilDone(() =>
        run('trimDedupeKeys', [nowMs, Math.max(olderThanMs, minDedupeRetentionMs), rowsPerScript]),
      )
      await repeatUntilDone(() => run('deleteExpired', [rowsPerScript]))
      return trimmed
    },
    putValueIfAbsent: async (key, value, ttlMs, audit) =>
      (await run('putValueIfAbsent', [key, value, ttlMs, ...toAuditArgs(audit)])) as string,
    async putValue(key, value, ttlMs, lease, audit) {
      const args = [key, value, ttlMs, ...toLeaseArgs(lease), ...toAuditArgs(audit)]
      await run('putValue', args).catch((error: unknown) => {
        const isLost = lease !== undefined && (error as Error).message.startsWith('LEASELOST')
        throw isLost ? new LeaseLost(lease) : error
      })
    },
    getValue: async (key) => (await run('getValue', [key])) as string | null,
    async listValues(prefix) {
      const reply = (await run('listValues', [prefix])) as string[]
      return new Map(reply.flatMap((key, index) => (index % 2 === 0 ? [[key, reply[index + 1] ?? '']] : [])))
    },
    async deleteValue(key, value, audit) {
      const mode = value === undefined ? 'any' : 'only'
      await run('deleteValue', [key, mode, value ?? '', ...toAuditArgs(audit)])
    },
    async appendAudit(rows) {
      for (let start = 0; start < rows.length; start += rowsPerScript)
        await run('appendAudit', rows.slice(start, start + rowsPerScript).flatMap(toAuditArgs))
    },
    async readAudit({ from, to, limit, isNewestFirst }) {
      const bounds = [from === null ? '-' : `(${from}`, to === null ? '+' : `(${to}`]
      const order = isNewestFirst ? 'newest' : 'oldest'
      const reply = (await run('readAudit', [...bounds, limit, order])) as string[]
      return reply.flatMap((sortKey, index): AuditRow[] => {
        if (index % 2 === 1) return []
        const space = sortKey.indexOf(' ')
        return [
          { at: sortKey.slice(0, space), id: sortKey.slice(space + 1), content: reply[index + 1] ?? '' },
        ]
      })
    },
    trimAudit: (before, keepAtMost) =>
      repeatUntilDone(() => run('trimAudit', [before, keepAtMost, rowsPerScript])),
    async acquireLease(name, holder, ttlMs) {
      const token = (await run('acquireLease', [name, holder, ttlMs])) as number | null
      return token === null ? null : { name, holder, token }
    },
    async getLease(name) {
      const reply = (await run('getLease', [name])) as [number, string] | null
      return reply === null ? null : { name, holder: reply[1], token: reply[0] }
    },
    async releaseLease(lease) {
      await run('releaseLease', toLeaseArgs(lease))
    },
    async listSigningKeys() {
      const reply = (await run('listSigningKeys', [maxSigningKeys])) as string[]
      return reply.map((text): SigningKey => {
        const [id = '', secret = ''] = text.split(' ')
        return { id, secret: Buffer.from(secret, 'base64url') }
      })
    },
    async rotateSigningKey(audit) {
      const { id, secret } = generateSigningKey()
      const text = `${id} ${secret.toString('base64url')}`
      await run('rotateSigningKey', [text, maxSigningKeys, ...toAuditArgs(audit)])
    },
    async renewEpoch(audit) {
      await run('renewEpoch', toAuditArgs(audit))
    },
    async close() {
      await batchSender.waitUntilIdle()
      store.close()
      await watching
    },
  }
}

function toAuditArgs(row: AuditRow | undefined): readonly string[] {
  return row === undefined ? [] : [row.id, row.at, row.content]
}

function toLeaseArgs(lease: Lease | undefined): readonly (string | number)[] {
  return lease === undefined ? ['', '', ''] : [lease.name, lease.holder, lease.token]
}

function prepareEntry({ dedupeKeys, changes: newChanges, onlyIf, state }: Entry): PreparedEntry {
  const changes = newChanges.map(pickChangeFields)
  const keys = new Set(dedupeKeys)
  const contents = changes.map((change) => JSON.stringify(change))
  const header = JSON.stringify({ keys: keys.size, changes: changes.length, onlyIf, state })
  return { changes, args: [header, ...keys, ...contents] }
}
