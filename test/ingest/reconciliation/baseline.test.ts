import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Baseline,
  createEmptyBaseline,
  fingerprintRows,
  fingerprintsOf,
  parseBaseline,
  serializeBaseline,
  withFingerprints,
} from '../../../src/ingest/reconciliation/baseline.ts'
import { createBaselineStore } from '../../../src/ingest/reconciliation/baseline-store.ts'
import { compareBaselines } from '../../../src/ingest/reconciliation/compare-baselines.ts'
import { keepPostponed } from '../../../src/ingest/reconciliation/touched-rows.ts'
import { createLeaderLease } from '../../../src/journal/leader-lease.ts'
import { openSqliteJournal } from '../../../src/journal/sqlite/sqlite-journal.ts'
import type { AcsCredentialId, AcsEntranceId } from '../../../src/model/ids.ts'
import { createLogger } from '../../../src/observability/logger.ts'
import { countPerTurn } from '../../support/turn-counter.ts'

/** Returns a baseline whose ACS users have their fingerprints by name: the order of the names has no meaning. */
const unpackUsers = (baseline: Baseline) => ({
  ...baseline,
  rows: {
    ...baseline.rows,
    USER: Array.from(baseline.rows.USER, ([id, row]) => [id, row.owner, fingerprintsOf(row)]),
  },
})

describe('a baseline', () => {
  it('should be the same after a round trip, including rows with different fields', async () => {
    const rows = fc.uniqueArray(
      fc.record({
        id: fc.uuid(),
        owner: fc.option(fc.uuid()),
        fields: fc.dictionary(fc.constantFrom('a', 'b', '~c', 'errors'), fc.string()),
      }),
      { selector: (row) => row.id },
    )
    const doors = fc.option(fc.dictionary(fc.uuid(), fc.array(fc.constantFrom('e1', 'e2', 'e3'))))
    await fc.assert(
      fc.asyncProperty(
        rows,
        doors,
        fc.array(fc.constantFrom('e1', 'e2')),
        fc.nat(),
        async (users, opens, unknown, offset) => {
          const empty = createEmptyBaseline(offset)
          const image = {
            ...empty,
            rows: { ...empty.rows, USER: await fingerprintRows(users, (row) => row) },
            unknownEntranceIds: new Set(unknown) as Set<AcsEntranceId>,
            entrancesByCredential:
              opens && new Map(Object.entries(opens) as [AcsCredentialId, AcsEntranceId[]][]),
          }
          const parsed = await parseBaseline(await serializeBaseline(image))
          expect(unpackUsers(parsed)).toEqual(unpackUsers(image))
        },
      ),
    )
  })

  it('should contain fingerprints and no values', async () => {
    const marked = await fingerprintRows(
      [{ id: '1', owner: null, fields: { name: 'Ada Lovelace' } }],
      (row) => row,
    )
    const empty = createEmptyBaseline(0)
    expect(
      (await serializeBaseline({ ...empty, rows: { ...empty.rows, USER: marked } })).join(),
    ).not.toContain('Ada')
  })

  it('should be readable in the previous format, without fingerprints of fields that are normalized now', async () => {
    const first = {
      offset: 7,
      sections: {
        USER: { names: ['displayName', 'phoneNumber'], rows: [['u1', 'abcde.fghij.', null]] },
        CREDENTIAL: { names: ['endsAt', 'isIssued'], rows: [['c1', 'abcde.fghij.', 'u1']] },
      },
      doors: { ids: ['e1', 'e2'], opens: { c1: [1] } },
    }
    const image = await parseBaseline([JSON.stringify(first)])
    expect(image.offset).toBe(7)
    expect(image.rows.USER.get('u1')).toEqual(withFingerprints(null, { displayName: 'abcde.' }))
    expect(image.rows.CREDENTIAL.get('c1')).toEqual(withFingerprints('u1', { isIssued: 'fghij.' }))
    expect([...(image.entrancesByCredential ?? [])]).toEqual([['c1', ['e2']]])
  })

  it('should not block the event loop while many rows are fingerprinted, serialized, stored, loaded and compared', async () => {
    const rows = Array.from({ length: 20_000 }, (_, index) => ({
      id: `id ${index}`,
      owner: null,
      fields: { displayName: `${index}`, errors: '[]' },
    }))
    let turned = 0
    let isOver = false
    const count = () => {
      turned++
      if (!isOver) setImmediate(count)
    }
    setImmediate(count)
    const during = async <T>(work: () => Promise<T>): Promise<T> => {
      const before = turned
      const result = await work()
      // At least one turn of the event loop per thousand rows.
      expect(turned - before).toBeGreaterThanOrEqual(rows.length / 1_000 - 1)
      return result
    }
    const empty = createEmptyBaseline(0)
    const marked = await during(() => fingerprintRows(rows, (row) => row))
    const image = { ...empty, rows: { ...empty.rows, USER: marked } }
    const lines = await during(() => serializeBaseline(image))
    const back = await during(() => parseBaseline(lines))
    expect(await during(() => compareBaselines(back, image))).toEqual([])
    const entrances = ['e1', 'e2'] as AcsEntranceId[]
    const withDoors = () => ({
      ...createEmptyBaseline(0),
      entrancesByCredential: new Map(rows.map(({ id }) => [id as AcsCredentialId, entrances])),
    })
    const edgeLines = await during(() => serializeBaseline(withDoors()))
    const [told, read] = [await during(() => parseBaseline(edgeLines)), withDoors()]
    const same = await during(() => keepPostponed(told, read, () => false, new Set()))
    expect(await during(() => compareBaselines(told, same))).toEqual([])
    const folder = await mkdtemp(join(tmpdir(), 'latchkey-image-'))
    const journal = await openSqliteJournal({ file: join(folder, 'journal.db') })
    const turns = createLeaderLease({ journal, name: 'image', holder: 'test', log: createLogger('silent') })
    const deletions = countPerTurn()
    const store = createBaselineStore({
      getValue: journal.getValue,
      deleteValue(...args) {
        deletions.add()
        return journal.deleteValue(...args)
      },
    })
    await turns.runAsLeader(new AbortController().signal, async (held) => {
      await during(() => store.save('one', image, held))
      expect((await during(() => store.load('one')))?.baseline).toEqual(image)
      await store.save('one', withDoors(), held)
      expect((await store.load('one'))?.baseline).toEqual(withDoors())
      await store.delete('one')
    })
    // Each deletion is a transaction of its own, which waits for the disk.
    expect(deletions.most).toBe(1)
    deletions.stop()
    // No value of it remains in the store.
    expect([...(await journal.listValues('image'))]).toEqual([])
    await turns.close()
    await journal.close()
    await rm(folder, { recursive: true })
    isOver = true
  })
})
