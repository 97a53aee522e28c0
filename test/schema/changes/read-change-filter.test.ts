import { expect, it } from 'vitest'
import { toChangeFilter } from '../../../schema/changes/read-change-filter.ts'
import type { ChangeKind } from '../../../src/model/change.ts'

it('should drop repeated values of a filter, however many there are', () => {
  const kinds = Array.from(
    { length: 20_000 },
    (_, index): ChangeKind => (index % 2 === 0 ? 'CREATED' : 'DELETED'),
  )
  expect(toChangeFilter({ kinds, origins: ['WEBHOOK', 'WEBHOOK'], subjects: null })).toMatchObject({
    kinds: ['CREATED', 'DELETED'],
    origins: ['WEBHOOK'],
    subjects: null,
  })
})
