import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type App, startApp } from '../../../src/app.ts'
import { readConfig } from '../../../src/config/config.ts'
import { Secret } from '../../../src/model/secret.ts'
import { createLogger } from '../../../src/observability/logger.ts'
import { type Sandbox, startSandbox } from '../../../src/sandbox/sandbox.ts'
import { mutate } from '../../support/graph-mutations.ts'
import { startRedis } from '../../support/redis-server.ts'
import { callSandbox } from '../../support/sandbox-client.ts'
import { waitUntil } from '../../support/wait-until.ts'

/** Latency of Seam: longer than a replica waits for another mutation. */
const slowMs = 3_000

let sandbox: Sandbox
let replicas: readonly App[]
let opened: AsyncDisposableStack

beforeAll(async () => {
  await using opening = new AsyncDisposableStack()
  sandbox = opening.use(
    await startSandbox({ port: 0, activity: false, issueDelayMs: 0, systems: 1, doors: 12, residents: 3 }),
  )
  const redis = opening.use(await startRedis())
  const start = async (): Promise<App> => {
    const dataDir = await mkdtemp(join(tmpdir(), 'latchkey-in-progress-'))
    opening.defer(() => rm(dataDir, { recursive: true, force: true }))
    const app = await startApp({
      config: { ...readConfig({ PORT: '0', DATA_DIR: dataDir }), redisUrl: redis.url },
      log: createLogger('silent'),
      seam: { apiKey: new Secret(sandbox.apiKey), endpoint: sandbox.url },
      isBundled: true,
      timings: { waitMs: 200 },
    })
    opening.defer(app.close)
    await app.ingest.firstReconciliation
    return app
  }
  replicas = [await start(), await start()]
  opened = opening.move()
})
afterAll(() => opened.disposeAsync())

describe('a mutation that is in progress in another replica', () => {
  it('should be IN_PROGRESS for its idempotency key, and return the first payload later', async () => {
    const [firstReplica, secondReplica] = replicas as [App, App]
    const [acsSystemId] = sandbox.ids().acsSystemIds
    const input = { acsSystemId, fullName: 'Ann Slow', idempotencyKey: 'slow' }
    sandbox.addFault({ kind: 'latency', ms: slowMs, route: 'acs/users/create', times: 1 })
    sandbox.resetCalls()
    const first = mutate(firstReplica, 'createAcsUser', input)
    await waitUntil(() => sandbox.calls().byRoute['acs/users/create'] !== undefined)
    const { error } = await mutate(secondReplica, 'createAcsUser', input)
    expect(error).toMatchObject({ extensions: { code: 'IN_PROGRESS' } })
    expect((await mutate(secondReplica, 'createAcsUser', input)).error?.extensions.code).toBe('IN_PROGRESS')
    const { payload } = await first
    expect(payload?.userErrors).toEqual([])
    expect((await mutate(secondReplica, 'createAcsUser', input)).payload?.acsUser).toEqual(payload?.acsUser)
  })

  it('should be IN_PROGRESS for another move-out of the same ACS user', async () => {
    const [firstReplica, secondReplica] = replicas as [App, App]
    const [acsUserId = ''] = sandbox.ids().acsUserIds
    const { acs_credentials } = await callSandbox<{ acs_credentials: readonly unknown[] }>(
      { sandbox },
      'acs/credentials/list',
      { acs_user_id: acsUserId },
    )
    expect(acs_credentials.length).toBeGreaterThan(0)
    sandbox.addFault({ kind: 'latency', ms: slowMs, route: 'acs/credentials/update', times: 1 })
    sandbox.resetCalls()
    const first = mutate(firstReplica, 'moveOut', { acsUserId, at: '2098-01-01T00:00:00Z' })
    await waitUntil(() => sandbox.calls().byRoute['acs/credentials/update'] !== undefined)
    const { error } = await mutate(secondReplica, 'moveOut', { acsUserId, at: '2099-01-01T00:00:00Z' })
    expect(error?.extensions.code).toBe('IN_PROGRESS')
    expect((await first).payload?.userErrors).toEqual([])
  })
})
