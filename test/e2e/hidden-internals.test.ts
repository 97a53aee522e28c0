import { once } from 'node:events'
import { readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Secret } from '../../src/model/secret.ts'
import { createSeamClient } from '../../src/seam/client.ts'
import { findInternalDetails } from '../support/internal-details.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'
import { startWorld, type World } from '../support/world.ts'

const queries = [
  '{ changes(first: 5) { totalCount nodes { kind } } }',
  'mutation { createUserIdentity(input: { fullName: "Ann Lee", idempotencyKey: "k1" }) { userErrors { code message } } }',
  '{ webhookEndpoints { id } acsSystems { nodes { sync { detail } } } acsUsers { nodes { fullName } } }',
]

/** Sends every kind of request to a broken gateway, and returns the texts of all responses. */
async function collectResponses(world: World): Promise<string> {
  const responses: string[] = []
  for (const query of queries)
    for (const accept of ['application/json', 'text/event-stream']) {
      const headers = { 'content-type': 'application/json', accept }
      const response = await fetch(`${world.url}/graphql`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ query }),
      })
      responses.push(await response.text())
    }
  for (const path of ['/readyz', '/healthz'])
    responses.push(await (await fetch(`${world.url}${path}`)).text())
  responses.push(await (await fetch(`${world.url}/webhooks/seam`, { method: 'POST', body: '{}' })).text())
  return responses.join('\n')
}

describe('the responses of a gateway whose Redis fails', () => {
  let redis: RedisServer
  let world: World
  beforeEach(async () => {
    redis = await startRedis()
    world = await startWorld({
      sandbox: { systems: 1, doors: 2, residents: 2 },
      config: { redisUrl: redis.url },
    })
  }, 30_000)
  afterEach(async () => {
    await world[Symbol.asyncDispose]()
    await redis[Symbol.asyncDispose]()
  }, 30_000)

  it.each<[string, () => Promise<unknown>]>([
    ['is down', () => redis.kill()],
    [
      'holds other types',
      async () => {
        for (const key of (await redis.command('KEYS', '*')) as string[]) {
          await redis.command('DEL', key)
          await redis.command('SET', key, 'not what it was')
        }
      },
    ],
    ['is a replica', () => redis.command('REPLICAOF', '127.0.0.1', '1')],
  ])(
    'should not contain internal details if it %s',
    async (_what, breakIt) => {
      await breakIt()
      const responses = await collectResponses(world)
      expect(responses).toMatch(/JOURNAL_UNAVAILABLE|INTERNAL/)
      expect(findInternalDetails(responses)).toEqual([])
    },
    60_000,
  )
})

describe('the responses of a gateway whose files or Seam fail', () => {
  let world: World
  beforeEach(async () => {
    world = await startWorld({
      sandbox: { systems: 1, doors: 2, residents: 2 },
      timing: { seamRetryMs: 1 },
    })
  })
  afterEach(() => world[Symbol.asyncDispose]())

  it('should not contain internal details if the files are damaged', async () => {
    for (const name of await readdir(world.dataDir)) {
      if (!/^journal-.*\.db/.test(name)) continue
      const file = join(world.dataDir, name)
      if (/-(wal|shm)$/.test(name)) await rm(file)
      else {
        await writeFile(file, 'nothing that a database begins with'.repeat(500))
        await truncate(file, 5_000)
      }
    }
    const responses = await collectResponses(world)
    expect(findInternalDetails(responses)).toEqual([])
  }, 30_000)

  it('should contain neither the text of an error of Seam nor the API key', async () => {
    const text = 'at 10.0.0.9:5432 in /srv/seam/index.js:3:7'
    const apiKey = 'seam_testkey1_0123456789abcdef'
    const server = createServer((_request, response) => {
      response.writeHead(500, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ error: { type: 'internal_server_error', message: `${text} ${apiKey}` } }))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const seam = createSeamClient({
      apiKey: new Secret(apiKey),
      endpoint: `http://127.0.0.1:${port}`,
      firstDelayMs: 1,
    })
    const error = await seam.listSystems().catch((thrown: Error) => thrown)
    seam.close()
    server.close()
    expect((error as Error).message).toContain('internal_server_error')
    expect(findInternalDetails((error as Error).message)).toEqual([])
  })
})
