import {
  buildClientSchema,
  type GraphQLSchema,
  getIntrospectionQuery,
  introspectionFromSchema,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  lexicographicSortSchema,
  printSchema,
} from 'graphql'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { buildSchema } from '../../schema/schema.ts'
import { openApiKeyStore } from '../../src/auth/api-keys/open-api-key-store.ts'
import { encodeNodeId } from '../../src/model/ids.ts'
import { callSandbox } from '../support/sandbox-client.ts'
import { subscribe } from '../support/subscriber.ts'
import { audience, type Issuer, issuerName, startIssuer } from '../support/token-issuer.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World
let issuer: Issuer
let whole: string
let partner: string
/** API key with the partner's scopes for the whole graph. */
let peer: string
beforeAll(async () => {
  issuer = await startIssuer()
  world = await startWorld({
    config: { auth: { jwksUrl: issuer.url, issuer: issuerName, audience } },
    sandbox: { residents: 4, doors: 4 },
  })
  const keys = await openApiKeyStore({
    redisUrl: null,
    dataDir: world.dataDir,
    workspaceId: async () => world.sandbox.workspaceId,
  })
  const all = ['read', 'events', 'write', 'codes:read'] as const
  whole = (await keys.create({ name: 'whole', scopes: [...all, 'connections:write', 'audit'] })).key
  partner = (await keys.create({ name: 'partner', scopes: all, graph: 'partner' })).key
  peer = (await keys.create({ name: 'peer', scopes: all })).key
  await keys.close()
})
afterAll(async () => {
  await world[Symbol.asyncDispose]()
  await issuer[Symbol.asyncDispose]()
})

const bearer = (credential: string) => ({ authorization: `Bearer ${credential}` })
const post = async (credential: string, query: string, variables: object = {}) =>
  (await world.post({ query, variables }, bearer(credential))).body
const printSorted = (schema: GraphQLSchema) => `${printSchema(lexicographicSortSchema(schema))}\n`

async function introspect(credential: string): Promise<string> {
  const { data } = await post(
    credential,
    getIntrospectionQuery({ inputValueDeprecation: true, specifiedByUrl: true }),
  )
  return printSorted(buildClientSchema(data as never))
}

type Hidden = { readonly type: string; readonly field: string }

/** Returns the fields that the partner graph lacks on types that it has, and the names of all types and fields that it lacks. */
function findHidden(): { fields: readonly Hidden[]; names: ReadonlySet<string> } {
  const partnerGraph = buildSchema('partner')
  const visibleNames = new Set(printSorted(partnerGraph).match(/\w+/g))
  const fields: Hidden[] = []
  const names = new Set<string>()
  for (const type of Object.values(buildSchema().getTypeMap())) {
    if (partnerGraph.getType(type.name) === undefined) names.add(type.name)
    if (!isObjectType(type) && !isInterfaceType(type) && !isInputObjectType(type)) continue
    const known = partnerGraph.getType(type.name)
    const kept = known !== undefined && 'getFields' in known ? Object.keys(known.getFields()) : []
    for (const field of Object.keys(type.getFields())) {
      if (kept.includes(field)) continue
      names.add(field)
      if (known !== undefined) fields.push({ type: type.name, field })
    }
  }
  return { fields, names: names.difference(visibleNames) }
}

/** Returns a document that selects a field where the whole graph has it. */
function documentFor({ type, field }: Hidden, name = field): string {
  if (type === 'Query') return `{ ${name} }`
  if (type === 'Mutation') return `mutation { ${name} }`
  if (type === 'Subscription') return `subscription { ${name} }`
  if (type === 'AcsSystem') return `{ acsSystems { nodes { ${name} } } }`
  return `{ changes { nodes { ... on ${type} { ${name} } } } }`
}

