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
}
type Page = { readonly totalCount: number; readonly nodes: readonly Node[] }
type Credential = { readonly acs_credential_id: string; readonly acs_user_id: string }

const history = /* GraphQL */ `
  query History($filter: ChangeFilter) {
    changes(first: 100, filter: $filter) {
      totalCount
      nodes { id kind ... on CredentialChange { credentialId recordedAcsUserId recordedAcsUser { seamId } recordedAcsEntranceIds } }
    }
  }
`
const everyEntrance =
  '{ acsUsers(first: 20) { nodes { credentials { nodes { entrances { totalCount } } } } } }'

let world: World
let entrance: string
let held: readonly Credential[]
/** A cursor from before everything. */
let start: string
beforeEach(async () => {
  world = await startWorld({ sandbox: { systems: 1, residents: 12 }, timing: { ownersRetryMs: 50 } })
  entrance = world.sandbox.ids().acsEntranceIds[0] ?? ''
  held = (await callSandbox<{ acs_credentials: Credential[] }>(world, 'acs/credentials/list')).acs_credentials
  start = (await world.ask<{ cursor: string }>('{ cursor }')).cursor
})
afterEach(() => world[Symbol.asyncDispose]())

/** Seam tells that credentials were issued, by webhook and by list, as it does: without their ACS users. */
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

/** A key that sees one resident alone. */
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

/** The same changes as a subscriber with the same filter is told who comes back. */
async function toldTo(filter: object): Promise<readonly string[]> {
  const query =
    'subscription Told($after: Cursor, $filter: ChangeFilter) { changes(after: $after, filter: $filter) { changes { id } } }'
  const subscriber = subscribe<{ changes: { changes: { id: string }[] } }>(world.wsUrl, query, {
    after: start,
    filter,
  })
  const { changes } = (await subscriber.next()).changes
  await subscriber.close()
  return changes.map(({ id }) => id)
}

describe('whose a change is', () => {
  it('should be decided by its record: the same filter finds the same changes whatever the cache holds', async () => {
    await issue(held.slice(0, 6))
    const filters = [
      { acsEntranceId: entrance },
      { acsUserId: held[0]?.acs_user_id },
      { acsSystemId: world.sandbox.ids().acsSystemIds[0] },
      { acsEntranceId: entrance, kinds: ['REISSUED'] },
    ]
    const before: Page[] = []
    for (const filter of filters) before.push(await historyOf(filter))
    const look = async () => {
      for (const [index, filter] of filters.entries()) {
        const page = await historyOf(filter)
        expect(page).toEqual(before[index])
        expect(await toldTo(filter)).toEqual(page.nodes.map(({ id }) => id))
      }
    }
    await look()
    // Now the cache knows who opens what.
    await world.ask(everyEntrance)
    await look()
    await world.restart()
    await look()
    await world.ask(everyEntrance)
    await look()
    for (const { acs_credential_id } of held.slice(0, 3))
      await callSandbox(world, 'acs/credentials/delete', { acs_credential_id })
    await world.app.ingest.backfill()
    for (const filter of filters) {
      const { nodes } = await historyOf(filter)
      expect(nodes.filter(({ kind }) => kind !== 'DELETED')).toEqual(before[filters.indexOf(filter)]?.nodes)
    }
  })

  it('should be recorded as it was, and stay known after the credential is gone', async () => {
    await world.ask(everyEntrance)
    const [gone] = held
    const kept = held.find((each) => each.acs_user_id !== gone?.acs_user_id)
    const { acs_entrances } = await callSandbox<{ acs_entrances: { acs_entrance_id: string }[] }>(
      world,
      'acs/credentials/list_accessible_entrances',
      { acs_credential_id: gone?.acs_credential_id },
    )
    const acsEntranceIds = acs_entrances.map((each) => each.acs_entrance_id).toSorted()
    expect(acsEntranceIds.length).toBeGreaterThan(0)
    await callSandbox(world, 'acs/credentials/delete', { acs_credential_id: gone?.acs_credential_id })
    await world.app.ingest.backfill()
    await world.restart()
    const filter = { acsUserId: gone?.acs_user_id, kinds: ['DELETED'] }
    const [change] = (await historyOf(filter)).nodes
    expect(change).toMatchObject({
      credentialId: gone?.acs_credential_id,
      recordedAcsUserId: gone?.acs_user_id,
      recordedAcsUser: { seamId: gone?.acs_user_id },
    })
    expect(change?.recordedAcsEntranceIds?.toSorted()).toEqual(acsEntranceIds)
    const others = (await historyOf({ acsUserId: kept?.acs_user_id, kinds: ['DELETED'] })).nodes
    expect(others.map(({ credentialId }) => credentialId)).not.toContain(gone?.acs_credential_id)
  })

  it('should be recorded with what a mutation deletes', async () => {
    await world.ask(everyEntrance)
    const [gone] = held
    await world.ask(
      'mutation($input: RevokeCredentialInput!) { revokeCredential(input: $input) { userErrors { message } } }',
      { input: { acsCredentialId: gone?.acs_credential_id } },
    )
    const { nodes } = await historyOf({ acsUserId: gone?.acs_user_id, kinds: ['DELETED'] })
    expect(nodes).toHaveLength(1)
    expect(nodes[0]?.recordedAcsEntranceIds?.length).toBeGreaterThan(0)
  })

  it('should be asked of Seam once, when the change is written, and be said to be unknown where Seam does not answer', async () => {
    // A gateway that starts now reads no credential, neither for its comparison nor for what changes.
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
    // Whoever could not see that it was reissued is told once Seam says whose it is.
    const told = await subscriber.until(({ credentialChanges }) => credentialChanges.changes.length > 0)
    expect(told.credentialChanges.changes).toMatchObject([
      { kind: 'UPDATED', credentialId: held[0]?.acs_credential_id },
    ])
    await subscriber.close()
    await issue(held.slice(1, 2))
    const { nodes } = await historyOf({ kinds: ['REISSUED'] })
    expect(nodes.map(({ recordedAcsUserId }) => recordedAcsUserId)).toEqual([null, held[1]?.acs_user_id])
    await world.ask(everyEntrance)
    expect((await historyOf({ kinds: ['REISSUED'] })).nodes).toEqual(nodes)
  })
})
