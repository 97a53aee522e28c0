import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openFileApiKeyStore } from '../../src/auth/api-keys/file-api-key-store.ts'
import type { AcsUserId } from '../../src/model/ids.ts'
import { callSandbox } from '../support/sandbox-client.ts'
import { subscribe } from '../support/subscriber.ts'
import { startWorld, type World } from '../support/world.ts'

type Node = {
  readonly id: string
  readonly kind: string
  readonly credentialId: string
  readonly recordedAcsUserId: string | null
  readonly recordedAcsUser: { readonly seamId: string } | null
  readonly recordedAcsEntranceIds: readonly string[] | null
  readonly recordedAccessMethod: string | null
}
type Page = { readonly totalCount: number; readonly nodes: readonly Node[] }
type Credential = {
  readonly acs_credential_id: string
  readonly acs_user_id: string
  readonly access_method: string
}

const history = /* GraphQL */ `
  query History($filter: ChangeFilter) {
    changes(first: 100, filter: $filter) {
      totalCount
      nodes { id kind ... on CredentialChange { credentialId recordedAcsUserId recordedAcsUser { seamId } recordedAcsEntranceIds recordedAccessMethod } }
    }
  }
`
const everyEntrance =
  '{ acsUsers(first: 20) { nodes { credentials { nodes { entrances { totalCount } } } } } }'

let world: World
let entrance: string
let held: readonly Credential[]
/** The cursor before all changes. */
let start: string
beforeEach(async () => {
  world = await startWorld({ sandbox: { systems: 1, residents: 12 }, timing: { ownersRetryMs: 50 } })
  entrance = world.sandbox.ids().acsEntranceIds[0] ?? ''
  held = (await callSandbox<{ acs_credentials: Credential[] }>(world, 'acs/credentials/list')).acs_credentials
  start = (await world.ask<{ cursor: string }>('{ cursor }')).cursor
})
afterEach(() => world[Symbol.asyncDispose]())

/** Emits an event for each credential, by webhook and in Seam's list of events. Like Seam's, they lack the ACS user. */
async function issue(credentials: readonly Credential[], key = ''): Promise<void> {
  for (const { acs_credential_id } of credentials)
    world.sandbox.emit({
      event_type: 'acs_credential.reissued',
      acs_system_id: world.sandbox.ids().acsSystemIds[0],
      acs_credential_id,
      ...(key === '' ? {} : { key }),
    } as never)
  await world.app.ingest.backfill()
}

/** Creates an API key whose access scope is one ACS user. */
async function keyOf(acsUserId: string): Promise<string> {
  const keys = await openFileApiKeyStore({ file: join(world.dataDir, 'keys.db') })
  const { key } = await keys.create({
    name: 'resident',
    scopes: ['read', 'events'],
    residentId: acsUserId as AcsUserId,
  })
  await keys.close()
  return key
}

async function historyOf(filter: object): Promise<Page> {
  const { changes } = await world.ask<{ changes: Page }>(history, { filter })
  expect(changes.totalCount).toBe(changes.nodes.length)
  return changes
}

/** Returns the ids of the changes that a subscriber with this filter receives if it resumes at the start. */
async function receivedWith(filter: object): Promise<readonly string[]> {
  const query =
    'subscription Resume($after: Cursor, $filter: ChangeFilter) { changes(after: $after, filter: $filter) { changes { id } } }'
  const subscriber = subscribe<{ changes: { changes: { id: string }[] } }>(world.wsUrl, query, {
    after: start,
    filter,
  })
  const { changes } = (await subscriber.next()).changes
  await subscriber.close()
  return changes.map(({ id }) => id)
}

