import fc from 'fast-check'
import { expect, it } from 'vitest'
import { demoViewer } from '../../src/auth/authenticator.ts'
import type { Viewer } from '../../src/auth/viewer.ts'
import { createGroupIndex } from '../../src/feed/group-index.ts'
import type { Change } from '../../src/model/change.ts'
import {
  allChanges,
  type ChangeFilter,
  type ChangeVisibility,
  meetsCriteria,
  passesFilter,
} from '../../src/model/change-filter.ts'
import { sampleChange } from '../journal/sample-changes.ts'

const users = fc.constantFrom('ada', 'bob', null)
const entrances = fc.constantFrom('front', 'back')
const systems = fc.constantFrom('north', 'south', null)
const subjects = fc.constantFrom('CREDENTIAL', 'USER', 'ENTRANCE', 'CONNECTION')

const filters = fc
  .record({
    acsUserId: users,
    acsEntranceId: fc.option(entrances),
    acsSystemId: systems,
    subjects: fc.option(fc.array(subjects)),
  })
  .map((filter) => ({ ...allChanges, ...filter }) as ChangeFilter)

const viewers = fc
  .record({ acsUserId: users, systemIds: fc.option(fc.array(fc.constantFrom('north', 'south'))) })
  .map(
    ({ acsUserId, systemIds }) =>
      ({
        ...demoViewer,
        accessScope: { acsUserId, acsSystemIds: systemIds === null ? null : new Set(systemIds) },
      }) as Viewer,
  )

const changes = fc
  .record({
    subject: subjects,
    acsUserId: users,
    acsEntranceIds: fc.option(fc.array(entrances)),
    acsSystemId: systems,
    acsSystemIds: fc.option(fc.array(fc.constantFrom('north', 'south')), { nil: undefined }),
  })
  .map((fields) => ({ ...sampleChange('e', fields as object), offset: 1 }) as Change)

/** Residents may be able to unlock every entrance. */
function widestVisibility({ accessScope: { acsUserId, acsSystemIds } }: Viewer): ChangeVisibility {
  return {
    acsSystemIds: acsSystemIds === null ? null : [...acsSystemIds],
    acsUser: acsUserId === null ? null : { acsUserId, acsEntranceIds: ['front', 'back'] as never },
    includesAccounts: true,
  }
}

it('should find every group that can select a change, and no group whose filter excludes all changes', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ filter: filters, viewer: viewers }), { maxLength: 8 }),
      fc.array(changes, { maxLength: 4 }),
      fc.array(fc.nat(7)),
      (groups, batch, removed) => {
        const index = createGroupIndex<(typeof groups)[number]>()
        for (const group of groups) index.add(group)
        const gone = removed.map((position) => groups[position])
        for (const group of gone) if (group !== undefined) index.delete(group)
        const found = index.findFor(batch)
        for (const group of groups) {
          const { filter, viewer } = group
          const criteria = { filter, visibility: widestVisibility(viewer) }
          const isSelecting = !gone.includes(group) && batch.some((change) => meetsCriteria(criteria, change))
          if (isSelecting) expect(found).toContain(group)
          if (gone.includes(group) || !batch.some((change) => passesFilter(filter, change)))
            expect(found).not.toContain(group)
        }
      },
    ),
    { numRuns: 3_000 },
  )
})
