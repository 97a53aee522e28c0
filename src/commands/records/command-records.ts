import type { Journal, Lease } from '../../journal/journal.ts'
import { dayMs } from '../../model/time.ts'
import { type CommandOutcome, type CommandProgress, type IdempotencySlot, toOutcome } from '../saga.ts'

/**
 * Stored commands and idempotency slots, in the journal's store and so shared by all replicas. Every function rejects with
 * `JournalUnavailable`.
 */
export type CommandRecords = {
  /** Stores an open command. Rejects with `LeaseLost` once another process holds the lease. */
  save(progress: CommandProgress, lease: Lease): Promise<void>
  load(id: string): Promise<CommandProgress | null>
  /** Returns every command that has not ended. */
  listOpen(): Promise<readonly CommandProgress[]>
  /** Ends a command: deletes its record, and stores its outcome as long as its idempotency key. Returns the outcome. */
  close(progress: CommandProgress): Promise<CommandOutcome>
  /** Deletes a command without lasting effect, and frees its idempotency key if it is still the owner. */
  discard(progress: CommandProgress): Promise<void>
  /** Keeps an ended command for a limited time, since one of its calls without an answer may still take effect. */
  watchForLateEffects(progress: CommandProgress): Promise<void>
  /** Returns the commands that are kept by `watchForLateEffects`. */
  listWatched(): Promise<readonly CommandProgress[]>
  findOutcome(id: string): Promise<CommandOutcome | null>
  /** Claims the slot of an idempotency key for a command unless it is taken. Returns the owner of the slot. */
  claimSlot(slot: IdempotencySlot, id: string): Promise<SlotOwner>
  findSlotOwner(place: string): Promise<SlotOwner | null>
  /** Frees a slot unless it has another owner by now. */
  freeSlot(place: string, owner: SlotOwner): Promise<void>
  /** Records that a command created the object with this id. Resolves to `false` if another command has claimed it. */
  claimCreated(createdId: string, id: string): Promise<boolean>
}

/** The command that owns an idempotency key, and the hash of its input. */
export type SlotOwner = { readonly id: string; readonly fingerprint: string }

/** How long a repeated idempotency key gets the first outcome. */
export const answerTtlMs = dayMs
/** How long an unfinished command is resumed. */
const openTtlMs = 30 * dayMs

const watchedKeyPrefix = 'command/late/'
const openKeyPrefix = 'command/open/'
const openKey = (id: string): string => `${openKeyPrefix}${id}`
const answerKey = (id: string): string => `command/answer/${id}`
const slotKey = (place: string): string => `command/slot/${place}`

/** Canonical text of an owner: a slot is freed only if its value is exactly this text. */
function serializeOwner({ id, fingerprint }: SlotOwner): string {
  return JSON.stringify({ id, fingerprint })
}

export function createCommandRecords(
  journal: Journal,
  now: () => number,
  watchTtlMs: number,
): CommandRecords {
  async function readJson<T>(key: string): Promise<T | null> {
    const text = await journal.getValue(key)
    return text === null ? null : (JSON.parse(text) as T)
  }

  const freeSlot = (place: string, owner: SlotOwner): Promise<void> =>
    journal.deleteValue(slotKey(place), serializeOwner(owner))

  return {
    save: (progress, lease) =>
      journal.putValue(
        openKey(progress.id),
        JSON.stringify(progress),
        Math.max(progress.dueAt - now(), 0) + openTtlMs,
        lease,
      ),
    load: (id) => readJson<CommandProgress>(openKey(id)),
    async listOpen() {
      const texts = await journal.listValues(openKeyPrefix)
      return [...texts.values()].map((text) => JSON.parse(text) as CommandProgress)
    },
    async close(progress) {
      const outcome = toOutcome(progress)
      if (progress.slot !== null)
        await journal.putValueIfAbsent(answerKey(progress.id), JSON.stringify(outcome), answerTtlMs)
      await journal.deleteValue(openKey(progress.id))
      return outcome
    },
    async discard({ id, slot }) {
      if (slot !== null) await freeSlot(slot.place, { id, fingerprint: slot.fingerprint })
      await journal.deleteValue(openKey(id))
    },
    watchForLateEffects: (progress) =>
      journal.putValue(`${watchedKeyPrefix}${progress.id}`, JSON.stringify(progress), watchTtlMs),
    async listWatched() {
      const texts = await journal.listValues(watchedKeyPrefix)
      return [...texts.values()].map((text) => JSON.parse(text) as CommandProgress)
    },
    findOutcome: (id) => readJson<CommandOutcome>(answerKey(id)),
    async claimSlot({ place, fingerprint }, id) {
      const ownText = serializeOwner({ id, fingerprint })
      return JSON.parse(await journal.putValueIfAbsent(slotKey(place), ownText, answerTtlMs)) as SlotOwner
    },
    findSlotOwner: (place) => readJson<SlotOwner>(slotKey(place)),
    freeSlot,
    claimCreated: async (createdId, id) =>
      (await journal.putValueIfAbsent(`command/made/${createdId}`, id, answerTtlMs)) === id,
  }
}
