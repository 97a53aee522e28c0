import { afterAll, beforeAll, expect, it } from 'vitest'
import { callSandbox } from '../../support/sandbox-client.ts'
import { startWorld, type World } from '../../support/world.ts'

let world: World
beforeAll(async () => {
  world = await startWorld({ sandbox: { systems: 1, doors: 4, residents: 3 } })
})
afterAll(() => world[Symbol.asyncDispose]())

const query = 'query($ids: [ID!]!) { nodes(ids: $ids) { id } }'

it('should resolve each of several nodes separately: an invalid id or a failing call to Seam gives null and an error with the path of the node', async () => {
  const { acsUsers, acsCredentials } = await world.ask<Record<string, { nodes: { id: string }[] }>>(
    '{ acsUsers(first: 2) { nodes { id } } acsCredentials(first: 1) { nodes { id } } }',
  )
  const [ada = { id: '' }, bob = { id: '' }] = acsUsers?.nodes ?? []
  const [credential] = acsCredentials?.nodes ?? []
  const { connected_accounts } = await callSandbox<{
    connected_accounts: { connected_account_id: string }[]
  }>(world, 'connected_accounts/list')
  expect(connected_accounts.length).toBeGreaterThan(0)
  const webview = Buffer.from('ConnectWebview:00000000-0000-4000-8000-000000000000').toString('base64url')
  world.sandbox.addFault({
    kind: 'status',
    status: 500,
    when: 'before',
    route: 'connect_webviews/get',
    times: 100,
  })
  const ids = [ada.id, 'nonsense', bob.id, '', webview, credential?.id]
  const { body } = await world.post({ query, variables: { ids } })
  world.sandbox.clearFaults()
  expect(body.data).toEqual({ nodes: [ada, null, bob, null, null, credential] })
  expect(body.errors?.map(({ path, extensions }) => [path, extensions?.code])).toEqual([
    [['nodes', 1], 'BAD_USER_INPUT'],
    [['nodes', 3], 'BAD_USER_INPUT'],
    [['nodes', 4], expect.stringMatching(/^SEAM_/)],
  ])
})
