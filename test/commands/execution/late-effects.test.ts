import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type App, startApp } from '../../../src/app.ts'
import { readConfig } from '../../../src/config/config.ts'
import { Secret } from '../../../src/model/secret.ts'
import { createLogger } from '../../../src/observability/logger.ts'
import { type Sandbox, startSandbox } from '../../../src/sandbox/sandbox.ts'
import { type FaultySeamProxy, startFaultySeamProxy } from '../../support/faulty-seam-proxy.ts'
import { mutate, readSandboxObjects } from '../../support/graph-mutations.ts'
import { startRedis } from '../../support/redis-server.ts'
import { callSandbox } from '../../support/sandbox-client.ts'
import { waitUntil } from '../../support/wait-until.ts'

const settleMs = 500
const end = '2097-01-01T00:00:00Z'

type Setting = AsyncDisposable & {
  readonly sandbox: Sandbox
  readonly proxy: FaultySeamProxy
  readonly apps: readonly App[]
  readonly pin: { readonly acsUserId: string; readonly acsEntranceId: string; readonly endsAt: string }
  readonly createUserInput: () => {
    readonly acsSystemId: string
    readonly fullName: string
    readonly emailAddress: string
  }
  /** Returns the ids of the objects that were created since the start. */
  listCreatedIds(): Promise<string[]>
  /** Sweeps until a late call has taken effect and its object is deleted. */
  settle(): Promise<void>
}

/** Starts gateways whose calls to Seam go through a proxy that can delay them or lose their answers. */
async function setUp(replicas = 1): Promise<Setting> {
  await using opening = new AsyncDisposableStack()
  const sandbox = opening.use(
    await startSandbox({ port: 0, activity: false, issueDelayMs: 0, systems: 1, doors: 12, residents: 3 }),
  )
  const proxy = opening.use(await startFaultySeamProxy(sandbox.url))
  const redis = replicas > 1 ? opening.use(await startRedis()) : null
  const apps: App[] = []
  for (let index = 0; index < replicas; index++) {
    const dataDir = await mkdtemp(join(tmpdir(), 'latchkey-late-'))
    opening.defer(() => rm(dataDir, { recursive: true, force: true }))
    const app = await startApp({
      config: { ...readConfig({ PORT: '0', DATA_DIR: dataDir }), redisUrl: redis?.url ?? null },
      log: createLogger('silent'),
      seam: { apiKey: new Secret(sandbox.apiKey), endpoint: proxy.url },
      isBundled: true,
      timings: { settleMs, sweepMs: 3_600_000, seamRetryMs: 10 },
    })
    opening.defer(app.close)
    await app.ingest.firstReconciliation
    apps.push(app)
  }
  const listIds = async () => {
    const { credentials, users } = await readSandboxObjects({ sandbox })
    return [
      ...credentials.map((row) => `${row.acs_credential_id}`),
      ...users.map((row) => `${row.acs_user_id}`),
    ]
  }
  const before = new Set(await listIds())
  const [acsUserId = ''] = sandbox.ids().acsUserIds
  const [acsSystemId = ''] = sandbox.ids().acsSystemIds
  const { acs_entrances } = await callSandbox<{
    acs_entrances: { acs_entrance_id: string; can_unlock_with_code?: boolean }[]
  }>({ sandbox }, 'acs/entrances/list')
  const acsEntranceId = acs_entrances.find((row) => row.can_unlock_with_code)?.acs_entrance_id ?? ''
  const resources = opening.move()
  const listCreatedIds = async () => (await listIds()).filter((id) => !before.has(id))
  return {
    ...{ sandbox, proxy, apps, listCreatedIds },
    pin: { acsUserId, acsEntranceId, endsAt: end },
    createUserInput: () => ({
      acsSystemId,
      fullName: 'Late Doe',
      emailAddress: `${randomUUID()}@example.com`,
    }),
    async settle() {
      await waitUntil(() => proxy.late() > 0)
      await waitUntil(async () => {
        for (const app of apps) await app.sweep()
        return (await listCreatedIds()).length <= 1
      })
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

const getObjectId = (answer: Awaited<ReturnType<typeof mutate>>) =>
  answer.payload?.acsCredential?.seamId ?? answer.payload?.acsUser?.seamId

describe.each([502, 503, 504, 'reset'] as const)(
  'a call that is answered with %s and takes effect later',
  (answer) => {
    it.each([
      ['issueCode', /credentials\/create/],
      ['createAcsUser', /users\/create/],
    ] as const)(
      'should create one object with %s, if it takes effect within settleMs',
      async (mutation, path) => {
        await using setting = await setUp()
        setting.proxy.delayNext({ path, answer, afterMs: settleMs * 0.6 })
        const input = mutation === 'issueCode' ? setting.pin : setting.createUserInput()
        const result = await mutate(setting.apps[0] ?? { url: '' }, mutation, {
          ...input,
          idempotencyKey: 'k',
        })
        expect(result.payload?.userErrors).toEqual([])
        expect(await setting.listCreatedIds()).toEqual([getObjectId(result)])
      },
    )

    it.each([
      ['issueCode', /credentials\/create/],
      ['createAcsUser', /users\/create/],
    ] as const)(
      'should delete the second object of %s, if it takes effect after settleMs',
      async (mutation, path) => {
        await using setting = await setUp()
        setting.proxy.delayNext({ path, answer, afterMs: settleMs * 3 })
        const input = mutation === 'issueCode' ? setting.pin : setting.createUserInput()
        const result = await mutate(setting.apps[0] ?? { url: '' }, mutation, {
          ...input,
          idempotencyKey: 'k',
        })
        expect(result.payload?.userErrors).toEqual([])
        await setting.settle()
        expect(await setting.listCreatedIds()).toEqual([getObjectId(result)])
      },
    )
  },
)

describe('two replicas that create equal objects at the same time', () => {
  it.each([
    ['never', null, 2],
    ['soon', 100, 2],
    ['after the other replica has created another object', settleMs * 3, 2],
  ] as const)(
    'should have one object each, if the lost call of one takes effect %s',
    async (_when, afterMs, count) => {
      await using setting = await setUp(2)
      const { apps, pin, proxy } = setting
      const path = /credentials\/create/
      // The first answer is late: the other replica, whose call is lost, finds the object of the first one.
      proxy.delayNext({ path, answer: 'late', afterMs: settleMs })
      proxy.delayNext({ path, answer: 503, afterMs })
      const answers = await Promise.all(apps.map((app) => mutate(app, 'issueCode', pin)))
      const ids = answers.map(getObjectId)
      for (const answer of answers) expect(answer.payload?.userErrors).toEqual([])
      expect(new Set(ids).size).toBe(2)
      if (afterMs !== null) await waitUntil(() => proxy.late() > 0)
      await waitUntil(async () => {
        for (const app of apps) await app.sweep()
        return (await setting.listCreatedIds()).length === count
      })
      expect((await setting.listCreatedIds()).toSorted()).toEqual(ids.toSorted())
    },
  )
})