describe('the ACS user and the entrances of a change', () => {
  it('should be filtered as recorded, regardless of the content of the cache', async () => {
    await issue(held.slice(0, 6))
    const filters = [
      { acsEntranceId: entrance },
      { acsUserId: held[0]?.acs_user_id },
      { acsSystemId: world.sandbox.ids().acsSystemIds[0] },
      { acsEntranceId: entrance, kinds: ['REISSUED'] },
    ]
    const before: Page[] = []
    for (const filter of filters) before.push(await historyOf(filter))
    const expectSamePages = async () => {
      for (const [index, filter] of filters.entries()) {
        const page = await historyOf(filter)
        expect(page).toEqual(before[index])
        expect(await receivedWith(filter)).toEqual(page.nodes.map(({ id }) => id))
      }
    }
    await expectSamePages()
    // Now the cache contains the entrances of each credential.
    await world.ask(everyEntrance)
    await expectSamePages()
    await world.restart()
    await expectSamePages()
    await world.ask(everyEntrance)
    await expectSamePages()
    for (const { acs_credential_id } of held.slice(0, 3))
      await callSandbox(world, 'acs/credentials/delete', { acs_credential_id })
    await world.app.ingest.backfill()
    for (const filter of filters) {
      const { nodes } = await historyOf(filter)
      expect(nodes.filter(({ kind }) => kind !== 'DELETED')).toEqual(before[filters.indexOf(filter)]?.nodes)
    }
  })

  it('should be recorded, and stay known after the credential was deleted', async () => {
    await world.ask(everyEntrance)
    const [deleted] = held
    const kept = held.find((each) => each.acs_user_id !== deleted?.acs_user_id)
    const { acs_entrances } = await callSandbox<{ acs_entrances: { acs_entrance_id: string }[] }>(
      world,
      'acs/credentials/list_accessible_entrances',
      { acs_credential_id: deleted?.acs_credential_id },
    )
    const acsEntranceIds = acs_entrances.map((each) => each.acs_entrance_id).toSorted()
    expect(acsEntranceIds.length).toBeGreaterThan(0)
    await callSandbox(world, 'acs/credentials/delete', { acs_credential_id: deleted?.acs_credential_id })
    await world.app.ingest.backfill()
    await world.restart()
    const filter = { acsUserId: deleted?.acs_user_id, kinds: ['DELETED'] }
    const [change] = (await historyOf(filter)).nodes
    expect(change).toMatchObject({
      credentialId: deleted?.acs_credential_id,
      recordedAcsUserId: deleted?.acs_user_id,
      recordedAcsUser: { seamId: deleted?.acs_user_id },
    })
    expect(change?.recordedAcsEntranceIds?.toSorted()).toEqual(acsEntranceIds)
    const others = (await historyOf({ acsUserId: kept?.acs_user_id, kinds: ['DELETED'] })).nodes
    expect(others.map(({ credentialId }) => credentialId)).not.toContain(deleted?.acs_credential_id)
  })

  it('should be recorded if a mutation deletes the credential', async () => {
    await world.ask(everyEntrance)
    const [deleted] = held
    await world.ask(
      'mutation($input: RevokeCredentialInput!) { revokeCredential(input: $input) { userErrors { message } } }',
      { input: { acsCredentialId: deleted?.acs_credential_id } },
    )
    const { nodes } = await historyOf({ acsUserId: deleted?.acs_user_id, kinds: ['DELETED'] })
    expect(nodes).toHaveLength(1)
    expect(nodes[0]?.recordedAcsEntranceIds?.length).toBeGreaterThan(0)
  })

  it('should be requested from Seam when the change is written, and be null if Seam fails', async () => {
    // A gateway that starts now can read no credential, neither for reconciliation nor for the owner of a change.
    await world.restart(() => {
      for (const route of ['acs/credentials/get', 'acs/credentials/list'])
        world.sandbox.addFault({ kind: 'status', status: 400, route })
      return rm(join(world.dataDir, `catalog-${world.sandbox.workspaceId}`), { recursive: true, force: true })
    })
    const query = 'subscription { credentialChanges { changes { id kind credentialId } } }'
    const resident = await keyOf(held[0]?.acs_user_id ?? '')
    const subscriber = subscribe<{ credentialChanges: { changes: Node[] } }>(world.wsUrl, query, {}, resident)
    await subscriber.next()
    await issue(held.slice(0, 1))
    world.sandbox.clearFaults()
    // The REISSUED change has no ACS user, so the resident does not receive it. An UPDATED change follows once Seam returns the ACS user.
    const received = await subscriber.until(({ credentialChanges }) => credentialChanges.changes.length > 0)
    expect(received.credentialChanges.changes).toMatchObject([
      { kind: 'UPDATED', credentialId: held[0]?.acs_credential_id },
    ])
    await subscriber.close()
    await issue(held.slice(1, 2))
    const { nodes } = await historyOf({ kinds: ['REISSUED'] })
    expect(nodes.map(({ recordedAcsUserId }) => recordedAcsUserId)).toEqual([null, held[1]?.acs_user_id])
    const method = held[1]?.access_method.toUpperCase()
    expect(nodes.map(({ recordedAccessMethod }) => recordedAccessMethod)).toEqual([null, method])
    await world.ask(everyEntrance)
    expect((await historyOf({ kinds: ['REISSUED'] })).nodes).toEqual(nodes)
  })
})
