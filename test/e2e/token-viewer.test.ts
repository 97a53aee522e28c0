import { once } from 'node:events'
import { createClient } from 'graphql-ws'
import type { JWTPayload } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { callSandbox, listSandboxCredentials } from '../support/sandbox-client.ts'
import { subscribe } from '../support/subscriber.ts'
import {
  audience,
  createUnsignedToken,
  type Issuer,
  issuerName,
  startIssuer,
} from '../support/token-issuer.ts'
import { startWorld, type World } from '../support/world.ts'

type Feed = {
  credentialChanges: {
    cursor: string
    gap: { reason: string } | null
    changes: { credentialId: string; kind: string }[]
  }
}
const watch = `subscription Watch($after: Cursor) {
  credentialChanges(after: $after) { cursor gap { reason } changes { ... on CredentialChange { credentialId kind } } }
}`

describe('a viewer with a token', () => {
  let issuer: Issuer
  let world: World
  let systems: string[]
  beforeAll(async () => {
    issuer = await startIssuer()
    world = await startWorld({ config: { auth: { jwksUrl: issuer.url, issuer: issuerName, audience } } })
    const { acs_systems } = await callSandbox<{ acs_systems: { acs_system_id: string }[] }>(
      world,
      'acs/systems/list',
    )
    systems = acs_systems.map((system) => system.acs_system_id)
  })
  afterAll(async () => {
    await world[Symbol.asyncDispose]()
    await issuer[Symbol.asyncDispose]()
  })

  const sign = (claims: JWTPayload = {}, expiresIn = 300) =>
    issuer.sign({ scope: 'read events', ...claims }, { expiresIn })
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
  const revoke = (id: string | undefined) =>
    callSandbox(world, 'acs/credentials/delete', { acs_credential_id: id })
  const someCredentials = async (count: number) =>
    (await listSandboxCredentials(world)).slice(0, count).map((row) => row.acs_credential_id)

  it('should have the name, the scopes and the access scope of its token', async () => {
    const seen = await world.ask(
      '{ viewer { name isDemo scopes } acsSystems { nodes { seamId } } }',
      {},
      await sign({ latchkey_systems: systems.slice(1) }),
    )
    expect(seen).toEqual({
      viewer: { name: 'jwt:ada', isDemo: false, scopes: ['READ', 'EVENTS'] },
      acsSystems: { nodes: systems.slice(1).map((seamId) => ({ seamId })) },
    })
  })

  it('should get UNAUTHENTICATED for an invalid token, and CREDENTIAL_EXPIRED for an expired one', async () => {
    const query = { query: '{ cursor }' }
    const bad = [
      await sign({ aud: 'somebody' }),
      `${await sign()}x`,
      createUnsignedToken({ alg: 'none' }, { sub: 'ada' }),
      await sign({ latchkey_resident: 'ada' }),
    ]
    for (const token of bad) {
      const { status, body } = await world.post(query, bearer(token))
      expect(status).toBe(401)
      expect(body.errors?.[0]?.extensions?.code).toBe('UNAUTHENTICATED')
      expect(JSON.stringify(body)).not.toContain(token.split('.')[1])
    }
    const { status, body } = await world.post(query, bearer(await sign({}, -1)))
    expect(status).toBe(401)
    expect(body.errors?.[0]?.extensions?.code).toBe('CREDENTIAL_EXPIRED')
  })

  it('should be disconnected with 4401 for an invalid token, and with 4403 for an expired one', async () => {
    const closeOf = async (token: string) => {
      const socket = new WebSocket(world.wsUrl, 'graphql-transport-ws')
      await once(socket, 'open')
      socket.send(JSON.stringify({ type: 'connection_init', payload: bearer(token) }))
      const [code] = await once(socket, 'close')
      return code
    }
    expect(await closeOf(await sign({ iss: 'https://elsewhere.example.com' }))).toBe(4401)
    expect(await closeOf(await sign({}, -1))).toBe(4403)
    expect(await closeOf(await sign({}, 1))).toBe(4403)
  })

  it('should have its event stream ended when its token expires, and resume with a new token', async () => {
    const ids = await someCredentials(2)
    const stream = async (token: string, headers: Record<string, string> = {}) => {
      const response = await fetch(`${world.url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'text/event-stream',
          ...bearer(token),
          ...headers,
        },
        body: JSON.stringify({ query: watch }),
      })
      expect(response.status).toBe(200)
      return response
    }
    const first = await (await stream(await sign({}, 3))).text()
    expect(first).not.toContain('event: complete')
    const id = /^id: (\S+)$/m.exec(first)?.[1] ?? ''
    for (const each of ids) await revoke(each)
    const second = await (await stream(await sign({}, 4), { 'last-event-id': id })).text()
    for (const each of ids) expect(second).toContain(each)
    expect(second).not.toContain('reason')
  })

  it('should resume after its cursor with a renewed token of the same access scope', async () => {
    const claims = { latchkey_systems: [...systems] }
    const { cursor } = await world.ask<{ cursor: string }>('{ cursor }', {}, await sign(claims))
    const renewed = await sign({
      latchkey_systems: [...systems].reverse(),
      scope: 'events read openid',
      jti: 'b',
    })
    const feed = subscribe<Feed>(world.wsUrl, watch, { after: cursor }, renewed)
    expect((await feed.next()).credentialChanges.gap).toBeNull()
    await feed.close()
  })

  it.each<[string, () => JWTPayload]>([
    ['systems', () => ({ latchkey_systems: systems.slice(1) })],
    ['scopes', () => ({ scope: 'read events codes:read' })],
    ['a resident', () => ({ latchkey_resident: '11111111-1111-4111-8111-111111111111' })],
  ])('should get a gap if its renewed token differs in %s', async (_what, claims) => {
    const { cursor } = await world.ask<{ cursor: string }>('{ cursor }', {}, await sign())
    const feed = subscribe<Feed>(world.wsUrl, watch, { after: cursor }, await sign(claims()))
    expect((await feed.next()).credentialChanges.gap).toEqual({ reason: 'SIGHT_CHANGED' })
    await feed.close()
  })

  it('should lose no change across several tokens, with the recipe of the documentation', async () => {
    const ids = await someCredentials(6)
    let opened = 0
    const variables: { after?: string } = {}
    const received: string[] = []
    const gaps: unknown[] = []
    const done = Promise.withResolvers<void>()
    const client = createClient({
      url: world.wsUrl,
      webSocketImpl: WebSocket,
      retryAttempts: Number.POSITIVE_INFINITY,
      retryWait: () => Promise.resolve(),
      connectionParams: async () => bearer(await sign({ latchkey_systems: systems }, 2)),
      on: { connected: () => void opened++ },
    })
    client.subscribe<Feed>(
      { query: watch, variables },
      {
        next({ data }) {
          if (data == null) return
          const { cursor, gap, changes } = data.credentialChanges
          if (gap !== null) gaps.push(gap)
          received.push(...changes.map((change) => change.credentialId))
          variables.after = cursor
          if (received.length === ids.length) done.resolve()
        },
        error: done.reject,
        complete: () => {},
      },
    )
    for (const [index, id] of ids.entries()) {
      // Deletes each credential during the lifetime of another token, or between two.
      while (opened < 1 + index / 2) await new Promise((resolve) => setTimeout(resolve, 20))
      await revoke(id)
    }
    await done.promise
    await client.dispose()
    expect(gaps).toEqual([])
    expect(received).toEqual(ids)
    expect(opened).toBeGreaterThan(2)
  })

  it('should get AUTH_UNAVAILABLE while the key set of the issuer is unavailable', async () => {
    await using away = await startIssuer()
    away.answer(503)
    await using other = await startWorld({
      isBundled: false,
      config: { auth: { jwksUrl: away.url, issuer: issuerName, audience } },
    })
    const token = await away.sign({ scope: 'read' })
    const { status, body } = await other.post({ query: '{ cursor }' }, bearer(token))
    expect(status).toBe(503)
    expect(body.errors?.[0]?.extensions?.code).toBe('AUTH_UNAVAILABLE')
    const socket = new WebSocket(other.wsUrl, 'graphql-transport-ws')
    await once(socket, 'open')
    socket.send(JSON.stringify({ type: 'connection_init', payload: bearer(token) }))
    expect((await once(socket, 'close'))[0]).toBe(1013)
  })
})
