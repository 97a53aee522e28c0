import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createCollection } from '../../src/catalog/collection.ts'

type Row = { readonly id: string; readonly part: string; readonly version: number }

const ids = [...'abcdef']
const partOf = (id: string): string => (id < 'd' ? 'north' : 'south')
const maxAgeMs = 100

/** A world of rows that fails while it's broken, and otherwise answers when the scheduler lets it. */
function createWorld(pause: () => Promise<unknown>) {
  const rows = new Map<string, Row>(ids.map((id) => [id, { id, part: partOf(id), version: 0 }]))
  const state = { clock: 0, isBroken: false }
  async function ask(look: () => Row[]): Promise<readonly Row[]> {
    await pause()
    if (state.isBroken) throw new Error('down')
    const seen = look()
    await pause()
    return seen
  }
  const open = () =>
    createCollection<string, string, Row>(
      {
        idOf: (row) => row.id,
        partOf: (row) => row.part,
        listPart: (part) => ask(() => [...rows.values()].filter((row) => row.part === part)),
        listAll: () => ask(() => [...rows.values()]),
        fetchAtMost: 1,
        fetch: (some) => ask(() => some.flatMap((id) => rows.get(id) ?? [])),
      },
      { maxAgeMs, staleMs: 10 * maxAgeMs, patienceMs: 1_000, now: () => state.clock },
    )
  return { rows, state, open }
}

const some = fc.constantFrom(...ids)
const one = <What extends string>(what: What, weight: number) => ({
  weight,
  arbitrary: fc.record({ do: fc.constant(what), id: some }),
})
const step = fc.oneof(
  one('told', 3),
  one('silent', 3),
  one('removed', 1),
  one('break', 2),
  one('mend', 2),
  one('list', 5),
  one('get', 4),
  one('restart', 2),
  // Lets everything come in that is under way.
  one('settle', 6),
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('age' as const),
      id: some,
      ms: fc.constantFrom(50, 100, 900, 1_000),
    }),
  },
)

describe('a collection over outages and restarts', () => {
  it('should never serve what was already news when it was asked, nor what is too old', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.array(step, { minLength: 3, maxLength: 40 }), async (s, steps) => {
        const { rows, state, open } = createWorld(() => s.schedule(Promise.resolve()))
        let collection = open()
        /** The version that everybody was told of; and each version with the time at which it ceased to be. */
        const told = new Map<string, number>()
        const ended = new Map<string, number>()
        const gone = new Set<string>()
        let version = 0
        const reads: Promise<void>[] = []

        function replace(id: string): void {
          const before = rows.get(id)
          if (before !== undefined) ended.set(`${id} ${before.version}`, state.clock)
          rows.set(id, { id, part: partOf(id), version: ++version })
        }

        /** A row may be as old as the limit allows, and not older than what had been told. */
        function check(row: Row, toldThen: ReadonlyMap<string, number>, askedAt: number): void {
          expect(row.version).toBeGreaterThanOrEqual(toldThen.get(row.id) ?? 0)
          const endedAt = ended.get(`${row.id} ${row.version}`) ?? Number.POSITIVE_INFINITY
          expect(askedAt - endedAt).toBeLessThan(10 * maxAgeMs)
        }

        for (const each of steps) {
          if (each.do === 'told' && !gone.has(each.id)) {
            replace(each.id)
            told.set(each.id, version)
            collection.doubt(each.id)
          } else if (each.do === 'silent' && !gone.has(each.id)) replace(each.id)
          else if (each.do === 'removed') {
            rows.delete(each.id)
            gone.add(each.id)
            collection.remove(each.id)
          } else if (each.do === 'break') state.isBroken = true
          else if (each.do === 'mend') state.isBroken = false
          else if (each.do === 'age') state.clock += each.ms
          else if (each.do === 'list') reads.push(readList(partOf(each.id)))
          else if (each.do === 'get') reads.push(readRow(each.id))
          else if (each.do === 'restart') {
            const dumps = ['north', 'south'].map((part) => [part, collection.dump(part)] as const)
            collection = open()
            for (const [part, dump] of dumps) if (dump !== null) collection.restore(part, dump)
            // As the journal would have it: what is gone stays so.
            for (const id of gone) collection.remove(id)
          }
          while (s.count() > (each.do === 'settle' ? 0 : 2)) await s.waitOne()
          if (each.do === 'settle') await Promise.race([Promise.all(reads), s.waitIdle()])
        }
        await s.waitFor(Promise.all(reads))

        async function readList(part: string): Promise<void> {
          const [then, goneThen, askedAt, asked] = [new Map(told), new Set(gone), state.clock, collection]
          const [error] = await asked.ensure([part], false)
          if (error != null || asked !== collection) return
          const found = asked.rows(part)
          for (const row of found) check(row, then, askedAt)
          for (const id of goneThen) expect(found.some((row) => row.id === id)).toBe(false)
        }

        async function readRow(id: string): Promise<void> {
          const [then, askedAt, isGone, asked] = [new Map(told), state.clock, gone.has(id), collection]
          const known = asked.known(id)
          const row = known === undefined ? (await asked.getMany([id]))[0] : known
          if (isGone && !(row instanceof Error)) expect(row).toBeNull()
          if (row != null && !(row instanceof Error)) check(row, then, askedAt)
        }
      }),
      { numRuns: 3_000 },
    )
  })

  it('should not wait with a new reader for a fetch that was begun too long ago', async () => {
    const answers: PromiseWithResolvers<void>[] = []
    const { rows, state, open } = createWorld(() => {
      const answer = Promise.withResolvers<void>()
      answers.push(answer)
      return answer.promise
    })
    const letIn = async (index: number): Promise<void> => {
      answers[index]?.resolve()
      await new Promise(setImmediate)
    }
    const collection = open()
    const first = collection.getMany(['a'])
    await letIn(0)
    rows.set('a', { id: 'a', part: 'north', version: 1 })
    state.clock += maxAgeMs

    const second = collection.getMany(['a'])
    await letIn(2)
    await letIn(3)
    await letIn(1)

    expect(await second).toEqual([{ id: 'a', part: 'north', version: 1 }])
    expect(await first).toEqual(await second)
    expect(collection.known('a')).toEqual({ id: 'a', part: 'north', version: 1 })
  })
})
