import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Entry, Journal } from '../../src/journal/journal.ts'
import type { Change } from '../../src/model/change.ts'
import type { Store } from './conformance.ts'
import { sampleChange } from './sample.ts'

/** What may be done to a journal. Keys are few, so that they repeat. */
type Step =
  | {
      readonly do: 'append'
      readonly calls: readonly (readonly { keys: readonly string[]; count: number }[])[]
    }
  | { readonly do: 'read'; readonly after: number; readonly limit: number }
  | { readonly do: 'tail'; readonly after: number }
  | { readonly do: 'leave'; readonly which: number }
  | { readonly do: 'trim'; readonly daysAgo: number; readonly keepAtMost: number }
  | { readonly do: 'wait'; readonly days: number }
  | { readonly do: 'reopen' }
  | { readonly do: 'crash' }

const entry = fc.record({
  keys: fc.array(fc.constantFrom(...'abcdefghij'), { maxLength: 2 }),
  count: fc.integer({ min: 0, max: 3 }),
})
const calls = fc.array(fc.array(entry, { maxLength: 4 }), { minLength: 1, maxLength: 4 })
const small = fc.nat(30)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('append' as const), calls }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('read' as const), after: small, limit: fc.nat(10) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('tail' as const), after: small }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), which: fc.nat(5) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('trim' as const), daysAgo: fc.nat(40), keepAtMost: fc.nat(60) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('wait' as const), days: fc.integer({ min: 1, max: 20 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reopen' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const) }) },
)

const dayMs = 86_400_000
const dedupeMs = 30 * dayMs

/** A journal as simple as can be: what it's about, without any of the difficulties. */
type Model = { changes: Change[]; seen: Map<string, number>; head: number; floor: number }

function appendTo(model: Model, { dedupeKeys, changes }: Entry, at: number) {
  const isKnown = dedupeKeys.some((key) => model.seen.has(key))
  for (const key of dedupeKeys) if (!model.seen.has(key)) model.seen.set(key, at)
  if (isKnown) return { duplicate: true, changes: [] }
  const recordedAt = new Date(at).toISOString()
  const placed = changes.map((change) => ({ ...change, offset: ++model.head, recordedAt }))
  model.changes.push(...placed)
  return { duplicate: false, changes: placed }
}

function trimIn(model: Model, before: number, keepAtMost: number, at: number): number {
  const isOld = ({ recordedAt, offset }: Change) =>
    Date.parse(recordedAt) < before || offset <= model.head - keepAtMost
  const old = model.changes.filter(isOld)
  model.changes = model.changes.slice(old.length)
  model.floor = old.at(-1)?.offset ?? model.floor
  for (const [key, seenAt] of model.seen) if (seenAt < Math.min(before, at - dedupeMs)) model.seen.delete(key)
  return old.length
}

/** A reader that keeps what it was told, and can be waited for. */
type Reader = { readonly found: Change[]; reached(offset: number): Promise<void>; leave(): Promise<void> }

function startReader(journal: Journal, after: number): Reader {
  const given = new AbortController()
  const found: Change[] = []
  let woken = Promise.withResolvers<void>()
  const reading = (async () => {
    for await (const batch of journal.tail(after, given.signal)) {
      found.push(...batch)
      woken.resolve()
      woken = Promise.withResolvers<void>()
    }
  })()
  return {
    found,
    async reached(offset) {
      while ((found.at(-1)?.offset ?? after) < offset) await woken.promise
    },
    async leave() {
      given.abort()
      await reading
    },
  }
}

/** Drives a journal and the model of one through the same random steps: whatever is asked, both must say the same. */
export function describeAgainstModel(driver: string, createStore: () => Promise<Store>): void {
  async function play(steps: readonly Step[]): Promise<void> {
    const store = await createStore()
    const model: Model = { changes: [], seen: new Map(), head: 0, floor: 0 }
    let clock = Date.parse('2026-01-01T00:00:00.000Z')
    const open = () => store.open(() => new Date(clock))
    let journal = await open()
    const left: Journal[] = []
    let readers: { reader: Reader; expected: Change[] }[] = []
    let serial = 0

    const take: { [K in Step['do']]: (step: Extract<Step, { do: K }>) => Promise<void> } = {
      async append({ calls }) {
        const entries = calls.map((call) =>
          call.map(({ keys, count }) => ({
            dedupeKeys: keys,
            changes: Array.from({ length: count }, () => sampleChange(`${++serial}`)),
          })),
        )
        const answers = await Promise.all(entries.map((call) => journal.append(call)))
        const expected = entries.map((call) => call.map((each) => appendTo(model, each, clock)))
        expect(answers).toEqual(expected)
        const news = expected.flat().flatMap(({ changes }) => changes)
        for (const { reader, expected: soFar } of readers) {
          soFar.push(...news.filter(({ offset }) => offset > (soFar.at(-1)?.offset ?? -1)))
          await reader.reached(soFar.at(-1)?.offset ?? 0)
        }
      },
      async read({ after, limit }) {
        const expected = model.changes.filter(({ offset }) => offset > after).slice(0, limit)
        expect(await journal.read(after, limit)).toEqual(expected)
      },
      async tail({ after: wanted }) {
        const after = Math.min(wanted, model.head)
        const reader = startReader(journal, after)
        const expected = model.changes.filter(({ offset }) => offset > after)
        readers.push({ reader, expected })
        await reader.reached(expected.at(-1)?.offset ?? 0)
      },
      async leave({ which }) {
        for (const { reader } of readers.splice(which, 1)) await reader.leave()
      },
      async trim({ daysAgo, keepAtMost }) {
        const before = clock - daysAgo * dayMs
        const trimmed = await journal.trim(new Date(before).toISOString(), keepAtMost)
        expect(trimmed).toBe(trimIn(model, before, keepAtMost, clock))
      },
      async wait({ days }) {
        clock += days * dayMs
      },
      async reopen() {
        await leaveAll()
        await journal.close()
        journal = await open()
      },
      // The one before is neither closed nor used again; what it acknowledged must be there.
      async crash() {
        await leaveAll()
        left.push(journal)
        journal = await open()
      },
    }

    async function leaveAll(): Promise<void> {
      for (const { reader, expected } of readers) {
        await reader.leave()
        expect(reader.found).toEqual(expected)
      }
      readers = []
    }

    try {
      for (const each of steps) {
        await take[each.do](each as never)
        expect([await journal.floor(), await journal.head()]).toEqual([model.floor, model.head])
      }
      await leaveAll()
      expect(await journal.read(0, 1_000_000)).toEqual(model.changes)
    } finally {
      for (const { reader } of readers) await reader.leave()
      for (const each of [...left, journal]) await each.close()
      await store.remove()
    }
  }

  describe(`${driver}: against a model`, () => {
    it('should say what a simple list would, whatever is done to it in whatever order', async () => {
      await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), play), { numRuns: 60 })
    })
  })
}
