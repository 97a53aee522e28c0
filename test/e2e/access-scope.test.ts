import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { callSandbox, listSandboxCredentials } from '../support/sandbox-client.ts'
import { startWorld, type World } from '../support/world.ts'

const run = promisify(execFile)

describe('the gateway', () => {
  let world: World
  beforeAll(async () => {
    world = await startWorld({ isBundled: false })
  })
  afterAll(() => world[Symbol.asyncDispose]())

  /** Creates an API key as an operator does: with the command line, while the gateway runs. */
  async function createKey(name: string, scopes: string, ...more: string[]): Promise<string> {
    const { stdout } = await run(
      process.execPath,
      ['src/cli.ts', 'keys', 'create', '--name', name, '--scopes', scopes, ...more],
      {
        env: { ...process.env, DATA_DIR: world.dataDir },
      },
    )
    return stdout.trim().split('\n').at(-1) ?? ''
  }
  const revoke = (name: string) =>
    run(process.execPath, ['src/cli.ts', 'keys', 'revoke', name], {
      env: { ...process.env, DATA_DIR: world.dataDir },
    })

  it('should reject requests without an API key or with a wrong one', async () => {
    for (const headers of [{}, { authorization: 'Bearer lk_wrong' }, { authorization: 'Basic abc' }]) {
      const { status, body } = await world.post(
        { query: '{ acsUsers { totalCount } }' },
        headers as Record<string, string>,
      )
      expect(status).toBe(401)
      expect(body.data).toBeUndefined()
    }
    const schema = await fetch(`${world.url}/schema.graphql`)
    expect(schema.status).toBe(401)
    const socket = new WebSocket(world.wsUrl, 'graphql-transport-ws')
    await once(socket, 'open')
    socket.send(JSON.stringify({ type: 'connection_init' }))
    const [code] = await once(socket, 'close')
    expect(code).toBe(4401)
  })

  it('should show PINs only with the codes:read scope', async () => {
    const pin = (await listSandboxCredentials(world)).find(
      (row) => row.access_method === 'code' && 'code' in row && row.code,
    )
    const query = 'query Pin($id: ID!) { acsCredential(id: $id) { code codeState } }'
    const withoutCodes = await createKey('withoutCodes', 'read')
    const withCodes = await createKey('withCodes', 'read,codes:read')
    expect(await world.ask(query, { id: pin?.acs_credential_id }, withoutCodes)).toEqual({
      acsCredential: { code: null, codeState: 'HIDDEN' },
    })
    expect(await world.ask(query, { id: pin?.acs_credential_id }, withCodes)).toMatchObject({
      acsCredential: { code: expect.stringMatching(/^\d+$/), codeState: 'VISIBLE' },
    })
  })

  it('should report the cost of an operation only with the admin scope', async () => {
    const costWith = async (key: string) =>
      (await world.post({ query: '{ cursor }' }, { authorization: `Bearer ${key}` })).body.extensions?.cost
    expect(await costWith(await createKey('curious', 'read,write,events,audit'))).toBeUndefined()
    expect(await costWith(await createKey('operator', 'read,admin'))).toEqual({
      complexity: 1,
      seamCalls: 0,
      cacheHits: 0,
    })
  })

  it('should refuse changes to an API key without the events scope', async () => {
    const reader = await createKey('reader', 'read')
    const { body } = await world.post(
      { query: '{ changes { totalCount } }' },
      { authorization: `Bearer ${reader}` },
    )
    expect(body.errors?.[0]?.extensions?.code).toBe('FORBIDDEN')
  })

  it('should limit an API key to its ACS systems', async () => {
    const { acs_systems } = await callSandbox<{ acs_systems: { acs_system_id: string }[] }>(
      world,
      'acs/systems/list',
    )
    const [mine, foreign] = acs_systems
    const key = await createKey('north', 'read', '--systems', mine?.acs_system_id ?? '')
    const seen = await world.ask<{
      acsSystems: { nodes: { seamId: string }[] }
      acsUsers: { nodes: { acsSystem: { seamId: string } }[] }
    }>('{ acsSystems { nodes { seamId } } acsUsers(first: 100) { nodes { acsSystem { seamId } } } }', {}, key)
    expect(seen.acsSystems.nodes).toEqual([{ seamId: mine?.acs_system_id }])
    expect(new Set(seen.acsUsers.nodes.map((user) => user.acsSystem.seamId))).toEqual(
      new Set([mine?.acs_system_id]),
    )
    expect(
      await world.ask(
        'query S($id: ID!) { acsSystem(id: $id) { name } }',
        { id: foreign?.acs_system_id },
        key,
      ),
    ).toEqual({
      acsSystem: null,
    })
  })

  it('should limit an API key to one ACS user', async () => {
    const credential = (await listSandboxCredentials(world)).find((row) => row.acs_user_id !== undefined)
    const key = await createKey('resident', 'read,codes:read', '--resident', credential?.acs_user_id ?? '')
    const seen = await world.ask<{
      acsUsers: { nodes: { seamId: string }[] }
      acsCredentials: { nodes: { acsUser: { seamId: string } }[] }
    }>(
      '{ acsUsers(first: 100) { nodes { seamId } } acsCredentials(first: 100) { nodes { acsUser { seamId } } } }',
      {},
      key,
    )
    expect(seen.acsUsers.nodes).toEqual([{ seamId: credential?.acs_user_id }])
    expect(new Set(seen.acsCredentials.nodes.map((each) => each.acsUser.seamId))).toEqual(
      new Set([credential?.acs_user_id]),
    )
    const foreign = (await listSandboxCredentials(world)).find(
      (row) => row.acs_user_id !== credential?.acs_user_id,
    )
    expect(
      await world.ask(
        'query C($id: ID!) { acsCredential(id: $id) { id } }',
        { id: foreign?.acs_credential_id },
        key,
      ),
    ).toEqual({ acsCredential: null })
  })

  it('should close the socket of a revoked API key with 4401, and reject the API key afterwards', async () => {
    const key = await createKey('leaver', 'read,events')
    const socket = new WebSocket(world.wsUrl, 'graphql-transport-ws')
    await once(socket, 'open')
    socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${key}` } }))
    await once(socket, 'message')
    const closed = once(socket, 'close')
    await revoke('leaver')
    const [code] = await closed
    expect(code).toBe(4401)
    expect((await world.post({ query: '{ cursor }' }, { authorization: `Bearer ${key}` })).status).toBe(401)
  })
})
