import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { startSandbox } from '../../src/sandbox/sandbox.ts'
import { type Follower, follow } from '../support/follower.ts'
import { freePort, type GatewayProcess, startGatewayProcess } from '../support/process.ts'
import { startStorm } from '../support/storm.ts'

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const kills = 20

describe('crashes under load', () => {
  const cleanUps: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
  })

  it('should lose no acknowledged change, and tell each once and in one order, through 20 kills', {
    timeout: 180_000,
  }, async () => {
    const sandbox = await startSandbox({ activity: false })
    cleanUps.push(() => sandbox.close())
    const dataDir = await mkdtemp(join(tmpdir(), 'latchkey-crash-'))
    cleanUps.push(() => rm(dataDir, { recursive: true, force: true }))
    const env = {
      PORT: await freePort(),
      DATA_DIR: dataDir,
      SEAM_API_KEY: sandbox.apiKey,
      SEAM_ENDPOINT: sandbox.url,
      SEAM_WEBHOOK_SECRET: secret,
    }
    const key = await mintKey(dataDir)
    let gateway: GatewayProcess = await startGatewayProcess(env)
    cleanUps.push(() => gateway.kill())
    const { cursor } = await ask<{ cursor: string }>(gateway, key, '{ cursor }')
    const follower: Follower = follow([gateway.wsUrl], cursor, key)
    cleanUps.push(() => follower.stop())
    const storm = startStorm({
      urls: [gateway.url],
      secret,
      workspaceId: sandbox.workspaceId,
      perSecond: 300,
    })
    cleanUps.push(() => storm.finish())

    for (let kill = 0; kill < kills; kill++) {
      await delay(100 + Math.random() * 400)
      await gateway.kill()
      gateway = await startGatewayProcess(env)
    }
    await storm.finish()
    const journal = await allEvents(gateway, key)
    expect(storm.acknowledged.size).toBe(storm.sent)
    expect(journal).toHaveLength(new Set(journal).size)
    expect(new Set(journal)).toEqual(storm.acknowledged)
    while (follower.told.length < journal.length) await delay(20)
    expect(follower.told).toEqual(journal)
    expect(follower.gaps).toEqual([])
    expect(follower.returns).toBeGreaterThan(0)
  })
})

async function mintKey(dataDir: string): Promise<string> {
  const { openKeyStore } = await import('../../src/auth/keys.ts')
  const keys = await openKeyStore({ file: join(dataDir, 'keys.db') })
  const { key } = await keys.create({ name: 'test', scopes: ['read', 'events'] })
  await keys.close()
  return key
}

async function ask<T>(
  { url }: GatewayProcess,
  key: string,
  query: string,
  variables: object = {},
): Promise<T> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ query, variables }),
  })
  return ((await response.json()) as { data: T }).data
}

/** Every event id in the journal, page after page, in its order. */
async function allEvents(gateway: GatewayProcess, key: string): Promise<string[]> {
  const found: string[] = []
  const query =
    'query Page($after: String) { changes(first: 100, after: $after) { nodes { seamEventId } pageInfo { hasNextPage endCursor } } }'
  type Page = {
    changes: { nodes: { seamEventId: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } }
  }
  for (let after: string | null = null; ; ) {
    const { changes }: Page = await ask<Page>(gateway, key, query, { after })
    found.push(...changes.nodes.map((change) => change.seamEventId))
    if (!changes.pageInfo.hasNextPage) return found
    after = changes.pageInfo.endCursor
  }
}
