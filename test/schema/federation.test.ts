import { randomUUID } from 'node:crypto'
import { getStitchedSchemaFromSupergraphSdl } from '@graphql-tools/federation'
import { assertCompositionSuccess, composeServices } from '@theguild/federation-composition'
import { execute, parse, print } from 'graphql'
import { createSchema } from 'graphql-yoga'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openApiKeyStore } from '../../src/auth/api-keys/open-api-key-store.ts'
import type { AcsSystemId } from '../../src/model/ids.ts'
import { encodeNodeId } from '../../src/model/ids.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World
const credentials: Record<string, string> = {}
beforeAll(async () => {
  world = await startWorld({ sandbox: { systems: 2, residents: 6, doors: 4 } })
  const keys = await openApiKeyStore({
    redisUrl: null,
    dataDir: world.dataDir,
    workspaceId: async () => world.sandbox.workspaceId,
  })
  const { acsSystems } = await world.ask<{ acsSystems: { nodes: { seamId: string }[] } }>(
    '{ acsSystems { nodes { seamId } } }',
  )
  const first = acsSystems.nodes[0]?.seamId as AcsSystemId
  const scopes = ['read', 'events'] as const
  credentials.whole = (await keys.create({ name: 'whole', scopes })).key
  credentials.narrow = (await keys.create({ name: 'narrow', scopes, acsSystemIds: [first] })).key
  credentials.partner = (await keys.create({ name: 'partner', scopes, graph: 'partner' })).key
  credentials.mute = (await keys.create({ name: 'mute', scopes: ['write'] })).key
  await keys.close()
})
afterAll(() => world[Symbol.asyncDispose]())

const post = async (as: string, query: string, variables: object = {}) =>
  (await world.post({ query, variables }, { authorization: `Bearer ${credentials[as]}` })).body

async function sdlFor(as: string): Promise<string> {
  const { data, errors } = await post(as, '{ _service { sdl } }')
  expect(errors).toBeUndefined()
  return (data as { _service: { sdl: string } })._service.sdl
}

/** Another subgraph: leases, each of one ACS user. */
const leases = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@external"])
  type Query { leases: [Lease!]! }
  type Lease { unit: String! tenant: AcsUser! }
  type AcsUser @key(fields: "id") { id: ID! rent: Int! }
