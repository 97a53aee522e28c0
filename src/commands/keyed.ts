import { setTimeout as delay } from 'node:timers/promises'
import { refused } from '../model/user-error.ts'
import type { Hands } from './hands.ts'
import type { Records, SlotOwner } from './records.ts'
import { type Outcome, outcomeOf, type Progress, type Slot } from './saga.ts'

/** A command of this key is in another process's hand, and takes long. */
export class InProgress extends Error {
  override readonly name = 'InProgress'
  readonly code = 'IN_PROGRESS'

  constructor() {
    super('A mutation with this idempotency key is still being carried out. Ask again in a moment.')
  }
}

const pollMs = 100
const patienceMs = 20_000

export type KeyedOptions = { readonly records: Records; readonly hands: Hands; readonly now: () => number }

/**
 * What became of the command that an idempotency key stands for: its answer; or it's gone on with, and waited for. `null` when it left
 * nothing behind, and the key is free. Rejects with `Refused` where the key was used for something else, and with why it fails again.
 */
export async function follow(owner: SlotOwner, slot: Slot, options: KeyedOptions): Promise<Outcome | null> {
  const { records, hands, now } = options
  if (owner.fingerprint !== slot.fingerprint)
    throw refused(
      'idempotencyKey',
      'IDEMPOTENCY_MISMATCH',
      'This idempotency key was used for something else. Take a new one for a new request.',
    )
  for (const until = now() + patienceMs; now() < until; await delay(pollMs)) {
    const answer = await records.answer(owner.id)
    if (answer !== null) return answer
    const progress = await records.load(owner.id)
    if (progress === null) return releasedOrAnswered(owner, slot, records)
    if (progress.dueAt > now() && !hands.isBusyWith(owner.id)) return outcomeOf(progress)
    const outcome = await goOn(progress, hands)
    if (outcome !== 'wait') return outcome
  }
  throw new InProgress()
}

async function goOn(progress: Progress, hands: Hands): Promise<Outcome | 'wait' | null> {
  const result = await hands.go(progress, 'again')
  if (result.kind === 'ended' || result.kind === 'waiting') return result.outcome
  if (result.kind === 'elsewhere' || result.kind === 'taken') return 'wait'
  if (result.why !== null) throw result.why
  return result.kind === 'gone' ? null : 'wait'
}

/** It may have ended between two looks. One that is known no more leaves its key free. */
async function releasedOrAnswered(owner: SlotOwner, slot: Slot, records: Records): Promise<Outcome | null> {
  const answer = await records.answer(owner.id)
  if (answer !== null) return answer
  if ((await records.owner(slot.place))?.id === owner.id) await records.free(slot.place)
  return null
}
