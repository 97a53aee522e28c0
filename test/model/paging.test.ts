import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  InvalidPageRequest,
  type Order,
  type PageRequest,
  paginate,
  paginateInSteps,
} from '../../src/model/paging.ts'

type Row = { readonly id: string; readonly name: string }

const byName: Order<Row> = { name: 'name', idOf: (row) => row.id, keyOf: (row) => row.name }
const byNameBackwards: Order<Row> = { ...byName, isDescending: true }

/** Generates rows with few different names, so that many rows have the same name. */
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

/** Reads all pages from one end of the list to the other. `currentRows` returns the rows at the time of each page. */
function readAllPages(
  order: Order<Row>,
  size: number,
  isBackward: boolean,
  currentRows: () => readonly Row[],
): Row[] {
  const seen: Row[] = []
  for (let cursor: string | null = null; ; ) {
    const request: PageRequest = isBackward ? { last: size, before: cursor } : { first: size, after: cursor }
    const page = paginate(currentRows(), order, request)
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
  it('should contain every row once and in order, in both directions', () => {
    fc.assert(
      fc.property(
        someRows,
        someOrder,
        fc.integer({ min: 1, max: 7 }),
        fc.boolean(),
        (rows, order, size, isBackward) => {
          expect(readAllPages(order, size, isBackward, () => rows)).toEqual(inOrder(rows, order))
        },
      ),
    )
  })

  it('should contain every permanent row once while other rows are added and removed', () => {
    fc.assert(
      fc.property(
        someRows,
        fc.infiniteStream(fc.array(fc.boolean(), { minLength: 30, maxLength: 30 })),
        someOrder,
        fc.boolean(),
        (rows, presences, order, isBackward) => {
          const permanentRows = rows.filter((_, index) => index % 2 === 0)
          const seen = readAllPages(order, 2, isBackward, () => {
            const isPresent = presences.next().value
            return rows.filter((row, index) => permanentRows.includes(row) || isPresent[index] === true)
          })
          expect(new Set(seen).size).toBe(seen.length)
          expect(seen).toEqual(inOrder(seen, order))
          expect(seen).toEqual(expect.arrayContaining(permanentRows))
        },
      ),
    )
  })

  it('should be limited by two cursors', () => {
    const rows = [...'abcdef'].map((id) => ({ id, name: id }))
    const all = paginate(rows, byName, { first: 100 })
    const cursorAt = (id: string) => all.cursorOf({ id, name: id })
    const ids = (request: PageRequest) =>
      paginate(rows, byName, request)
        .rows.map(({ id }) => id)
        .join('')
    expect(ids({ after: cursorAt('a'), before: cursorAt('e') })).toBe('bcd')
    expect(ids({ after: cursorAt('a'), before: cursorAt('e'), last: 2 })).toBe('cd')
    expect(ids({ after: cursorAt('e'), before: cursorAt('a') })).toBe('')
    expect(ids({ after: cursorAt('f') })).toBe('')
  })

  it('should be found in steps of at most 2,000 rows, with the rows that match', () => {
    const rows = Array.from({ length: 9_000 }, (_, index) => ({ id: `${index}`, name: '' }))
    let [inStep, mostInStep] = [0, 0]
    const isMatch = ({ id }: Row): boolean => {
      mostInStep = Math.max(mostInStep, ++inStep)
      return Number(id) % 3 === 0
    }
    const steps = paginateInSteps(rows, byName, { first: 2 }, isMatch)
    let step = steps.next()
    for (; step.done !== true; step = steps.next()) inStep = 0
    expect(mostInStep).toBe(2_000)
    expect(step.value).toMatchObject({
      totalCount: 3_000,
      rows: [{ id: '0' }, { id: '1002' }],
      hasNextPage: true,
    })
  })

  it('should count the whole list and contain 20 rows by default', () => {
    const rows = Array.from({ length: 45 }, (_, index) => ({ id: `${index}`, name: '' }))
    const page = paginate(rows, byName, {})
    expect(page).toMatchObject({ totalCount: 45, hasNextPage: true, hasPreviousPage: false })
    expect(page.rows).toHaveLength(20)
  })

  it('should treat an empty cursor as absent', () => {
    const rows = [{ id: '1', name: 'Ada' }]
    expect(paginate(rows, byName, { after: '', before: '' }).rows).toEqual(rows)
  })

  it.each<[string, PageRequest, string]>([
    ['a page size of 0', { first: 0 }, 'first'],
    ['a negative page size', { last: -1 }, 'last'],
    ['a page size over 100', { first: 101 }, 'first'],
    ['first together with last', { first: 1, last: 1 }, 'last'],
    ['a malformed cursor', { after: 'garbage' }, 'after'],
    ['a cursor of another order', { after: cursorByTime }, 'after'],
    ['a cursor that contains a number', { after: Buffer.from('7').toString('base64url') }, 'after'],
  ])('should be refused for %s, with the name of the argument', (_case, request, argument) => {
    expect.assertions(2)
    try {
      paginate([], byName, request)
    } catch (error) {
      expect(error).toBeInstanceOf(InvalidPageRequest)
      expect((error as InvalidPageRequest).argument).toBe(argument)
    }
  })
})
