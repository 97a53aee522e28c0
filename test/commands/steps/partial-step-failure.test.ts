import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { mutate } from '../../support/graph-mutations.ts'
import { callSandbox } from '../../support/sandbox-client.ts'
import { startWorld, type World } from '../../support/world.ts'

let world: World
beforeAll(async () => {
  world = await startWorld({
    sandbox: { systems: 1, doors: 8, residents: 8 },
    timing: { settleMs: 100, seamRetryMs: 10, seamTimeoutMs: 2_000 },
  })
})
afterAll(() => world[Symbol.asyncDispose]())
beforeEach(() => world.sandbox.clearFaults())

/** Creates an ACS user with two PINs. */
async function createUserWithPins() {
  const [acs_system_id] = world.sandbox.ids().acsSystemIds
  const { acs_entrances } = await callSandbox<{
    acs_entrances: { acs_entrance_id: string; can_unlock_with_code?: boolean }[]
  }>(world, 'acs/entrances/list', { acs_system_id })
  const entrances = acs_entrances.filter((row) => row.can_unlock_with_code).slice(0, 2)
  const { acs_user } = await callSandbox<{ acs_user: { acs_user_id: string } }>(world, 'acs/users/create', {
    acs_system_id,
    full_name: `Person ${randomUUID()}`,
  })
  const pins: string[] = []
  for (const { acs_entrance_id } of entrances) {
    const { acs_credential } = await callSandbox<{ acs_credential: { acs_credential_id: string } }>(
      world,
      'acs/credentials/create',
      {
        acs_user_id: acs_user.acs_user_id,
        access_method: 'code',
        allowed_acs_entrance_ids: [acs_entrance_id],
        ends_at: '2098-01-01T00:00:00Z',
      },
    )
    pins.push(acs_credential.acs_credential_id)
  }
  return { acsUserId: acs_user.acs_user_id, pins: pins as [string, string] }
}

/** Returns the published changes of a credential by mutations, oldest first. */
async function listPublished(pin: string): Promise<string[]> {
  const { changes } = await world.ask<{
    changes: { nodes: { kind: string; origin: string; credentialId?: string; changedFields?: string[] }[] }
  }>(
    '{ changes(last: 100) { nodes { kind origin ... on CredentialChange { credentialId changedFields } } } }',
  )
  return changes.nodes
    .filter(({ credentialId, origin }) => credentialId === pin && origin === 'MUTATION')
    .map(({ kind, changedFields }) => `${kind} ${changedFields}`)
}

describe('a step that fails after part of its work', () => {
  it.each([
    ['updates ends', 'acs/credentials/update', { at: '2097-01-01T00:00:00Z' }, 'UPDATED endsAt'],
    ['deletes', 'acs/credentials/delete', { keepUser: true }, 'DELETED '],
  ])(
    'should publish the changes of the completed part once, if it %s',
    async (_title, route, options, change) => {
      const { acsUserId, pins } = await createUserWithPins()
      const [done, failing] = pins
      world.sandbox.addFault({
        kind: 'status',
        status: 500,
        when: 'before',
        route,
        about: failing,
        times: 100,
      })
      const input = { acsUserId, ...options, idempotencyKey: randomUUID() }
      const { error } = await mutate(world, 'moveOut', input)
      expect(error?.extensions.code).toMatch(/^SEAM_/)
      expect(await listPublished(done)).toEqual([change])
      expect(await listPublished(failing)).toEqual([])
      world.sandbox.clearFaults()
      expect((await mutate(world, 'moveOut', input)).payload?.userErrors).toEqual([])
      expect(await listPublished(done)).toEqual([change])
      expect(await listPublished(failing)).toEqual([change])
    },
  )
})
