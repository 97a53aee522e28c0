import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { createApiKey } from '../support/api-keys.ts'
import { startExample } from '../support/example-process.ts'
import { freePort } from '../support/gateway-process.ts'
import { mutateSuccessfully } from '../support/graph-mutations.ts'
import { waitUntil } from '../support/wait-until.ts'
import { startWorld } from '../support/world.ts'

const file = 'examples/watch.ts'

it('should print each change once, also those from while the gateway was away', async () => {
  await using world = await startWorld({ config: { port: Number(await freePort()) } })
  const key = await createApiKey(world, { name: 'watcher', scopes: ['read', 'events'] })
  await using watcher = startExample(file, { LATCHKEY_URL: world.url, LATCHKEY_KEY: key })
  const [system] = world.sandbox.ids().acsSystemIds
  const add = (fullName: string) =>
    mutateSuccessfully(world, 'createAcsUser', { acsSystemId: system, fullName })
  const linesWith = (name: string) => watcher.lines().filter((line) => line.includes(name))

  await waitUntil(() => watcher.lines().length > 0)
  await add('Ada Before')
  await waitUntil(() => linesWith('Ada Before').length > 0)
  await world.restart()
  await add('Bea After')
  await waitUntil(() => linesWith('Bea After').length > 0)
  expect(linesWith('Ada Before')).toEqual([expect.stringMatching(/^\S+Z UserChange CREATED Ada Before$/)])
  expect(linesWith('Bea After')).toHaveLength(1)
}, 60_000)

it('should say that the API key is wrong, and end', async () => {
  await using world = await startWorld()
  await using watcher = startExample(file, { LATCHKEY_URL: world.url, LATCHKEY_KEY: 'lk_wrong' })
  await waitUntil(() => watcher.lines().length > 0)
  expect(watcher.lines()).toEqual(['4401 Unauthorized'])
})

it('should have at most 40 lines', async () => {
  expect((await readFile(file, 'utf8')).trimEnd().split('\n').length).toBeLessThanOrEqual(40)
})
