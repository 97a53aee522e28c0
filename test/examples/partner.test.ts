import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createApiKey } from '../support/api-keys.ts'
import { startExample } from '../support/example-process.ts'
import { freePort } from '../support/gateway-process.ts'
import { mutateSuccessfully } from '../support/graph-mutations.ts'
import { waitUntil } from '../support/wait-until.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World
let env: Record<string, string>
beforeAll(async () => {
  world = await startWorld({ config: { port: Number(await freePort()) } })
  const key = await createApiKey(world, { name: 'parcels', scopes: ['read', 'events'], graph: 'partner' })
  env = { LATCHKEY_URL: world.url, LATCHKEY_KEY: key }
}, 60_000)
afterAll(() => world[Symbol.asyncDispose]())

it('should generate the types that the script uses from the schema that a partner sees', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-partner-'))
  await using generator = startExample('examples/partner/generate-types.ts', env, [folder])
  expect(await generator.exitCode).toBe(0)
  const read = (path: string) => readFile(join(path, 'graphql.ts'), 'utf8')
  expect(await read(folder)).toBe(await read('examples/partner/generated'))
  await rm(folder, { recursive: true })
}, 180_000)

it('should receive each change by event stream and by webhook, also after a restart of the gateway', async () => {
  await using script = startExample('examples/partner/main.ts', env)
  const count = (text: RegExp) => script.lines().filter((line) => text.test(line)).length
  const [acsSystemId] = world.sandbox.ids().acsSystemIds
  const add = (fullName: string) => mutateSuccessfully(world, 'createAcsUser', { acsSystemId, fullName })
  const haveArrived = (total: number) =>
    waitUntil(
      () => count(/^stream .* UserChange CREATED$/) >= total && count(/^webhook .* user\.created$/) >= total,
    )

  await waitUntil(() => count(/^watching$/) === 1)
  expect(count(/^resident /)).toBe(world.sandbox.ids().acsUserIds.length)
  await add('Ada Before')
  await haveArrived(1)
  await world.restart()
  await add('Bea After')
  await haveArrived(2)
  expect(count(/^stream .* UserChange CREATED$/)).toBe(2)
  expect(count(/^webhook .* user\.created$/)).toBe(2)
}, 60_000)
