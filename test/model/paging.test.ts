import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InvalidPageRequest, type Order, type PageRequest, paginate } from '../../src/model/paging.ts'

type Row = { readonly id: string; readonly name: string }

const byName: Order<Row> = { name: 'name', idOf: (row) => row.id, keyOf: (row) => row.name }
const byNameBackwards: Order<Row> = { ...byName, isDescending: true }

/** Few names, so that many rows share one. */
const someRows = fc.uniqueArray(
  fc.record({
    id: fc.string({ maxLength: 3 }),
    name: fc.constantFrom('', 'Ada', 'ada', 'Grace', 'Ω "quoted"'),
  }),
  { selector: (row) => row.id, maxLength: 30 },
)
const someOrder = fc.constantFrom(byName, byNameBackwards)

function inOrder(rows: readonly Row[], { isDescending }: Order<Row>): readonly Row[] {
  const text = ({ name, id }: Row) => `${name}\u0000${id}`
  const sorted = rows.toSorted((a, b) => (text(a) < text(b) ? -1 : 1))
  return isDescending === true ? sorted.reverse() : sorted
}

/** Pages from one end to the other; `meanwhile` gives the rows as they stand before each page. */
function walk(order: Order<Row>, size: number, isBackward: boolean, meanwhile: () => readonly Row[]): Row[] {
  const seen: Row[] = []
  for (let cursor: string | null = null; ; ) {
    const request: PageRequest = isBackward ? { last: size, before: cursor } : { first: size, after: cursor }
    const page = paginate(meanwhile(), order, request)
    if (isBackward) seen.unshift(...page.rows)
    else seen.push(...page.rows)
    const edge = isBackward ? page.rows[0] : page.rows.at(-1)
    if (edge === undefined || !(isBackward ? page.hasPreviousPage : page.hasNextPage)) return seen
    cursor = page.cursorOf(edge)
  }
}

const row = { id: 'a', name: 'Ada' }
const cursorByTime = paginate([row], { ...byName, name: 'createdAt' }, {}).cursorOf(row)

describe('pages of a list', () => {
  it('should give every row once, in order, whichever way they are walked', () => {
    fc.assert(
      fc.property(
        someRows,
        someOrder,
        fc.integer({ min: 1, max: 7 }),
        fc.boolean(),
        (rows, order, size, isBackward) => {
          expect(walk(order, size, isBackward, () => rows)).toEqual(inOrder(rows, order))
        },
      ),
    )
  })

  it('should give every row that stays once, while others come and go', () => {
    fc.assert(
      fc.property(
        someRows,
        fc.infiniteStream(fc.array(fc.boolean(), { minLength: 30, maxLength: 30 })),
        someOrder,
        fc.boolean(),
        (rows, presences, order, isBackward) => {
          const stays = rows.filter((_, index) => index % 2 === 0)
          const seen = walk(order, 2, isBackward, () => {
            const isThere = presences.next().value
            return rows.filter((row, index) => stays.includes(row) || isThere[index] === true)
          })
          expect(new Set(seen).size).toBe(seen.length)
          expect(seen).toEqual(inOrder(seen, order))
          expect(seen).toEqual(expect.arrayContaining(stays))
        },
      ),
    )
  })

  it('should cut between two cursors', () => {
    const rows = [...'abcdef'].map((id) => ({ id, name: id }))
    const all = paginate(rows, byName, { first: 100 })
    const at = (id: string) => all.cursorOf({ id, name: id })
    const ids = (request: PageRequest) =>
      paginate(rows, byName, request)
        .rows.map(({ id }) => id)
        .join('')
    expect(ids({ after: at('a'), before: at('e') })).toBe('bcd')
    expect(ids({ after: at('a'), before: at('e'), last: 2 })).toBe('cd')
    expect(ids({ after: at('e'), before: at('a') })).toBe('')
    expect(ids({ after: at('f') })).toBe('')
  })

  it('should count the whole list, and 20 rows to a page', () => {
    const rows = Array.from({ length: 45 }, (_, index) => ({ id: `${index}`, name: '' }))
    const page = paginate(rows, byName, {})
    expect(page).toMatchObject({ totalCount: 45, hasNextPage: true, hasPreviousPage: false })
    expect(page.rows).toHaveLength(20)
  })

  it('should treat an empty cursor as not given', () => {
    const rows = [{ id: '1', name: 'Ada' }]
    expect(paginate(rows, byName, { after: '', before: '' }).rows).toEqual(rows)
  })

  it.each<[string, PageRequest, string]>([
    ['no rows', { first: 0 }, 'first'],
    ['fewer than none', { last: -1 }, 'last'],
    ['more than 100', { first: 101 }, 'first'],
    ['both ends', { first: 1, last: 1 }, 'last'],
    ['a cursor that is none', { after: 'garbage' }, 'after'],
    ['a cursor of another order', { after: cursorByTime }, 'after'],
    ['a number for a cursor', { after: Buffer.from('7').toString('base64url') }, 'after'],
  ])('should refuse %s, and name the argument', (_what, request, argument) => {
    expect.assertions(2)
    try {
      paginate([], byName, request)
    } catch (error) {
      expect(error).toBeInstanceOf(InvalidPageRequest)
      expect((error as InvalidPageRequest).argument).toBe(argument)
    }
  })
})