describe('the partner graph', () => {
  it('should be what introspection and /schema.graphql return to a partner', async () => {
    for (const [credential, graph] of [
      [partner, buildSchema('partner')],
      [whole, buildSchema()],
    ] as const)
      expect(await introspect(credential)).toBe(
        printSorted(
          buildClientSchema(
            introspectionFromSchema(graph, { inputValueDeprecation: true, specifiedByUrl: true }),
          ),
        ),
      )
    const route = async (credential: string) =>
      (await fetch(`${world.url}/schema.graphql`, { headers: bearer(credential) })).text()
    expect(await route(partner)).toBe(`${printSchema(buildSchema('partner'))}\n`)
    expect(await route(whole)).toBe(`${printSchema(buildSchema())}\n`)
  })

  it('should apply to a token with that claim, without the scopes that partners cannot have', async () => {
    const scope = 'read events audit admin connections:write'
    const token = await issuer.sign({ scope, latchkey_graph: 'partner' }, { expiresIn: 600 })
    expect((await post(token, '{ viewer { scopes } }')).data).toEqual({
      viewer: { scopes: ['READ', 'EVENTS'] },
    })
    expect((await post(token, '{ connectedAccounts { totalCount } }')).errors).toHaveLength(1)
    const odd = await issuer.sign({ scope, latchkey_graph: 'all' }, { expiresIn: 600 })
    expect((await world.post({ query: '{ cursor }' }, bearer(odd))).status).toBe(401)
  })

  it('should not reveal names of hidden types and fields in errors, for an exact or a misspelt name', async () => {
    const { fields, names } = findHidden()
    expect(fields.length).toBeGreaterThan(10)
    expect([...names]).toEqual(expect.arrayContaining(['ConnectWebview', 'connectedAccounts']))
    for (const each of fields)
      for (const asked of [each.field, each.field.slice(0, -1), `${each.field}s`, `x${each.field}`]) {
        const document = documentFor(each, asked)
        const { data, errors } = await post(partner, document)
        expect(data, document).toBeUndefined()
        expect(errors?.length, document).toBeGreaterThan(0)
        const words = JSON.stringify(errors).replaceAll(asked, '').match(/\w+/g) ?? []
        expect(
          words.filter((word) => names.has(word)),
          document,
        ).toEqual([])
      }
    for (const name of names)
      for (const asked of [name, name.slice(0, -1)]) {
        const { errors } = await post(
          partner,
          `query($x: ${asked}) { nodes(ids: []) { ... on ${asked} { id } } }`,
        )
        const words = JSON.stringify(errors).replaceAll(asked, '').match(/\w+/g) ?? []
        expect(words.filter((word) => names.has(word))).toEqual([])
      }
  })

  it('should resolve the node id of an object of a hidden type to null', async () => {
    const { connected_accounts } = await callSandbox<{
      connected_accounts: { connected_account_id: string }[]
    }>(world, 'connected_accounts/list')
    const id = encodeNodeId('ConnectedAccount', connected_accounts[0]?.connected_account_id ?? '')
    const query = 'query Get($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { id } }'
    expect(await post(whole, query, { id })).toMatchObject({ data: { node: { id }, nodes: [{ id }] } })
    expect(await post(partner, query, { id })).toEqual({
      data: { node: null, nodes: [null] },
      extensions: expect.anything(),
    })
  })

  it('should reject a document that was validated and cached for the whole graph', async () => {
    const document = '{ changes(first: 1) { nodes { actor } } }'
    for (let count = 0; count < 3; count++) {
      expect((await post(whole, document)).errors).toBeUndefined()
      expect((await post(partner, document)).errors?.[0]?.extensions?.code).toBe('GRAPHQL_VALIDATION_FAILED')
    }
    const subscription = 'subscription { changes { changes { actor } } }'
    const accepted = subscribe(world.wsUrl, subscription, {}, whole)
    await accepted.next()
    const refused = subscribe(world.wsUrl, subscription, {}, partner)
    await expect(refused.next()).rejects.toBeDefined()
    const stream = await fetch(`${world.url}/graphql`, {
      method: 'POST',
      headers: { ...bearer(partner), 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ query: subscription }),
    })
    expect(stream.status).toBe(400)
    expect(await stream.text()).toContain('GRAPHQL_VALIDATION_FAILED')
    await accepted.close()
    await refused.close()
  })

  it('should deliver the same changes to the same subscription, except connection changes without an ACS system', async () => {
    type DeliveredChange = { __typename: string; kind: string; acsSystem?: object | null }
    type Feed = { changes: { changes: DeliveredChange[]; gap: unknown } }
    const query =
      'subscription { changes { gap { missed } changes { __typename kind ... on ConnectionChange { acsSystem { id } } } } }'
    const feeds = [
      subscribe<Feed>(world.wsUrl, query, {}, peer),
      subscribe<Feed>(world.wsUrl, query, {}, partner),
    ]
    const received: string[][] = await Promise.all(
      feeds.map(async (feed) => {
        await feed.next()
        return []
      }),
    )
    const before = await totals()
    for (const [index, feed] of feeds.entries())
      void (async () => {
        for (;;) {
          const { changes } = await feed.next()
          received[index]?.push(
            ...changes.changes.map(
              ({ __typename, kind, acsSystem }) =>
                `${__typename} ${kind}${acsSystem === null ? ' of no system' : ''}`,
            ),
          )
        }
      })().catch(() => undefined)
    const { createConnectWebview } = await world.ask<{
      createConnectWebview: { connectWebview: { url: string } }
    }>(
      'mutation { createConnectWebview(input: {}) { connectWebview { url } userErrors { message } } }',
      {},
      whole,
    )
    const login = new URL(createConnectWebview.connectWebview.url)
    const form = new URLSearchParams([...login.searchParams, ['decision', 'authorize']])
    await fetch(new URL(login.pathname, world.sandbox.url), { method: 'POST', body: form })
    const { acs_systems } = await callSandbox<{ acs_systems: { acs_system_id: string }[] }>(
      world,
      'acs/systems/list',
    )
    await callSandbox(world, 'acs/users/create', {
      acs_system_id: acs_systems[0]?.acs_system_id,
      full_name: 'Last',
    })
    await vi.waitFor(async () => {
      for (const each of received) expect(each).toContain('UserChange CREATED')
      const after = await totals()
      expect(received.map((each) => each.length)).toEqual(
        after.map((count, index) => count - (before[index] ?? 0)),
      )
      // Partners do not receive the changes of the Connect Webview.
      const ofLogin = received.map((each) => each.filter((text) => text.endsWith('of no system')).length)
      expect(ofLogin[0]).toBeGreaterThan(0)
      expect(ofLogin[1]).toBe(0)
      expect(received[1]?.some((text) => text.startsWith('ConnectionChange'))).toBe(true)
    }, 30_000)
    for (const feed of feeds) await feed.close()
  })

  it('should let a partner move in an ACS user', async () => {
    const { acsEntrances } = await world.ask<{
      acsEntrances: { nodes: { id: string; acsSystem: { id: string } }[] }
    }>('{ acsEntrances(first: 1) { nodes { id acsSystem { id } } } }', {}, partner)
    const [entrance] = acsEntrances.nodes
    const input = {
      acsSystemId: entrance?.acsSystem.id,
      fullName: 'Nora Newcomer',
      emailAddress: 'nora@example.com',
      startsAt: new Date().toISOString(),
      mobileKeyAcsEntranceIds: [entrance?.id],
    }
    const answer = await post(
      partner,
      'mutation In($input: MoveInInput!) { moveIn(input: $input) { acsUser { fullName } userErrors { field message } } }',
      { input },
    )
    expect(answer).toMatchObject({
      data: { moveIn: { acsUser: { fullName: 'Nora Newcomer' }, userErrors: [] } },
    })
  })
})

/** Returns the numbers of changes that `peer` and `partner` can read. */
async function totals(): Promise<readonly number[]> {
  const count = async (credential: string) => {
    const { changes } = await world.ask<{ changes: { totalCount: number } }>(
      '{ changes { totalCount } }',
      {},
      credential,
    )
    return changes.totalCount
  }
  return [await count(peer), await count(partner)]
}
