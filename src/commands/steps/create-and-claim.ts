import type { StepResult } from '../saga.ts'

/** Maximum number of objects that are created because other commands have claimed the previous ones. */
const maxAttempts = 5

/**
 * Creates an object and claims it. Another command that creates an equal object and has lost its answer may have found this object and claimed
 * it first. This command then claims the object of the other one, or creates another.
 */
export async function createAndClaim<Id extends string>(options: {
  readonly create: () => Promise<Id>
  readonly claim: (id: Id) => Promise<boolean>
  /** Finds an equal new object that no command has claimed, and claims it. */
  readonly findUnclaimed: () => Promise<StepResult | null>
  readonly toResult: (id: Id) => StepResult
}): Promise<StepResult> {
  for (let attempt = 1; ; attempt++) {
    const id = await options.create()
    if (await options.claim(id)) return options.toResult(id)
    const unclaimed = await options.findUnclaimed()
    if (unclaimed !== null) return unclaimed
    if (attempt === maxAttempts)
      throw new Error(`Other commands claimed the created object ${attempt} times. Send the mutation again.`)
  }
}
