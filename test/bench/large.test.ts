import { expect, it } from 'vitest'
import { isCorrect } from '../../bench/harness/benchmark.ts'
import { checkCounts } from '../../bench/large/large-benchmark.ts'

it('should load every row of a workspace, and publish every change made while the gateway was stopped', {
  timeout: 120_000,
}, async () => {
  const checks = await checkCounts()
  expect(checks.map(({ counted }) => counted)).toEqual([2_000, 4_000, 50])
  expect(checks.filter((check) => !isCorrect(check))).toEqual([])
})
