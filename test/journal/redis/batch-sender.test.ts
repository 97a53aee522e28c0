import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createBatchSender } from '../../../src/journal/redis/batch-sender.ts'
import { createGroupCommit } from '../../../src/journal/sqlite/group-commit.ts'

/** A step of a test run: items are added, time passes, or the batch in flight succeeds or fails. */
const stepArbitrary = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), count: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 40 }) }),
  fc.record({ kind: fc.constant('answer' as const), isGood: fc.boolean() }),
  fc.constant({ kind: 'turn' as const }),
)

/** Waits for a turn of the event loop, and for the callbacks that it schedules. */
const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))

it('should settle every item that is added to a batch, whatever the clock does between two readings', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(stepArbitrary, { maxLength: 30 }),
      fc.infiniteStream(fc.integer({ min: 0, max: 30 })),
      async (steps, ticks) => {
        let clock = 0
        let answer: ((isGood: boolean) => void) | null = null
        const sender = createBatchSender<number, number>({
          send: (items) =>
            new Promise((resolve, reject) => {
              answer = (isGood) => (isGood ? resolve(items) : reject(new Error('down')))
            }),
          timeoutMs: 50,
          maxWeight: 3,
          getWeight: () => 1,
          createTimeoutError: () => new Error('late'),
          // The clock advances with every reading.
          now: () => {
            clock += ticks.next().value ?? 0
            return clock
          },
        })
        const outcomes: (number | string)[] = []
        let added = 0
        const add = () => {
          const item = added++
          sender.enqueue(item).then(
            (out) => outcomes.push(out),
            ({ message }: Error) => outcomes.push(message),
          )
        }
        const settleBatch = (isGood: boolean) => {
          answer?.(isGood)
          answer = null
        }
        for (const step of steps) {
          if (step.kind === 'add') for (let remaining = step.count; remaining > 0; remaining--) add()
          else if (step.kind === 'wait') clock += step.ms
          else if (step.kind === 'answer') settleBatch(step.isGood)
          await turn()
        }
        for (let remaining = added + 1; remaining > 0 && outcomes.length < added; remaining--) {
          settleBatch(true)
          await turn()
        }
        expect(outcomes).toHaveLength(added)
      },
    ),
  )
})

it('should settle every item of a group commit, whether it succeeds or fails', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.boolean()), { maxLength: 10 }),
      async (groups) => {
        let isGood = true
        const commits = createGroupCommit<number, number>((items) => {
          if (!isGood) throw new Error('down')
          return items
        })
        let [added, settled] = [0, 0]
        for (const [count, succeeds] of groups) {
          isGood = succeeds
          for (let remaining = count; remaining > 0; remaining--) {
            added++
            commits.enqueue(remaining).then(
              () => settled++,
              () => settled++,
            )
          }
          await turn()
        }
        expect(settled).toBe(added)
      },
    ),
  )
})
