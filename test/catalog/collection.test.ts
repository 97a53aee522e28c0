import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createCollection } from '../../src/catalog/collection.ts'

type Row = { readonly id: string; readonly part: string; readonly version: number }

/** A world of rows that answers lists and gets when the scheduler lets it; the answer is what stood there in between. */
function createWorld(pause: () => Promise<unknown>, now: () => number = () => 0, maxAgeMs = 1_000) {
  const rows = new Map<string, Row>()
  let calls = 0
  async function ask(rowsNow: () => Row[]): Promise<readonly Row[]> {
    calls++
    await pause()
    const seen = rowsNow()
    await pause()
    return seen
  }
  const collection = createCollection<string, string, Row>(
    {
      idOf: (row) => row.id,
      partOf: (row) => row.part,
      listPart: (part) => ask(() => [...rows.values()].filter((row) => row.part === part)),
      listAll: () => ask(() => [...rows.values()]),
      fetch: (ids) => ask(() => ids.flatMap((id) => rows.get(id) ?? [])),
    },
    { maxAgeMs, staleMs: 10 * maxAgeMs, patienceMs: 50, now },
  )
  return { rows, collection, calls: () => calls }
}

const partOf = (id: string): string => (id < 'd' ? 'north' : 'south')
const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('write' as const), id: fc.constantFrom(...'abcdef') }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('delete' as const), id: fc.constantFrom(...'abcdef') }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('list' as const), id: fc.constantFrom('a', 'e') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('get' as const), id: fc.constantFrom(...'abcdef') }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('doubtPart' as const), id: fc.constantFrom('a', 'e') }),
  },
)

