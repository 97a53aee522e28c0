import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Entry, Journal } from '../../src/journal/journal.ts'
import type { Change } from '../../src/model/change.ts'
import type { AcsCredentialId } from '../../src/model/ids.ts'
import type { Store } from './conformance-suite.ts'
import { sampleChange } from './sample-changes.ts'

/** An entry with `count` changes about one credential, and a condition about one credential among the `back` newest changes. */
type SampleEntry = {
  readonly keys: readonly string[]
  readonly count: number
  readonly about: string
  readonly onlyIf: { readonly back: number; readonly about: string } | null
}

/** The operations on a journal. There are few dedupe keys and credentials, so that they repeat. */
type Step =
  | {
      readonly do: 'append'
      readonly calls: readonly (readonly SampleEntry[])[]
    }
  | { readonly do: 'read'; readonly after: number; readonly limit: number }
  | { readonly do: 'tail'; readonly after: number }
  | { readonly do: 'leave'; readonly which: number }
  | { readonly do: 'trim'; readonly daysAgo: number; readonly keepAtMost: number }
  | { readonly do: 'wait'; readonly days: number }
  | { readonly do: 'reopen' }
  | { readonly do: 'crash' }

const about = fc.constantFrom(...'xyz')
const entry: fc.Arbitrary<SampleEntry> = fc.record({
  keys: fc.array(fc.constantFrom(...'abcdefghij'), { maxLength: 2 }),
  count: fc.integer({ min: 0, max: 3 }),
  about,
  onlyIf: fc.option(fc.record({ back: fc.nat(6), about })),
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

/** The model: a journal as a list in memory. */
type Model = { changes: Change[]; seen: Map<string, number>; head: number; floor: number }

function appendCall(model: Model, entries: readonly Entry[], at: number) {
  const before = [...model.changes]
  const isOvertaken = ({ onlyIf }: Entry): boolean => {
    if (onlyIf === undefined) return false
    const isTouched = before.some(
      ({ offset, acsCredentialId }) => offset > onlyIf.after && onlyIf.ids.includes(acsCredentialId ?? ''),
    )
    return isTouched || (onlyIf.after < model.floor && (before.at(-1)?.offset ?? model.floor) > onlyIf.after)
  }
  return entries.map((entry) =>
    isOvertaken(entry) ? { isDuplicate: false, changes: [], isOvertaken: true } : appendTo(model, entry, at),
  )
}

function appendTo(model: Model, { dedupeKeys, changes }: Entry, at: number) {
  const isKnown = dedupeKeys.some((key) => model.seen.has(key))
  for (const key of dedupeKeys) if (!model.seen.has(key)) model.seen.set(key, at)
  if (isKnown) return { isDuplicate: true, changes: [] }
  const recordedAt = new Date(at).toISOString()
  const placed = changes.map((change) => ({ ...change, offset: ++model.head, recordedAt }))
  model.changes.push(...placed)
  return { isDuplicate: false, changes: placed }
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

/** A tail's reader that collects its changes. */
type Reader = {
  readonly found: Change[]
  waitForOffset(offset: number): Promise<void>
  leave(): Promise<void>
}

function startReader(journal: Journal, after: number): Reader {
  const stop = new AbortController()
  const found: Change[] = []
  let batchArrived = Promise.withResolvers<void>()
  const reading = (async () => {
    for await (const batch of journal.tail(after, stop.signal)) {
      if (batch.kind === 'changes') found.push(...batch.changes)
      batchArrived.resolve()
      batchArrived = Promise.withResolvers<void>()
    }
  })()
  return {
    found,
    async waitForOffset(offset) {
      while ((found.at(-1)?.offset ?? after) < offset) await batchArrived.promise
    },
    async leave() {
      stop.abort()
      await reading
    },
  }
}

/** Runs random operations on a journal and on the model, and expects equal results. */
export function describeAgainstModel(driver: string, createStore: () => Promise<Store>): void {
  async function runSteps(steps: readonly Step[]): Promise<void> {
    const store = await createStore()
    const model: Model = { changes: [], seen: new Map(), head: 0, floor: 0 }
    let clock = Date.parse('2026-01-01T00:00:00.000Z')
    const open = () => store.open(() => new Date(clock))
    let journal = await open()
    const abandoned: Journal[] = []
    let readers: { reader: Reader; expected: Change[] }[] = []
    let serial = 0

    const runStep: { [K in Step['do']]: (step: Extract<Step, { do: K }>) => Promise<void> } = {
      async append({ calls }) {
        const entries = calls.map((call) =>
          call.map(({ keys, count, about, onlyIf }): Entry => {
            const acsCredentialId = about as AcsCredentialId
            const changes = Array.from({ length: count }, () =>
              sampleChange(`${++serial}`, { acsCredentialId }),
            )
            if (onlyIf === null) return { dedupeKeys: keys, changes }
            const after = Math.max(0, model.head - onlyIf.back)
            return { dedupeKeys: keys, changes, onlyIf: { after, ids: [onlyIf.about] } }
          }),
        )
        const results = await Promise.all(entries.map((call) => journal.append(call)))
        const expected = entries.map((call) => appendCall(model, call, clock))
        expect(results).toEqual(expected)
        const appended = expected.flat().flatMap((result) => result.changes)
        for (const { reader, expected: changes } of readers) {
          changes.push(...appended.filter(({ offset }) => offset > (changes.at(-1)?.offset ?? -1)))
          await reader.waitForOffset(changes.at(-1)?.offset ?? 0)
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
        await reader.waitForOffset(expected.at(-1)?.offset ?? 0)
      },
      async leave({ which }) {
        for (const { reader } of readers.splice(which, 1)) await reader.leave()
      },
      async trim({ daysAgo, keepAtMost }) {
        const before = clock - daysAgo * dayMs
        const trimmed = await journal.trim(daysAgo * dayMs, keepAtMost)
        expect(trimmed).toBe(trimIn(model, before, keepAtMost, clock))
      },
      async wait({ days }) {
        clock += days * dayMs
      },
      async reopen() {
        await stopReaders()
        await journal.close()
        journal = await open()
      },
      // The old journal is neither closed nor used again, and its acknowledged changes must be in the new one.
      async crash() {
        await stopReaders()
        abandoned.push(journal)
        journal = await open()
      },
    }

    async function stopReaders(): Promise<void> {
      for (const { reader, expected } of readers) {
        await reader.leave()
        expect(reader.found).toEqual(expected)
      }
      readers = []
    }

    try {
      for (const step of steps) {
        await runStep[step.do](step as never)
        expect([await journal.readFloor(), await journal.readHead()]).toEqual([model.floor, model.head])
      }
      await stopReaders()
      expect(await journal.read(0, 1_000_000)).toEqual(model.changes)
    } finally {
      for (const { reader } of readers) await reader.leave()
      for (const opened of [...abandoned, journal]) await opened.close()
      await store.remove()
    }
  }

  describe(`${driver}: against a model`, () => {
    it('should return the same results as a list, for any sequence of operations', async () => {
      await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), runSteps), {
        numRuns: 60,
      })
    })
  })
}
