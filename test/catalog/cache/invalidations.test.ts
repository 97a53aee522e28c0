import { describe, expect, it } from 'vitest'
import { createInvalidations } from '../../../src/catalog/cache/invalidations.ts'

const invalidatePartitions = (count: number) => {
  const invalidations = createInvalidations<string, string>()
  for (let n = 0; n < count; n++) invalidations.invalidatePartition(`partition ${n}`)
  return invalidations
}

describe('invalidations of partitions', () => {
  it('should be stored one by one up to the bound', () => {
    const { versionOfPartition } = invalidatePartitions(1_000)
    expect(['partition 0', 'partition 999', 'another'].map(versionOfPartition)).toEqual([1, 1_000, 0])
  })

  it('should invalidate everything above the bound', () => {
    const { versionOfPartition, invalidatePartition } = invalidatePartitions(1_001)
    expect(['partition 0', 'another'].map(versionOfPartition)).toEqual([1_001, 1_001])
    invalidatePartition('one more')
    expect(['one more', 'another'].map(versionOfPartition)).toEqual([1_002, 1_001])
  })
})