`

const listUsers = (as: string) =>
  world.ask<{ acsUsers: { nodes: { id: string; fullName: string }[] } }>(
    '{ acsUsers(first: 3) { nodes { id fullName } } }',
    {},
    credentials[as],
  )

describe('the graph as a federated subgraph', () => {
  it('should compose with another subgraph, and resolve its references', async () => {
    const { acsUsers } = await listUsers('whole')
    const supergraph = composeServices([
      { name: 'latchkey', typeDefs: parse(await sdlFor('whole')), url: `${world.url}/graphql` },
      { name: 'leases', typeDefs: parse(leases), url: 'http://leases.example/graphql' },
    ])
    assertCompositionSuccess(supergraph)
    const other = createSchema({
      typeDefs: `
        type Query { leases: [Lease!]! }
        type Lease { unit: String! tenant: AcsUser! }
        type AcsUser { id: ID! rent: Int! }
      `,
      resolvers: {
        Query: {
          leases: () =>
            acsUsers.nodes.map(({ id }, index) => ({ unit: `${index}`, tenant: { id, rent: 1_000 } })),
        },
      },
    })
    const calls: string[] = []
    const stitched = getStitchedSchemaFromSupergraphSdl({
      supergraphSdl: supergraph.supergraphSdl,
      onSubschemaConfig(config) {
        const { endpoint } = config
        config.executor = async ({ document, variables }) => {
          if (endpoint.includes('leases.example'))
            return execute({ schema: other, document, variableValues: variables as never }) as never
          calls.push(print(document))
          return (await post('whole', print(document), variables as object)) as never
        }
      },
    })
    const answer = await execute({
      schema: stitched,
      document: parse('{ leases { unit tenant { fullName rent acsSystem { name } } } }'),
    })
    expect(answer.errors).toBeUndefined()
    expect(JSON.parse(JSON.stringify(answer.data)).leases).toMatchObject(
      acsUsers.nodes.map(({ fullName }, index) => ({
        unit: `${index}`,
        tenant: { fullName, rent: 1_000, acsSystem: { name: expect.any(String) } },
      })),
    )
    // All references are resolved in one request.
    expect(calls).toHaveLength(1)
  })

  it('should have the partner graph as SDL for a partner', async () => {
    const [whole, partner] = [await sdlFor('whole'), await sdlFor('partner')]
    expect(whole).toContain('type ConnectedAccount ')
    expect(partner).not.toContain('ConnectedAccount')
    for (const sdl of [whole, partner]) {
      expect(sdl).not.toMatch(/_entities|_service|_Any|_Entity|_Service/)
      for (const key of ['id', 'seamId'])
        expect(sdl.match(new RegExp(` @key\\(fields: "${key}"\\)`, 'g'))).toHaveLength(5)
      assertCompositionSuccess(
        composeServices([{ name: 'latchkey', typeDefs: parse(sdl), url: 'http://latchkey.example' }]),
      )
    }
  })

  const query =
    'query Get($asked: [_Any!]!) { _entities(representations: $asked) { __typename ... on AcsUser { fullName } ... on AcsSystem { name } } }'

  it('should resolve only objects in the access scope, in the order of the representations', async () => {
    const nodes = async (as: string) => (await listUsers(as)).acsUsers.nodes
    const all = await world.ask<{ acsUsers: { nodes: { id: string; fullName: string }[] } }>(
      '{ acsUsers(first: 100) { nodes { id fullName } } }',
    )
    const visibleIds = new Set((await nodes('narrow')).map(({ id }) => id))
    const visible = await world.ask<{ acsUsers: { nodes: { id: string }[] } }>(
      '{ acsUsers(first: 100) { nodes { id } } }',
      {},
      credentials.narrow,
    )
    for (const { id } of visible.acsUsers.nodes) visibleIds.add(id)
    expect(visibleIds.size).toBeLessThan(all.acsUsers.nodes.length)
    const unknownId = encodeNodeId('AcsUser', randomUUID())
    const asked = [...all.acsUsers.nodes.map(({ id }) => id), unknownId].map((id) => ({
      __typename: 'AcsUser',
      id,
    }))
    const expected = (sees: (id: string) => boolean) => [
      ...all.acsUsers.nodes.map(({ id, fullName }) =>
        sees(id) ? { __typename: 'AcsUser', fullName } : null,
      ),
      null,
    ]
    expect(await post('whole', query, { asked })).toMatchObject({ data: { _entities: expected(() => true) } })
    const narrow = await post('narrow', query, { asked })
    expect(narrow).toMatchObject({ data: { _entities: expected((id) => visibleIds.has(id)) } })
    expect(narrow.errors).toBeUndefined()
  })

  it('should accept the IDs of Seam within the access scope', async () => {
    const [user] = (await listUsers('whole')).acsUsers.nodes
    const seamId = Buffer.from(user?.id ?? '', 'base64url')
      .toString()
      .split(':')[1]
    const asked = [
      { __typename: 'AcsUser', seamId },
      { __typename: 'AcsUser', id: seamId },
      { __typename: 'AcsUser', seamId: randomUUID() },
    ]
    const found = { __typename: 'AcsUser', fullName: user?.fullName }
    expect(await post('whole', query, { asked })).toMatchObject({ data: { _entities: [found, found, null] } })
  })

  it('should report each invalid representation at its index, and resolve the others', async () => {
    const [user] = (await listUsers('whole')).acsUsers.nodes
    const asked = [
      { __typename: 'AcsUser', id: user?.id },
      { __typename: 'Lease', id: user?.id },
      { __typename: 'AcsUser' },
      { __typename: 'AcsSystem', id: user?.id },
      { id: user?.id },
    ]
    const { data, errors } = await post('whole', query, { asked })
    expect(data).toEqual({
      _entities: [{ __typename: 'AcsUser', fullName: user?.fullName }, null, null, null, null],
    })
    expect(
      errors?.map(({ path, extensions }) => [path?.at(-1), extensions?.code, extensions?.argument]),
    ).toEqual([1, 2, 3, 4].map((index) => [index, 'BAD_USER_INPUT', `representations.${index}`]))
    const { errors: odd } = await post('whole', query, { asked: ['AcsUser'] })
    expect(odd?.[0]?.message).toContain(
      'A representation must be an object with __typename, and id or seamId.',
    )
  })

  it('should limit the number of representations, and require the scope for reading', async () => {
    const asked = Array.from({ length: 1_001 }, () => ({
      __typename: 'AcsUser',
      id: encodeNodeId('AcsUser', randomUUID()),
    }))
    expect((await post('whole', query, { asked })).errors?.[0]?.message).toContain('the maximum is 1000')
    for (const document of ['{ _service { sdl } }', '{ _entities(representations: []) { __typename } }'])
      expect((await post('mute', document)).errors?.[0]?.extensions).toMatchObject({ code: 'FORBIDDEN' })
  })
})
