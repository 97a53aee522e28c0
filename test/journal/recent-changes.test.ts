import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createRecentChanges } from '../../src/journal/recent-changes.ts'
import type { Change } from '../../src/model/change.ts'
import { sampleChange } from './sample-changes.ts'

const changeAt = (offset: number): Change => ({
  ...sampleChange(`event-${offset}`),
  offset,
  recordedAt: '2026-07-20T12:00:00.000Z',
})

it('should return the changes that directly follow an offset or nothing, though other processes append in between', () => {
  let answers = 0
  fc.assert(
    fc.property(
      // The numbers of changes that other processes append before each batch, and of the batch.
      fc.array(fc.tuple(fc.constantFrom(0, 0, 0, 1, 5), fc.integer({ min: 0, max: 600 })), { maxLength: 12 }),
      fc.integer({ min: 0, max: 700 }),
      (batches, limit) => {
        const recentChanges = createRecentChanges()
        let head = 0
        for (const [foreign, own] of batches) {
          recentChanges.add(Array.from({ length: own }, (_, index) => changeAt(head + foreign + index + 1)))
          head += foreign + own
          for (const after of [0, head - own, head - 10, head - 1, head, head + 3]) {
            const found = recentChanges.readAfter(after, limit)
            if (found.length > 0) answers++
            expect(found.map(({ offset }) => offset)).toEqual(found.map((_, index) => after + index + 1))
            expect(found.length).toBeLessThanOrEqual(limit)
          }
          const readOfNewest = recentChanges.readAfter(head - own, own)
          expect(readOfNewest).toHaveLength(own)
        }
      },
    ),
    { numRuns: 50 },
  )
  expect(answers).toBeGreaterThan(0)
})
