import { expect, it } from 'vitest'
import { toChangeFilter } from '../../../schema/changes/read-change-filter.ts'
import type { ChangeKind } from '../../../src/model/change.ts'

it('should remove duplicate values from a filter, for any number of values', () => {
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
