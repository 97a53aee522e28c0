import type { Viewer } from '../auth/viewer.ts'
import type { View } from '../catalog/view.ts'
import type { SeamClient } from '../seam/client.ts'
import type { SeamReads } from '../seam/reads.ts'
import type { Records } from './records.ts'
import type { Facts, Step } from './saga.ts'

/** Who asks for something, and when. */
export type Asker = {
  readonly viewer: Viewer
  /** What they see: every id in an input is looked up here. */
  readonly view: View
  /** ISO 8601. */
  readonly now: string
}

/** What steps work with. */
export type Tools = {
  readonly seam: SeamClient
  /** Names this one run of a command, for marks at Seam by which what it made is known again. */
  readonly id: string
  /** Says that this run made the thing with this id; false when another did. */
  claim(thing: string): Promise<boolean>
}

/** Something that can be done through the gateway. */
export type Command<Input extends Keyed = Keyed, Plan extends Facts = Facts> = {
  /** The mutation's name. */
  readonly name: string
  /**
   * Applies the rules, and decides what is to be done. Changes nothing. Rejects with `Refused`, and with `SeamError` where Seam must be
   * asked and fails.
   */
  prepare(input: Input, asker: Asker, seam: SeamReads): Promise<Plan>
  /** What the answer tells of the plan itself. */
  about?(plan: Plan): Facts
  /** Whether one that waits for its time is taken off, since this one was asked later about the same. */
  replaces?(plan: Plan, waiting: Plan): boolean
  /** What is to be done, from the plan alone: another process must come to the same. */
  steps(plan: Plan, tools: Tools): readonly Step[]
}

/** Any command, with its plan as it's written down. */
export type AnyCommand = Command<Keyed, Facts>

/** Every input has a place for a key. */
export type Keyed = { readonly idempotencyKey?: string | null | undefined }

/** What steps of one run work with. */
export function toolsOf(id: string, seam: SeamClient, records: Records): Tools {
  return { seam, id, claim: (thing) => records.claim(thing, id) }
}
