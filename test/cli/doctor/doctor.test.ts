import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createProbe } from '../../../src/ingest/seam-webhooks/webhook-probe.ts'
import { Secret } from '../../../src/model/secret.ts'
import { freePort } from '../../support/gateway-process.ts'
import { startRedis } from '../../support/redis-server.ts'
import { callSandbox } from '../../support/sandbox-client.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { startWorld, type World } from '../../support/world.ts'

type Env = Readonly<Record<string, string>>

let world: World
let env: Env
beforeEach(async () => {
  const port = await freePort()
  const publicUrl = `http://127.0.0.1:${port}`
  world = await startWorld({ isBundled: false, config: { port: Number(port), publicUrl } })
  env = {
    ...{ DATA_DIR: world.dataDir, PORT: port, PUBLIC_URL: publicUrl },
    ...{ SEAM_API_KEY: world.sandbox.apiKey, SEAM_ENDPOINT: world.sandbox.url },
  }
})
afterEach(() => world[Symbol.asyncDispose]())

/** Runs the command line in a child process. */
function latchkey(args: string, extra: Env = {}): Promise<{ code: number; out: string; advice: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ['src/cli.ts', ...args.split(' ')],
      { env: { ...env, ...extra } },
      (_error, out, advice) => resolve({ code: child.exitCode ?? -1, out, advice }),
    )
  })
}

/** Returns one finding of the doctor: its state, message and advice. */
async function examine(extra: Env = {}): Promise<(name: string) => string> {
  const { out } = await latchkey('doctor', extra)
  return (name) => new RegExp(`^(ok|note|FAIL) +${name} +.*(\n +→.*)?`, 'm').exec(out)?.[0] ?? out
}

async function checked(name: string, extra: Env = {}): Promise<string> {
  return (await examine(extra))(name)
}

const webhooks = async () =>
  (await callSandbox<{ webhooks: { webhook_id: string }[] }>(world, 'webhooks/list')).webhooks

const newSecret = () => `whsec_${randomBytes(24).toString('base64')}`

