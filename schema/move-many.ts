import { type MoveInInput as MoveInShape, moveIn } from '../src/commands/kinds/move-in.ts'
import type { Outcome } from '../src/commands/saga.ts'
import { builder, forPartners, unpagedRows } from './builder.ts'
import type { GraphContext } from './context.ts'
import { MoveInInput, MoveInPayload } from './move.ts'
import { carryOut, idempotencyKeyText, nothingDone, payload } from './mutation.ts'

const peopleAtMost = 100
/** People who move in at the same time: Seam takes only so many calls. */
const atOnce = 4

/** What became of each person: an outcome, or the error for which there is none. */
type Many = Outcome & { readonly results: readonly (Outcome | Error)[] }

const MoveInManyInput = builder.inputType('MoveInManyInput', {
  description: 'Several people.',
  fields: (t) => ({
    people: t.field({
      type: [MoveInInput],
      required: true,
      description: 'At most 100. One without an idempotency key has this input’s, and its place in the list.',
    }),
    dryRun: t.boolean({
      defaultValue: false,
      description: 'Only says what the rules object to, and changes nothing.',
    }),
    idempotencyKey: t.string({ description: `${idempotencyKeyText} At most 240 characters here.` }),
  }),
})

const MoveInManyPayload = payload('MoveInManyPayload', 'moveInMany', (t) => ({
  results: t.field({
    type: [MoveInPayload],
    nullable: { list: false, items: true },
    description:
      'What became of each, in order. `null` where Seam or the gateway failed for that person: `errors` then has an entry with its path.',
    complexity: { multiplier: unpagedRows },
    resolve: (outcome) => [...(outcome as Many).results] as Outcome[],
  }),
}))

builder.mutationField('moveInMany', (t) =>
  t.field({
    subGraphs: forPartners,
    type: MoveInManyPayload,
    description:
      'Moves up to 100 people in. Each is all or nothing for themselves, as with `moveIn`: one who is refused holds nobody else up. Sent again with the same idempotency key, those who have moved in stay as they are, and the others are tried again.',
    authScopes: { scope: 'write' },
    args: { input: t.arg({ type: MoveInManyInput, required: true, description: 'Who, when and where.' }) },
    async resolve(_root, { input }, context): Promise<Many> {
      const { idempotencyKey: key, dryRun, people } = input
      const refusal = refusalOf(people.length, key ?? null)
      if (refusal !== null) return refusal
      const results = await inTurn(people, async (person, index) => {
        const idempotencyKey = person.idempotencyKey ?? (key == null ? null : `${key} #${index}`)
        const one = { ...person, idempotencyKey } as MoveInShape
        return dryRun === true ? check(one, context) : carryOut(moveIn, one, context)
      })
      const offset = Math.max(0, ...results.map((each) => (each instanceof Error ? 0 : each.offset)))
      return { ...nothingDone, offset, results }
    },
  }),
)

function refusalOf(people: number, key: string | null): Many | null {
  const objection =
    people > peopleAtMost
      ? ({ field: ['people'], code: 'INVALID', message: `At most ${peopleAtMost} people at once.` } as const)
      : key !== null && (key.trim() === '' || key.length > 240)
        ? ({ field: ['idempotencyKey'], code: 'INVALID', message: 'It has 1 to 240 characters.' } as const)
        : null
  return objection && { ...nothingDone, userErrors: [objection], results: [] }
}

function check(person: MoveInShape, { commands, viewer, view, now }: GraphContext): Promise<Outcome> {
  return commands.check(moveIn, person, { viewer, view, now })
}

/** Runs over a list, a few at a time; a failure stands in the place of its result. */
async function inTurn<T, R>(
  items: readonly T[],
  run: (item: T, index: number) => Promise<R>,
): Promise<(R | Error)[]> {
  const results: (R | Error)[] = []
  const rest = items.entries()
  const worker = async (): Promise<void> => {
    for (const [index, item] of rest)
      results[index] = await run(item, index).catch((error: unknown) =>
        error instanceof Error ? error : new Error(String(error)),
      )
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return results
}
