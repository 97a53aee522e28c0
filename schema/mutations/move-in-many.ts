import { type MoveInInput as MoveInShape, moveIn } from '../../src/commands/definitions/move-in.ts'
import { type CommandOutcome, emptyOutcome } from '../../src/commands/saga.ts'
import { idempotencyKeyErrors, textErrors } from '../../src/model/text-validation.ts'
import { toError } from '../../src/model/to-error.ts'
import type { UserError } from '../../src/model/user-error.ts'
import { assumedListRows, builder, inPartnerGraph } from '../builder.ts'
import type { GraphContext, MutationProgress } from '../context.ts'
import { MoveInInput, MoveInPayload } from './move-mutations.ts'
import { createPayload, idempotencyKeyText, runCommand } from './mutation-payload.ts'

const maxPeople = 100
/** The idempotency key of an item is this key followed by its index, so it may be shorter than other keys. */
const maxKeyCharacters = 240
/** Number of items that are processed concurrently. Seam limits the rate of calls. */
const concurrency = 4

/** The result of each item: an outcome, or the error that prevented one. */
type MoveInManyOutcome = CommandOutcome & { readonly results: readonly (CommandOutcome | Error)[] }

const MoveInManyInput = builder.inputType('MoveInManyInput', {
  description: 'Input of `moveInMany`.',
  fields: (t) => ({
    people: t.field({
      type: [MoveInInput],
      required: true,
      description:
        'ACS users to create, with their credentials. At most 100. An item without an idempotency key uses the key of this input followed by its index.',
    }),
    dryRun: t.boolean({
      defaultValue: false,
      description:
        'Whether to only validate the input. `true` returns the `userErrors` of each item and changes nothing.',
    }),
    idempotencyKey: t.string({ description: `${idempotencyKeyText} Here, at most 240 characters.` }),
  }),
})

const MoveInManyPayload = createPayload<MoveInManyOutcome>('MoveInManyPayload', 'moveInMany', (t) => ({
  results: t.field({
    type: [MoveInPayload],
    nullable: { list: false, items: true },
    description:
      'Result of each item, in the order of `people`. An item is `null` if Seam or the gateway failed; `errors` in the response then contains the reason.',
    complexity: { multiplier: assumedListRows },
    resolve: (outcome) => [...outcome.results] as CommandOutcome[],
  }),
}))

builder.mutationField('moveInMany', (t) =>
  t.field({
    subGraphs: inPartnerGraph,
    type: MoveInManyPayload,
    description:
      'Moves up to 100 ACS users in. Each item is carried out completely or not at all, like `moveIn`, and does not affect the other items. If the request is repeated with the same idempotency key, items that were completed or that Seam rejected return their first result, and the other items are tried again. Requires the `write` scope.',
    authScopes: { scope: 'write' },
    args: { input: t.arg({ type: MoveInManyInput, required: true, description: 'ACS users to move in.' }) },
    async resolve(_root, { input }, context, { path }): Promise<MoveInManyOutcome> {
      const { idempotencyKey: key, dryRun, people } = input
      const refusal = findRefusal(people.length, key ?? null)
      if (refusal !== null) return refusal
      let done = 0
      const reportProgress = (index: number, result: CommandOutcome | Error) =>
        context.onProgress?.({
          field: `${path.key}`,
          index,
          status: getProgressStatus(result),
          done: ++done,
          total: people.length,
        })
      const results = await mapConcurrently(people, reportProgress, async (person, index) => {
        const idempotencyKey = person.idempotencyKey ?? (key == null ? null : `${key} #${index}`)
        const one = { ...person, idempotencyKey }
        return dryRun === true ? checkMoveIn(one, context) : runCommand(moveIn, one, context)
      })
      const offset = Math.max(0, ...results.map((each) => (each instanceof Error ? 0 : each.offset)))
      return { ...emptyOutcome, offset, results }
    },
  }),
)

function findRefusal(people: number, key: string | null): MoveInManyOutcome | null {
  const userErrors: UserError[] = [
    ...textErrors({ idempotencyKey: key }),
    ...idempotencyKeyErrors(key, maxKeyCharacters),
  ]
  if (people > maxPeople)
    userErrors.push({
      field: ['people'],
      code: 'INVALID',
      message: `\`people\` can have at most ${maxPeople} items. Send several requests.`,
    })
  return userErrors.length === 0 ? null : { ...emptyOutcome, userErrors, results: [] }
}

function checkMoveIn(
  person: MoveInShape,
  { commands, viewer, view, now }: GraphContext,
): Promise<CommandOutcome> {
  return commands.validate(moveIn, person, { viewer, view, now })
}

function getProgressStatus(result: CommandOutcome | Error): MutationProgress['status'] {
  if (result instanceof Error) return 'FAILED'
  return result.userErrors.length > 0 ? 'REFUSED' : 'DONE'
}

/** Processes items, several at a time, and reports each result. If an item fails, its error is the result. */
async function mapConcurrently<T, R>(
  items: readonly T[],
  onResult: (index: number, result: R | Error) => void,
  runItem: (item: T, index: number) => Promise<R>,
): Promise<(R | Error)[]> {
  const results: (R | Error)[] = []
  const remaining = items.entries()
  const worker = async (): Promise<void> => {
    for (const [index, item] of remaining) {
      const result = await runItem(item, index).catch(toError)
      results[index] = result
      onResult(index, result)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
  return results
}
