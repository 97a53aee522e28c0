import { setTimeout as delay } from 'node:timers/promises'
import type { Change, NewChange } from '../model/change.ts'
import { redisPatienceMs } from '../redis.ts'
import { contentOf, readContent } from './content.ts'
import { createGroupSend } from './group-send.ts'
import { dedupeMs, newSigningKey, signingKeysKept } from './identity.ts'
import {
  type Appended,
  type Entry,
  type Journal,
  JournalReplaced,
  JournalUnavailable,
  type Lease,
  LeaseLost,
  type SigningKey,
} from './journal.ts'
import { openRedisStore, type RedisJournalOptions } from './redis-store.ts'
import { createBell, follow } from './tail.ts'

/** An entry made ready to be sent: its arguments, and what is made of the answer. */
type Ready = { readonly args: readonly string[]; readonly changes: readonly NewChange[] }
type Call = { readonly entries: readonly Ready[]; readonly lease: Lease | undefined }

/** Rows that one script looks at: Redis does nothing else meanwhile. */
const stepSize = 1_000
const readSize = 5_000
/** Changes that one group of appends brings, unless a single call brings more. */
const groupSize = 2_000
/** How long the tail's connection waits for news before it makes sure that the journal is still the same. */
const blockMs = 1_000
const retryMs = 200

/**
 * A journal in a Redis (7.0 or later), for any number of processes. What is acknowledged is as durable as Redis is set to be:
 * `appendonly yes`, `appendfsync always`, `maxmemory-policy noeviction`. It comes back by itself after Redis was away; meanwhile
 * everything is refused with `JournalUnavailable` within two seconds, and tails wait. Throws `JournalUnavailable` with what to do.
 */
