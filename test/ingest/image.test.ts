import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { emptyImage, markRows, readImage, writeImage } from '../../src/ingest/image.ts'
import type { AcsCredentialId, AcsEntranceId } from '../../src/model/ids.ts'

describe('an image', () => {
  it('should come back as it was written, rows of different facets too', async () => {
    const rows = fc.uniqueArray(
      fc.record({
        id: fc.uuid(),
        owner: fc.option(fc.uuid()),
        facets: fc.dictionary(fc.constantFrom('a', 'b', '~c', 'errors'), fc.string()),
      }),
      { selector: (row) => row.id },
    )
    const doors = fc.option(fc.dictionary(fc.uuid(), fc.array(fc.constantFrom('e1', 'e2', 'e3'))))
    await fc.assert(
      fc.asyncProperty(rows, doors, fc.nat(), async (users, opens, offset) => {
        const empty = emptyImage(offset)
        const image = {
          ...empty,
          rows: { ...empty.rows, USER: await markRows(users, (row) => row) },
          doors: opens && new Map(Object.entries(opens) as [AcsCredentialId, AcsEntranceId[]][]),
        }
        expect(readImage(writeImage(image))).toEqual(image)
      }),
    )
  })

  it('should hold no values, only marks of them', async () => {
    const marked = await markRows([{ id: '1', owner: null, facets: { name: 'Ada Lovelace' } }], (row) => row)
    const empty = emptyImage(0)
    expect(writeImage({ ...empty, rows: { ...empty.rows, USER: marked } })).not.toContain('Ada')
  })
})
