import type { Journal } from '../journal/journal.ts'
import { type Outcome, outcomeOf, type Progress, type Slot } from './saga.ts'

/** What is kept of commands, in the journal's store, so that it outlives the process and all replicas share it. */
export type Records = {
  save(progress: Progress): Promise<void>
  load(id: string): Promise<Progress | null>
  /** Everything that isn't over. */
  open(): Promise<readonly Progress[]>
  /** It's over: its answer is kept as long as its idempotency key, and its input no longer. */
  close(progress: Progress): Promise<Outcome>
  /** It's over and left nothing behind: its idempotency key is free again. */
  drop(progress: Progress): Promise<void>
  answer(id: string): Promise<Outcome | null>
  /** Takes the place of an idempotency key for a command, unless another has it: answers who does. */
  take(slot: Slot, id: string): Promise<SlotOwner>
  owner(place: string): Promise<SlotOwner | null>
  /** Frees the place of a key whose command isn't known any more. */
  free(place: string): Promise<void>
  /** Says that this command made the thing with this id, unless another has: false then. */
  claim(thing: string, id: string): Promise<boolean>
}

/** Which command an idempotency key stands for, and what was asked under it. */
export type SlotOwner = { readonly id: string; readonly fingerprint: string }

/** How long a repeated idempotency key gets the first answer. */
const keptMs = 24 * 3_600_000
/** How long something that could not be finished is tried again. */
const openMs = 30 * 24 * 3_600_000

const openPrefix = 'command/open/'
const openKey = (id: string): string => `${openPrefix}${id}`
const answerKey = (id: string): string => `command/answer/${id}`
const slotKey = (place: string): string => `command/slot/${place}`

export function createRecords(journal: Journal, now: () => number): Records {
  async function read<T>(key: string): Promise<T | null> {
    const text = await journal.recall(key)
    return text === null ? null : (JSON.parse(text) as T)
  }

  return {
    save: (progress) =>
      journal.replace(
        openKey(progress.id),
        JSON.stringify(progress),
        Math.max(progress.dueAt - now(), 0) + openMs,
      ),
    load: (id) => read<Progress>(openKey(id)),
    async open() {
      const texts = await journal.recallAll(openPrefix)
      return [...texts.values()].map((text) => JSON.parse(text) as Progress)
    },
    async close(progress) {
      const outcome = outcomeOf(progress)
      if (progress.slot !== null)
        await journal.remember(answerKey(progress.id), JSON.stringify(outcome), keptMs)
      await journal.forget(openKey(progress.id))
      return outcome
    },
    async drop({ id, slot }) {
      if (slot !== null) await journal.forget(slotKey(slot.place))
      await journal.forget(openKey(id))
    },
    answer: (id) => read<Outcome>(answerKey(id)),
    async take({ place, fingerprint }, id) {
      const mine: SlotOwner = { id, fingerprint }
      return JSON.parse(await journal.remember(slotKey(place), JSON.stringify(mine), keptMs)) as SlotOwner
    },
    owner: (place) => read<SlotOwner>(slotKey(place)),
    free: (place) => journal.forget(slotKey(place)),
    claim: async (thing, id) => (await journal.remember(`command/made/${thing}`, id, keptMs)) === id,
  }
}