export async function openRedisJournal(options: RedisJournalOptions): Promise<Journal> {
  const { now } = options
  const store = await openRedisStore(options)
  const { run } = store
  const bell = createBell()

  const appends = createGroupSend<Call, readonly Appended[] | LeaseLost>({
    send: appendGroup,
    patienceMs: redisPatienceMs,
    weightAtMost: groupSize,
    weigh: ({ entries }) => entries.reduce((sum, { changes }) => sum + 1 + changes.length, 0),
    late: () => new JournalUnavailable(`Redis at ${store.address} does not answer.`),
  })

  async function appendGroup(calls: readonly Call[], until: number) {
    const args = calls.flatMap(({ entries, lease }) => [
      ...leaseArgs(lease),
      entries.length,
      ...entries.flatMap((entry) => entry.args),
    ])
    const answers = (await run('append', args, until)) as number[]
    const [at = 0] = answers.splice(0, 1)
    const recordedAt = new Date(at).toISOString()
    const placed = ({ changes }: Ready): Appended => {
      const first = answers.shift() ?? 0
      if (first === 0) return { duplicate: true, changes: [] }
      store.saw(first + changes.length - 1)
      return {
        duplicate: false,
        changes: changes.map((change, index) => ({ ...change, offset: first + index, recordedAt })),
      }
    }
    const results = calls.map(({ entries, lease }) => {
      if (lease === undefined || answers[0] !== -1) return entries.map(placed)
      answers.shift()
      return new LeaseLost(lease)
    })
    bell.ring()
    return results
  }

  async function read(after: number, limit: number): Promise<readonly Change[]> {
    const found: Change[] = []
    for (let left = Math.max(0, limit); ; left -= readSize) {
      const count = Math.min(readSize, left)
      const from = found.at(-1)?.offset ?? after
      const rows = count === 0 ? await ends().then(() => []) : await run('read', [from, count])
      for (const [id, [, at, , content]] of rows as [string, string[]][])
        found.push(readContent(content ?? '', Number.parseInt(id, 10), new Date(Number(at)).toISOString()))
      if ((rows as unknown[]).length < readSize) return found
    }
  }

  /** As `read`, but waits for a Redis that is away. */
  async function readPatiently(
    after: number,
    limit: number,
    signal: AbortSignal,
  ): Promise<readonly Change[]> {
    while (!signal.aborted) {
      try {
        return await read(after, limit)
      } catch (error) {
        const isPassing = error instanceof JournalUnavailable && !(error instanceof JournalReplaced)
        if (!isPassing || store.closed.aborted) throw error
        await delay(retryMs, undefined, { signal }).catch(() => undefined)
      }
    }
    return []
  }

  async function ends(): Promise<readonly [head: number, floor: number]> {
    const [head, floor] = (await run('ends')) as [string, string]
    store.saw(Number(head))
    return [Number(head), Number(floor)]
  }

  /** Rings the bell for what other processes append, and notices when the journal is another one. */
  async function watch(): Promise<void> {
    for (let told = store.known; !store.closed.aborted && !store.isReplaced; ) {
      try {
        const [head] = await ends()
        if (head > told) bell.ring()
        told = head
        await store.news(told, blockMs)
      } catch {
        // Away: whoever asks for something is told so; what was missed meanwhile is told afterwards.
        await delay(retryMs, undefined, { signal: store.closed }).catch(() => undefined)
      }
    }
    // Tails read on, and find it closed or replaced.
    bell.ring()
  }
  const watching = watch()

  /** Repeats a step until it finds less than its fill; answers their sum. */
  async function inSteps(step: () => Promise<unknown>): Promise<number> {
    for (let sum = 0; ; ) {
      const count = (await step()) as number
      sum += count
      if (count < stepSize) return sum
    }
  }

  return {
    epoch: store.epoch,
    async append(entries, lease) {
      const result = await appends.add({ entries: entries.map(ready), lease })
      if (result instanceof LeaseLost) throw result
      return result
    },
    read,
    head: async () => (await ends())[0],
    floor: async () => (await ends())[1],
    tail: (after, signal) => follow(after, readPatiently, bell, signal),
    async trim(before, keepAtMost = Number.MAX_SAFE_INTEGER) {
      const beforeMs = Date.parse(before)
      if (Number.isNaN(beforeMs)) throw new RangeError(`${before} is no time.`)
      const seenBefore = Math.min(beforeMs, (now?.().getTime() ?? Date.now()) - dedupeMs)
      const trimmed = await inSteps(() => run('trim', [beforeMs, keepAtMost, stepSize]))
      await inSteps(() => run('forgetSeen', [seenBefore, stepSize]))
      await inSteps(() => run('expire', [stepSize]))
      return trimmed
    },
    remember: async (key, value, ttlMs) => (await run('remember', [key, value, ttlMs])) as string,
    async replace(key, value, ttlMs, lease) {
      await run('replace', [key, value, ttlMs, ...leaseArgs(lease)]).catch((error: unknown) => {
        const isLost = lease !== undefined && (error as Error).message.startsWith('LEASELOST')
        throw isLost ? new LeaseLost(lease) : error
      })
    },
    recall: async (key) => (await run('recall', [key])) as string | null,
    async recallAll(prefix) {
      const found = (await run('recallAll', [prefix])) as string[]
      return new Map(found.flatMap((key, index) => (index % 2 === 0 ? [[key, found[index + 1] ?? '']] : [])))
    },
    async forget(key) {
      await run('forget', [key])
    },
    async lease(name, holder, ttlMs) {
      const token = (await run('lease', [name, holder, ttlMs])) as number | null
      return token === null ? null : { name, holder, token }
    },
    async release(lease) {
      await run('release', leaseArgs(lease))
    },
    async signingKeys() {
      const found = (await run('signingKeys', [signingKeysKept])) as string[]
      return found.map((text): SigningKey => {
        const [id = '', secret = ''] = text.split(' ')
        return { id, secret: Buffer.from(secret, 'base64url') }
      })
    },
    async rotateSigningKey() {
      const { id, secret } = newSigningKey()
      await run('rotateSigningKey', [`${id} ${secret.toString('base64url')}`, signingKeysKept])
    },
    async renew() {
      await run('renew')
    },
    async close() {
      await appends.idle()
      store.close()
      await watching
    },
  }
}

function leaseArgs(lease: Lease | undefined): readonly (string | number)[] {
  return lease === undefined ? ['', '', ''] : [lease.name, lease.holder, lease.token]
}

function ready({ dedupeKeys, changes: given }: Entry): Ready {
  const changes = given.map(contentOf)
  const keys = new Set(dedupeKeys)
  const contents = changes.map((change) => JSON.stringify(change))
  return { changes, args: [`${keys.size}`, ...keys, `${changes.length}`, ...contents] }
}
