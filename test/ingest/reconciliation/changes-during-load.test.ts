import { describe, expect, it } from 'vitest'
import { createCatalog } from '../../../src/catalog/catalog.ts'
import type { SeamEvent } from '../../../src/model/seam-events.ts'
import type { ActivityName } from '../../../src/sandbox/activity/activities.ts'
import type { SeamClient } from '../../../src/seam/client.ts'
import { startIngestFixture } from '../ingest-fixture.ts'

const lists = ['listSystems', 'listAccounts', 'listUsers', 'listEntrances', 'listCredentials'] as const
const acts: readonly ActivityName[] = [
  'revoke',
  'moveOut',
  'moveIn',
  'guestCode',
  'reissue',
  'addDoor',
  'removeDoor',
  'disconnect',
]

/** Runs an action at Seam after this list was read and before a reconciliation has read all lists. */
function actingAfter(seam: SeamClient, list: (typeof lists)[number], act: () => void): SeamClient {
  let isArmed = true
  const ask = seam[list] as (...args: unknown[]) => Promise<unknown>
  const acting = async (...args: unknown[]) => {
    const rows = await ask(...args)
    if (isArmed) {
      isArmed = false
      act()
    }
    return rows
  }
  return { ...seam, load: seam.load, [list]: acting }
}

describe.each(acts)('%s during a reconciliation', (act) => {
  it.each(lists)('should be published once and in the right order, if it happens after %s', async (list) => {
    await using ground = await startIngestFixture({ activity: false, systems: 2, doors: 6, residents: 4 })
    const { sandbox, seam } = ground
    const before = await ground.startIngest()
    await before.close()
    const ingest = await ground.startIngest({ seam: actingAfter(seam, list, () => void sandbox.act(act)) })
    await ingest.reconcile()
    await ingest.backfill()
    await ingest.reconcile()
    const published = await ground.appendedChanges()
    expect(published.length).toBeGreaterThan(0)
    const kinds = Map.groupBy(
      published,
      ({ subject, acsCredentialId, acsUserId, acsEntranceIds, acsSystemId, connectedAccountId }) =>
        `${subject} ${subject === 'CREDENTIAL' ? acsCredentialId : subject === 'USER' ? acsUserId : subject === 'ENTRANCE' ? acsEntranceIds : (acsSystemId ?? connectedAccountId)}`,
    )
    for (const [subject, changes] of kinds) {
      const names = changes.map(({ kind }) => kind).filter((kind) => kind !== 'UPDATED')
      expect(new Set(names).size, `${subject} ${names}`).toBe(names.length)
      if (names.includes('DELETED')) expect(names.at(-1), `${subject} ${names}`).toBe('DELETED')
      if (names.includes('CREATED')) expect(names[0], `${subject} ${names}`).toBe('CREATED')
      expect(names.includes('CONNECTED') && names.includes('DISCONNECTED')).toBe(false)
    }
    // All changes are published now.
    expect((await ingest.reconcile())?.changes).toBe(0)
  })
})

it('should not publish a new credential of a user whose deletion was published while Seam was read', async () => {
  await using ground = await startIngestFixture({ activity: false, systems: 1, doors: 4, residents: 3 })
  const { sandbox, seam } = ground
  await (await ground.startIngest()).close()
  const [user] = await seam.listUsers({})
  const details = { acs_user_id: user?.acsUserId ?? '' }
  sandbox.act('guestCode', details)
  const isOfUser = ({ event_type }: SeamEvent) => event_type.startsWith('acs_user.')
  const acting = actingAfter(seam, 'listCredentials', () => void sandbox.act('moveOut', details))
  // Seam lists the events of the credentials later than the user's.
  const listEvents: SeamClient['listEvents'] = async (...args) =>
    (await seam.listEvents(...args)).filter(isOfUser)
  const ingest = await ground.startIngest({ seam: { ...acting, load: seam.load, listEvents } })
  expect((await ground.appendedChanges()).map(({ subject, kind }) => `${subject} ${kind}`)).toEqual([
    'USER DELETED',
  ])
  await ingest.reconcile()
  const later = (await ground.appendedChanges()).slice(1)
  expect(new Set(later.map(({ subject, kind }) => `${subject} ${kind}`))).toEqual(
    new Set(['CREDENTIAL DELETED']),
  )
})

it('should publish a change once if reconciliation finds it before its event', async () => {
  await using ground = await startIngestFixture({ activity: false, systems: 1, doors: 4, residents: 3 })
  let isLagging = true
  const { seam } = ground
  const lagging: SeamClient = {
    ...seam,
    load: seam.load,
    listEvents: async (...args) => (isLagging ? [] : seam.listEvents(...args)),
  }
  const ingest = await ground.startIngest({ seam: lagging })
  ground.sandbox.act('moveIn')
  ground.sandbox.act('revoke')
  await ingest.reconcile()
  isLagging = false
  await ingest.backfill()
  const named = (await ground.appendedChanges())
    .filter(({ kind }) => kind === 'CREATED' || kind === 'DELETED')
    .map(
      ({ kind, subject, acsCredentialId, acsUserId }) => `${kind} ${subject} ${acsCredentialId ?? acsUserId}`,
    )
  expect(named.length).toBeGreaterThan(2)
  expect(new Set(named).size).toBe(named.length)
})

it('should not publish the new end of a reissued credential again as a difference', async () => {
  await using ground = await startIngestFixture({ activity: false, systems: 1, doors: 4, residents: 3 })
  const catalog = createCatalog({ seam: ground.seam, maxAgeMs: 60_000 })
  const ingest = await ground.startIngest({ catalog })
  ground.sandbox.act('reissue')
  await ingest.backfill()
  catalog.applyChanges(await ground.appendedChanges())
  const before = (await ground.appendedChanges()).length
  expect(before).toBeGreaterThan(0)
  await ingest.reconcile()
  expect(
    (await ground.appendedChanges())
      .slice(before)
      .map(({ kind, changedFields }) => `${kind} ${changedFields}`),
  ).toEqual([])
})
