import { expect, it } from 'vitest'
import { mutateSuccessfully } from '../support/graph-mutations.ts'
import { callSandbox } from '../support/sandbox-client.ts'
import { startWorld } from '../support/world.ts'

const query = /* GraphQL */ `
  query Check($user: ID!, $entrance: ID!) {
    accessCheck(acsUserId: $user, acsEntranceId: $entrance) {
      allowed
      via { seamId }
      reasons { code blocking message issue { code message advice } }
    }
  }
`
type Check = {
  readonly accessCheck: {
    readonly allowed: boolean
    readonly via: readonly object[]
    readonly reasons: readonly {
      readonly code: string
      readonly blocking: boolean
      readonly message: string
      readonly issue: {
        readonly code: string
        readonly message: string
        readonly advice: string | null
      } | null
    }[]
  }
}

it('accessCheck should report an error of the ACS user with its advice despite an active credential', async () => {
  await using world = await startWorld({ sandbox: { systems: 1, doors: 8, residents: 4 } })
  const [acs_system_id = ''] = world.sandbox.ids().acsSystemIds
  type Entrance = { readonly acs_entrance_id: string; readonly can_unlock_with_code?: boolean }
  const { acs_entrances } = await callSandbox<{ acs_entrances: Entrance[] }>(world, 'acs/entrances/list', {
    acs_system_id,
  })
  const entrance = acs_entrances.find((row) => row.can_unlock_with_code === true)?.acs_entrance_id ?? ''
  // Latch accepts an e-mail address once per ACS system; the sandbox's API accepts the request for a second ACS user all the same.
  const twins: string[] = []
  for (const full_name of ['First', 'Second']) {
    const { acs_user } = await callSandbox<{ acs_user: { acs_user_id: string } }>(world, 'acs/users/create', {
      acs_system_id,
      full_name,
      email_address: 'twin@example.com',
    })
    twins.push(acs_user.acs_user_id)
  }
  const check = async (user: string) => (await world.ask<Check>(query, { user, entrance })).accessCheck
  for (const acsUserId of twins)
    await mutateSuccessfully(world, 'issueCode', { acsUserId, acsEntranceId: entrance })
  const [first = '', second = ''] = twins
  expect(await check(first)).toMatchObject({ allowed: true, reasons: [] })
  const { allowed, via, reasons } = await check(second)
  expect({ allowed, via }).toEqual({ allowed: false, via: [] })
  expect(reasons).toMatchObject([
    {
      code: 'USER_ERROR',
      blocking: true,
      issue: { code: 'failed_to_create_on_acs_system', advice: expect.stringMatching(/email address/) },
    },
  ])
  const [reason] = reasons
  expect(reason?.message).toContain(reason?.issue?.message)
  expect(reason?.message).toContain(reason?.issue?.advice)

  // A disconnected ACS system is reported, but does not deny access.
  world.sandbox.act('disconnect')
  await world.app.ingest.backfill()
  const disconnected = await check(first)
  expect(disconnected.allowed).toBe(true)
  expect(disconnected.reasons.map(({ code, blocking }) => [code, blocking])).toContainEqual([
    'SYSTEM_DISCONNECTED',
    false,
  ])
})
