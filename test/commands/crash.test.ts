import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { mutate } from '../support/mutations.ts'
import { type Scene, startScene } from '../support/scene.ts'
import { cases, difference, figuresOf, placeIn } from './fault-cases.ts'

/** One of each shape; all of them where somebody takes the time: `EVERY_CRASH=1`. */
const shapes = [
  'createAcsUser',
  'issueMobileKey, without an identity',
  'updateCredential, by replacing it',
  'moveIn',
  'moveOut {}',
]
const moves = cases.filter(({ title }) => process.env.EVERY_CRASH === '1' || shapes.includes(title))
const isWrite = (route: string) => /(create|update|delete|suspend|add_acs_user|remove_acs_user)$/.test(route)

/** Kills the gateway while a call is on its way: Seam may have done it already, or does it only after the gateway is gone. */
async function killDuring(scene: Scene, route: string, asked: Promise<unknown>): Promise<void> {
  const { sandbox } = scene
  while (sandbox.calls().byRoute[route] === undefined) await delay(5)
  await scene.kill(0)
  await asked
  sandbox.clearFaults()
  await scene.restart(0)
}

describe('a gateway that is killed while it writes', () => {
  it.concurrent.each(moves)(
    'should leave exactly what was meant, or nothing, and tell the truth: $title',
    {
      timeout: 240_000,
    },
    async (one) => {
      await using scene = await startScene({ scopes: ['write', 'connections:write'] })
      const place = await placeIn(scene)
      const url = scene.urls[0] ?? ''
      const prepared = async () => {
        const input = await one.input(scene, { ...place, tag: randomUUID().slice(0, 13) })
        return { input: { ...input, idempotencyKey: randomUUID() }, before: await figuresOf(scene) }
      }
      const { input, before } = await prepared()
      scene.sandbox.resetCalls()
      const clean = await mutate({ url }, one.mutation, input, scene.key)
      expect(clean.payload?.userErrors, JSON.stringify(clean)).toEqual([])
      const routes = Object.keys(scene.sandbox.calls().byRoute).filter(isWrite)
      const intended = difference(before, await figuresOf(scene))

      for (const route of routes)
        for (const ms of [0, 300]) {
          const what = `${one.title}, killed during ${route}, which takes ${ms} ms`
          const { input, before } = await prepared()
          scene.sandbox.addFault({ kind: 'latency', ms: ms + 100, route })
          scene.sandbox.resetCalls()
          const asked = mutate({ url }, one.mutation, input, scene.key).catch(() => null)
          await killDuring(scene, route, asked)
          let again = await mutate({ url }, one.mutation, input, scene.key)
          while (again.error?.extensions.code === 'IN_PROGRESS')
            again = await mutate({ url }, one.mutation, input, scene.key)
          expect(again.payload?.userErrors, `${what}: ${JSON.stringify(again)}`).toEqual([])
          expect(difference(before, await figuresOf(scene)), what).toEqual(intended)
        }
    },
  )

  it.concurrent('should finish by itself what it began, without anybody asking again', {
    timeout: 120_000,
  }, async () => {
    const one = cases.find(({ title }) => title === 'moveIn') ?? cases[0]
    if (one === undefined) throw new Error('there is no such case')
    await using scene = await startScene({ scopes: ['write'] })
    const place = await placeIn(scene)
    const input = await one.input(scene, { ...place, tag: 'alone' })
    const before = await figuresOf(scene)
    const route = 'acs/credentials/create'
    scene.sandbox.addFault({ kind: 'latency', ms: 200, route })
    scene.sandbox.resetCalls()
    const asked = mutate({ url: scene.urls[0] ?? '' }, one.mutation, input, scene.key).catch(() => null)
    await killDuring(scene, route, asked)
    const isThere = async () => {
      const { codes = 0, keys = 0 } = difference(before, await figuresOf(scene))
      return codes === 2 && keys === 1
    }
    while (!(await isThere())) await delay(200)
    expect(difference(before, await figuresOf(scene))).toMatchObject({ users: 1, identities: 1, linked: 1 })
  })
})