describe('the doctor', () => {
  it('should report every check as ok, and append nothing that subscribers see', async () => {
    const { code, out } = await latchkey('doctor')
    expect(out).toMatch(new RegExp(`ok +Webhook +Seam has one at ${env.PUBLIC_URL}/webhooks/seam`))
    expect(out).toMatch(/ok +Delivery +a signed message reached the gateway through .* in \d+ ms/)
    expect(out).toMatch(/ok +Journal +.* at change 0, writable/)
    expect(out).toMatch(/ok +Refused /)
    expect(code).toBe(0)
    expect(await checked('Journal')).toContain('at change 0')
  })

  it('should find that Seam has no webhook', async () => {
    for (const { webhook_id } of await webhooks()) await callSandbox(world, 'webhooks/delete', { webhook_id })
    expect(await checked('Webhook')).toMatch(/^FAIL .*Seam has none at .*\n.*Start the gateway/)
  })

  it('should find that the secret of the webhook is unknown', async () => {
    for (const { webhook_id } of await webhooks()) await callSandbox(world, 'webhooks/delete', { webhook_id })
    await callSandbox(world, 'webhooks/create', { url: `${env.PUBLIC_URL}/webhooks/seam` })
    expect(await checked('Webhook')).toMatch(/^FAIL .*its secret is unknown\n.*webhook rotate/)
  })

  it('should find that no server listens at PUBLIC_URL', async () => {
    expect(await checked('Delivery', { PUBLIC_URL: `http://127.0.0.1:${await freePort()}` })).toMatch(
      /^FAIL .*no response from .*ECONNREFUSED.*\n.*route PUBLIC_URL to it/,
    )
  })

  it('should find that another server listens at PUBLIC_URL', async () => {
    const other = createServer((_, response) => response.writeHead(204).end()).listen(0, '127.0.0.1')
    await once(other, 'listening')
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`
    expect(await checked('Delivery', { PUBLIC_URL: url })).toMatch(
      /^FAIL .*another server answers .*HTTP 204/,
    )
    other.closeAllConnections()
    other.close()
  })

  it('should find that the gateway has another secret', async () => {
    expect(await checked('Delivery', { SEAM_WEBHOOK_SECRET: newSecret() })).toMatch(
      /^FAIL .*has another secret \(BAD_SIGNATURE\)/,
    )
  })

  it('should report refused webhooks, and whether newer ones were accepted', async () => {
    const { headers, body } = createProbe(new Secret(newSecret()))
    const answer = await fetch(`${world.url}/webhooks/seam`, { method: 'POST', headers, body })
    expect([answer.status, await answer.json()]).toEqual([
      401,
      expect.objectContaining({ code: 'BAD_SIGNATURE' }),
    ])
    expect(await checked('Refused')).toMatch(
      /^FAIL .*1 \(signature\).*\n.*set SEAM_WEBHOOK_SECRET to the secret of the webhook/,
    )
    world.sandbox.act('moveIn')
    await waitUntil(() => world.sandbox.deliveries().some(({ status }) => status === 204))
    expect(await checked('Refused')).toMatch(/^note .*newer ones were accepted/)
  })

  it('should find that the journal is not writable', async () => {
    const db = new DatabaseSync(join(world.dataDir, `journal-${world.sandbox.workspaceId}.db`))
    db.exec("CREATE TRIGGER full BEFORE INSERT ON seen BEGIN SELECT RAISE(ABORT, 'no space left'); END")
    expect(await checked('Journal')).toMatch(/^FAIL .*can't be used: .*no space left/)
    db.exec('DROP TRIGGER full')
    db.close()
  })

  it('should distinguish a wrong Seam API key from an unreachable Redis', async () => {
    await using redis = await startRedis()
    const wrongKey = await examine({ SEAM_API_KEY: 'seam_test1_other', REDIS_URL: redis.url })
    expect(wrongKey('Seam key')).toMatch(/^FAIL .*\n.*Create an API key/)
    expect(wrongKey('Redis')).toMatch(/^ok /)
    expect(wrongKey('Keys')).toMatch(/^note .*\n.*Correct the Seam API key first/)
    const wrongStore = await examine({ REDIS_URL: 'redis://127.0.0.1:1' })
    expect(wrongStore('Seam key')).toMatch(/^ok /)
    expect(wrongStore('Redis')).toMatch(/^FAIL .*ECONNREFUSED.*\n.*correct REDIS_URL/)
  })
})

describe('latchkey webhook', () => {
  it('should rotate the webhook while the gateway runs, which accepts messages of both', async () => {
    const [before] = await webhooks()
    expect((await latchkey('webhook status')).out).toMatch(new RegExp(`^${before?.webhook_id}\tcurrent\t`))
    expect(await latchkey('webhook rotate')).toMatchObject({
      code: 0,
      advice: expect.stringContaining('another secret'),
    })
    const key = await latchkey('keys create --name auditor --scopes read,audit')
    const { auditTrail } = await world.ask<{
      auditTrail: { nodes: { actorKind: string; outcome: string }[] }
    }>(
      '{ auditTrail(filter: { action: "webhook rotate" }) { nodes { actorKind outcome } } }',
      {},
      key.out.trim(),
    )
    expect(auditTrail.nodes).toEqual([
      { actorKind: 'COMMAND_LINE', outcome: 'DONE' },
      { actorKind: 'COMMAND_LINE', outcome: 'SCHEDULED' },
    ])
    const { out } = await latchkey('webhook status')
    expect(out.match(/\t(current|replaced)\t/g)).toHaveLength(2)
    expect(out).toMatch(new RegExp(`^${before?.webhook_id}\treplaced\t`, 'm'))
    world.sandbox.act('moveIn')
    await waitUntil(() => new Set(world.sandbox.deliveries().map(({ webhook_id }) => webhook_id)).size === 2)
    expect(world.sandbox.deliveries().every(({ status }) => status === 204)).toBe(true)
  })

  it('should rotate the webhook while no gateway runs, unless it was registered by hand', async () => {
    await world.restart(async () => {
      expect(await latchkey('webhook rotate')).toMatchObject({ code: 0 })
    })
    expect(await checked('Webhook')).toMatch(/^ok /)
    expect(await latchkey('webhook rotate', { SEAM_WEBHOOK_SECRET: newSecret() })).toMatchObject({
      code: 2,
      advice: expect.stringContaining('SEAM_WEBHOOK_SECRET is of a webhook that was registered by hand'),
    })
  })
})
