import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Journal } from '../journal/journal.ts'
import type { Logger } from '../log.ts'
import { Refused, refused } from '../model/user-error.ts'
import type { SeamClient } from '../seam/client.ts'
import { commandNamed } from './all.ts'
import { type AnyCommand, type Asker, type Command, type Keyed, toolsOf } from './command.ts'
import { createHands } from './hands.ts'
import { fingerprintOf, slotPlace } from './key-slot.ts'
import { follow, InProgress } from './keyed.ts'
import { createLeases } from './leases.ts'
import { createLocks } from './locks.ts'
import { createRecords } from './records.ts'
import type { Facts, Outcome, Progress, Slot } from './saga.ts'
import { createSweep } from './sweep.ts'
import { createTeller } from './teller.ts'
import { createUnderWay } from './under-way.ts'

export type CommandsOptions = {
  readonly seam: SeamClient
  readonly journal: Journal
  /** Resolves once this process's catalog includes a journal position, or when that takes too long. */
  readonly reached: (offset: number) => Promise<unknown>
  readonly log: Logger
  readonly now?: () => number
  /** How often unfinished commands are looked at. */
  readonly sweepMs?: number
  /** How long a call that nobody waits for any more may still take effect at Seam. */
  readonly settleMs?: number
}

/** The write side: every change at Seam goes through here, is made once, and told to everybody. */
export type Commands = {
  /**
   * Does what a mutation asks, or answers what became of it when its idempotency key comes again. Refusals are in `userErrors`.
   * Rejects with `SeamError` where Seam fails, with `JournalUnavailable`, and with `InProgress`.
   */
  run<Input extends Keyed, Plan extends Facts>(
    command: Command<Input, Plan>,
    input: Input,
    asker: Asker,
  ): Promise<Outcome>
  /** What the rules, as far as they're known here, say to it; changes nothing. */
  check<Input extends Keyed, Plan extends Facts>(
    command: Command<Input, Plan>,
    input: Input,
    asker: Asker,
  ): Promise<Outcome>
  /** Goes on with what was left unfinished from now on, again and again. */
  start(): void
  /** Goes on with what was left unfinished, here or by a process that died; answers how much of what is due is still left. */
  sweep(): Promise<number>
  /** Resolves once what is being written now, and this body of a webhook mentions, has been told; a second at most. */
  toldOf(rawBody: Buffer): Promise<void>
  /** Takes nothing up any more, and waits for what runs, bounded: what isn't finished then is gone on with at the next start. */
  close(): Promise<void>
}

const closeAtMostMs = 10_000
const webhookWaitMs = 1_000

const nothing: Outcome = { id: '', facts: {}, steps: [], userErrors: [], offset: 0 }

/** The answer of what was refused before anything was done. */
function refusal(error: unknown): Outcome {
  if (error instanceof Refused) return { ...nothing, userErrors: error.userErrors }
  throw error
}