describe('a collection', () => {
  it('should never answer with what was already news when it was asked, however answers and news race', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.array(step, { minLength: 1, maxLength: 25 }), async (s, steps) => {
        const { rows, collection } = createWorld(() => s.schedule(Promise.resolve()))
        const gone = new Set<string>()
        const reads: Promise<void>[] = []
        let version = 0
        for (const { do: what, id } of steps) {
          const part = partOf(id)
          if (what === 'write' && !gone.has(id)) {
            rows.set(id, { id, part, version: ++version })
            collection.doubt(id)
          } else if (what === 'delete') {
            rows.delete(id)
            gone.add(id)
            collection.remove(id)
          } else if (what === 'doubtPart') {
            for (const row of rows.values())
              if (row.part === part) rows.set(row.id, { ...row, version: ++version })
            collection.doubtPart(part)
          } else if (what === 'list') {
            const then = new Map([...rows].filter(([, row]) => row.part === part))
            reads.push(checkList(part, then, [...gone]))
          } else if (what === 'get') {
            const then = rows.get(id)
            reads.push(checkRow(id, then))
          }
          if (version % 2 === 0 && s.count() > 0) await s.waitOne()
        }
        await s.waitFor(Promise.all(reads))
        const settled = Promise.resolve(collection.ensure(['north', 'south'], true))
        await s.waitFor(settled)
        expect(
          new Map([...collection.rows('north'), ...collection.rows('south')].map((row) => [row.id, row])),
        ).toEqual(rows)

        async function checkList(part: string, then: Map<string, Row>, goneThen: string[]): Promise<void> {
          await collection.ensure([part], false)
          const found = new Map(collection.rows(part).map((row) => [row.id, row.version]))
          for (const row of then.values()) {
            if (!gone.has(row.id)) expect(found.get(row.id)).toBeGreaterThanOrEqual(row.version)
          }
          for (const id of goneThen) expect(found.has(id)).toBe(false)
        }

        async function checkRow(id: string, then: Row | undefined): Promise<void> {
          const [found] = (await collection.getMany([id])) as (Row | null)[]
          if (then !== undefined && !gone.has(id)) expect(found?.version).toBeGreaterThanOrEqual(then.version)
          if (gone.has(id)) expect(found).toBeNull()
        }
      }),
      { numRuns: 300 },
    )
  })

  const atOnce = () => Promise.resolve()

  it('should ask once for many readers, and not at all when nothing changed', async () => {
    const { rows, collection, calls } = createWorld(atOnce)
    rows.set('a', { id: 'a', part: 'north', version: 1 })
    await Promise.all(Array.from({ length: 20 }, () => collection.ensure(['north'], true)))
    expect(calls()).toBe(1)
    expect(collection.ensure(['north'], true)).toEqual([null])
    expect(collection.known('a')).toMatchObject({ version: 1 })
    expect(calls()).toBe(1)
  })

  it('should list all parts with one call, and fetch a changed row alone', async () => {
    const { rows, collection, calls } = createWorld(atOnce)
    for (const id of 'abcdef') rows.set(id, { id, part: partOf(id), version: 1 })
    await collection.ensure(['north', 'south'], true)
    expect(calls()).toBe(1)
    rows.set('b', { id: 'b', part: 'north', version: 2 })
    collection.doubt('b')
    await collection.ensure(['north'], false)
    expect(collection.peek('b')?.version).toBe(2)
    expect(calls()).toBe(2)
  })

  it('should read again what has become too old', async () => {
    let clock = 0
    const { rows, collection, calls } = createWorld(atOnce, () => clock, 100)
    rows.set('a', { id: 'a', part: 'north', version: 1 })
    await collection.ensure(['north'], true)
    clock = 99
    expect(collection.ensure(['north'], true)).toEqual([null])
    clock = 100
    rows.set('a', { id: 'a', part: 'north', version: 2 })
    expect(collection.known('a')).toBeUndefined()
    await collection.ensure(['north'], true)
    expect(collection.peek('a')?.version).toBe(2)
    expect(calls()).toBe(2)
  })

  it('should remember that a row is not there, until news of it come', async () => {
    const { rows, collection, calls } = createWorld(atOnce)
    expect(await collection.getMany(['x'])).toEqual([null])
    expect(collection.known('x')).toBeNull()
    rows.set('x', { id: 'x', part: 'north', version: 1 })
    collection.doubt('x')
    expect(await collection.getMany(['x'])).toEqual([{ id: 'x', part: 'north', version: 1 }])
    expect(calls()).toBe(2)
  })

  it('should leave everything as it was when a load fails, and try again for the next reader', async () => {
    let isDown = true
    const { rows, collection } = createWorld(async () => {
      if (isDown) throw new Error('down')
    })
    rows.set('a', { id: 'a', part: 'north', version: 1 })
    expect(await collection.ensure(['north'], true)).toEqual([new Error('down')])
    expect(collection.failureOf('north')).toEqual(new Error('down'))
    isDown = false
    await collection.ensure(['north'], true)
    expect(collection.rows('north')).toHaveLength(1)
    expect(collection.failureOf('north')).toBeNull()
  })

  describe('while nothing can be asked', () => {
    let clock = 0
    let isDown = false
    const createOldWorld = async () => {
      clock = 0
      isDown = false
      const world = createWorld(
        async () => {
          if (isDown) throw new Error('down')
        },
        () => clock,
        100,
      )
      for (const id of 'ab') world.rows.set(id, { id, part: 'north', version: 1 })
      await world.collection.ensure(['north'], false)
      isDown = true
      clock = 100
      return world
    }

    it('should serve what is merely old, up to the limit', async () => {
      const { collection } = await createOldWorld()
      expect(await collection.ensure(['north'], false)).toEqual([null])
      expect(collection.rows('north')).toHaveLength(2)
      expect(await collection.getMany(['a'])).toMatchObject([{ version: 1 }])
      clock = 999
      expect(await collection.ensure(['north'], false)).toEqual([null])
      clock = 1_000
      expect(await collection.ensure(['north'], false)).toEqual([new Error('down')])
      expect(await collection.getMany(['a'])).toEqual([new Error('down')])
    })

    it('should not serve what news has cast doubt on', async () => {
      const { collection } = await createOldWorld()
      collection.doubt('a')
      expect(await collection.ensure(['north'], false)).toEqual([new Error('down')])
      expect(await collection.getMany(['a', 'b'])).toMatchObject([new Error('down'), { version: 1 }])
      collection.remove('a')
      expect(await collection.ensure(['north'], false)).toEqual([null])
      collection.doubtPart('north')
      expect(await collection.ensure(['north'], false)).toEqual([new Error('down')])
      expect(await collection.getMany(['b'])).toEqual([new Error('down')])
    })

    it('should not ask again for every reader, and ask again before long', async () => {
      const { collection, calls } = await createOldWorld()
      await collection.ensure(['north'], false)
      const asked = calls()
      for (let reader = 0; reader < 20; reader++) expect(collection.ensure(['north'], false)).toEqual([null])
      expect(calls()).toBe(asked)
    })

    it('should not keep a reader waiting for an answer that does not come', async () => {
      let isHanging = false
      const world = createWorld(
        () => (isHanging ? new Promise<never>(() => {}) : Promise.resolve()),
        () => clock,
        100,
      )
      clock = 0
      world.rows.set('a', { id: 'a', part: 'north', version: 1 })
      await world.collection.ensure(['north'], false)
      isHanging = true
      clock = 100
      expect(await world.collection.ensure(['north'], false)).toEqual([null])
      expect(world.collection.rows('north')).toHaveLength(1)
      expect(world.collection.ensure(['north'], false)).toEqual([null])
    })

    it('should let each part fail by itself', async () => {
      const { collection } = await createOldWorld()
      const [north, south] = await collection.ensure(['north', 'south'], false)
      expect([north, south]).toEqual([null, new Error('down')])
    })
  })
})
