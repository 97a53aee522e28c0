import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { type Deployment, startDeployment } from '../../support/deployment.ts'
import { mutate } from '../../support/graph-mutations.ts'
import { cases, countEverything, diffCounts, findSystemWithEntrances } from './fault-cases.ts'

/** One case of each shape of command; `EVERY_CRASH=1` runs all cases. */
const shapes = [
  'createAcsUser',
  'issueMobileKey, without an identity',
  'updateCredential, by replacing it',
  'moveIn',
  'moveOut {}',
  'moveOut {"at":"2098-05-05T05:05:05Z"}',
  'cancelMoveOut',
]
const crashCases = cases.filter(({ title }) => process.env.EVERY_CRASH === '1' || shapes.includes(title))
const isWrite = (route: string) => /(create|update|delete|suspend|add_acs_user|remove_acs_user)$/.test(route)

/** Kills the gateway during a call and restarts it: the call may take effect before or after the end of the gateway. */
async function killDuring(scene: Deployment, route: string, request: Promise<unknown>): Promise<void> {
  const { sandbox } = scene
  while (sandbox.calls().byRoute[route] === undefined) await delay(5)
  await scene.kill(0)
  await request
  sandbox.clearFaults()
  await scene.restart(0)
}

describe('a gateway that is killed during a write', () => {
  it.concurrent.each(crashCases)(
    'should have exactly the intended effect once the request is repeated: $title',
    {
      timeout: 240_000,
    },
    async (testCase) => {
      await using scene = await startDeployment({ scopes: ['write', 'connections:write'] })
      const setting = await findSystemWithEntrances(scene)
      const url = scene.urls[0] ?? ''
      const gateway = { sandbox: scene.sandbox, url, key: scene.key }
      const prepare = async () => {
        const input = await testCase.input(gateway, { ...setting, tag: randomUUID().slice(0, 13) })
        return { input: { ...input, idempotencyKey: randomUUID() }, before: await countEverything(scene) }
      }
      const { input, before } = await prepare()
      scene.sandbox.resetCalls()
      const clean = await mutate({ url }, testCase.mutation, input, scene.key)
      expect(clean.payload?.userErrors, JSON.stringify(clean)).toEqual([])
      const routes = Object.keys(scene.sandbox.calls().byRoute).filter(isWrite)
      const intended = diffCounts(before, await countEverything(scene))

      for (const route of routes)
        for (const ms of [0, 300]) {
          const what = `${testCase.title}, killed during ${route}, which takes ${ms} ms`
          const { input, before } = await prepare()
          scene.sandbox.addFault({ kind: 'latency', ms: ms + 100, route })
          scene.sandbox.resetCalls()
          const request = mutate({ url }, testCase.mutation, input, scene.key).catch(() => null)
          await killDuring(scene, route, request)
          let answer = await mutate({ url }, testCase.mutation, input, scene.key)
          while (answer.error?.extensions.code === 'IN_PROGRESS')
            answer = await mutate({ url }, testCase.mutation, input, scene.key)
          expect(answer.payload?.userErrors, `${what}: ${JSON.stringify(answer)}`).toEqual([])
          expect(diffCounts(before, await countEverything(scene)), what).toEqual(intended)
        }
    },
  )

  it.concurrent('should finish the command after its restart without another request', {
    timeout: 120_000,
  }, async () => {
    const testCase = cases.find(({ title }) => title === 'moveIn') ?? cases[0]
    if (testCase === undefined) throw new Error('there is no such case')
    await using scene = await startDeployment({ scopes: ['write'] })
    const setting = await findSystemWithEntrances(scene)
    const gateway = { sandbox: scene.sandbox, url: scene.urls[0] ?? '', key: scene.key }
    const input = await testCase.input(gateway, { ...setting, tag: 'alone' })
    const before = await countEverything(scene)
    const route = 'acs/credentials/create'
    scene.sandbox.addFault({ kind: 'latency', ms: 200, route })
    scene.sandbox.resetCalls()
    const request = mutate({ url: scene.urls[0] ?? '' }, testCase.mutation, input, scene.key).catch(
      () => null,
    )
    await killDuring(scene, route, request)
    const isFinished = async () => {
      const { codes = 0, keys = 0 } = diffCounts(before, await countEverything(scene))
      return codes === 2 && keys === 1
    }
    while (!(await isFinished())) await delay(200)
    expect(diffCounts(before, await countEverything(scene))).toMatchObject({
      users: 1,
      identities: 1,
      linked: 1,
    })
  })
})