export function createCommands(options: CommandsOptions): Commands {
  const { seam, journal, log, now = Date.now, settleMs = 5_000 } = options
  const records = createRecords(journal, now)
  const leases = createLeases(journal, randomUUID())
  const underWay = createUnderWay()
  const run = {
    records,
    teller: createTeller(journal, now),
    locks: createLocks(),
    log,
    now,
    settleMs,
    isOurs: leases.keep,
  }
  const hands = createHands({ seam, leases, underWay, commandNamed, run })
  const sweep = createSweep({
    records,
    hands,
    log,
    now,
    everyMs: options.sweepMs ?? 10_000,
    soonMs: settleMs,
  })
  /** By the place of their key: who asks the same at the same time shares one answer, secrets included. */
  const sharing = new Map<string, { readonly fingerprint: string; readonly outcome: Promise<Outcome> }>()

  /** Drops what waits for its time and means the same thing as what has just been asked. */
  async function replaceWaiting(command: AnyCommand, latest: Progress): Promise<void> {
    if (command.replaces === undefined) return
    for (const other of await records.open()) {
      const isOther = other.id !== latest.id && other.command === command.name && other.dueAt > now()
      if (isOther && command.replaces(latest.plan, other.plan)) await records.drop(other)
    }
  }

  /** Starts a command; `null` when its key is another's by now. */
  async function start(
    command: AnyCommand,
    plan: Facts,
    asker: Asker,
    slot: Slot | null,
  ): Promise<Outcome | null> {
    const id = randomUUID()
    const steps = command.steps(plan, toolsOf(id, seam, records))
    const progress: Progress = {
      id,
      command: command.name,
      actor: asker.viewer.name,
      plan,
      phase: 'FORWARD',
      steps: steps.map(({ name }) => ({ name, status: 'PENDING', message: null, before: [], sentAt: 0 })),
      facts: command.about?.(plan) ?? {},
      offset: 0,
      objections: [],
      dueAt: 0,
      slot,
    }
    const result = await hands.go(progress, 'first')
    if (result.kind === 'ended' || result.kind === 'waiting') {
      await replaceWaiting(command, progress)
      return result.outcome
    }
    if (result.kind === 'taken') return null
    if (result.kind === 'left') sweep.soon()
    throw (result.kind === 'elsewhere' ? null : result.why) ?? new InProgress()
  }

  /** One round: what the key stands for, or a start. `null` is to try again, since the key has changed hands meanwhile. */
  async function attempt(
    command: AnyCommand,
    input: Keyed,
    asker: Asker,
    slot: Slot,
  ): Promise<Outcome | null> {
    const owner = await records.owner(slot.place)
    if (owner !== null) return follow(owner, slot, { records, hands, now })
    try {
      return await start(command, await command.prepare(input, asker, seam), asker, slot)
    } catch (error) {
      // What it asks for may just have been done, under this key, by another process.
      if (error instanceof Refused && (await records.owner(slot.place)) !== null) return null
      throw error
    }
  }

  async function keyed(command: AnyCommand, input: Keyed, asker: Asker, slot: Slot): Promise<Outcome> {
    for (let round = 0; round < 10; round++) {
      const outcome = await attempt(command, input, asker, slot)
      if (outcome !== null) return outcome
    }
    throw new InProgress()
  }

  async function shared(command: AnyCommand, input: Keyed, asker: Asker, slot: Slot): Promise<Outcome> {
    const known = sharing.get(slot.place)
    if (known?.fingerprint === slot.fingerprint) return known.outcome
    const outcome = keyed(command, input, asker, slot)
    if (known !== undefined) return outcome
    sharing.set(slot.place, { fingerprint: slot.fingerprint, outcome })
    return outcome.finally(() => sharing.delete(slot.place))
  }

  async function outcomeFor(command: AnyCommand, input: Keyed, asker: Asker): Promise<Outcome> {
    const { idempotencyKey } = input
    if (idempotencyKey == null) {
      const outcome = await start(command, await command.prepare(input, asker, seam), asker, null)
      if (outcome === null) throw new InProgress()
      return outcome
    }
    if (idempotencyKey.trim() === '' || idempotencyKey.length > 255)
      throw refused('idempotencyKey', 'INVALID', 'An idempotency key has 1 to 255 characters.')
    const place = slotPlace(asker.viewer, idempotencyKey)
    return shared(command, input, asker, { place, fingerprint: fingerprintOf(command.name, input) })
  }

  return {
    async run(command, input, asker) {
      try {
        const outcome = await outcomeFor(command as unknown as AnyCommand, input, asker)
        if (outcome.offset > 0) await options.reached(outcome.offset)
        return outcome
      } catch (error) {
        return refusal(error)
      }
    },
    async check(command, input, asker) {
      try {
        await command.prepare(input, asker, seam)
        return nothing
      } catch (error) {
        return refusal(error)
      }
    },
    start: sweep.start,
    sweep: sweep.now,
    toldOf: (rawBody) => underWay.over(rawBody, webhookWaitMs),
    async close() {
      const abandoned = new AbortController()
      const late = delay(closeAtMostMs, undefined, { signal: abandoned.signal }).catch(() => undefined)
      await Promise.race([Promise.all([sweep.close(), hands.idle()]), late])
      abandoned.abort()
    },
  }
}
