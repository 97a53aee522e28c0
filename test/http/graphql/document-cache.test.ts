import { describe, expect, it } from 'vitest'
import { createDocumentCache } from '../../../src/http/graphql/document-cache.ts'

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

describe('the document cache', () => {
  it('should evict the least recently used entries above the maximum', () => {
    const cache = createDocumentCache<number>({ maxEntries: 3 })
    for (const n of upTo(3)) cache.set(`${n}`, n)
    expect(cache.get('1')).toBe(1)
    cache.set('4', 4)
    expect(upTo(4).map((n) => cache.get(`${n}`))).toEqual([1, undefined, 3, 4])
  })

  it('should limit the total characters, and not cache very long texts', () => {
    const cache = createDocumentCache<number>({ maxCharacters: 160 })
    for (const n of upTo(17)) cache.set(`${n}`.padEnd(10), n)
    expect(cache.get('1'.padEnd(10))).toBeUndefined()
    expect(upTo(16).map((n) => cache.get(`${n + 1}`.padEnd(10)))).toEqual(upTo(16).map((n) => n + 1))
    cache.set('x'.repeat(11), 0)
    expect(cache.get('x'.repeat(11))).toBeUndefined()
  })

  it('should count a text once if it is set repeatedly', () => {
    const cache = createDocumentCache<number>({ maxEntries: 2, maxCharacters: 160 })
    for (const n of upTo(100)) cache.set('same text', n)
    cache.set('another', 0)
    expect([cache.get('same text'), cache.get('another')]).toEqual([100, 0])
  })

  it('should hold two thousand entries by default', () => {
    const cache = createDocumentCache<number>()
    for (const n of upTo(2_001)) cache.set(`${n}`, n)
    expect([cache.get('1'), cache.get('2')]).toEqual([undefined, 2])
  })
})
