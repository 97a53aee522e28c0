import { createServer } from 'node:http'
import DataLoader from 'dataloader'
import { buildSchema, graphql } from 'graphql'

/**
 * A simple GraphQL server over Seam without a cache. `plain-server.ts naive` calls Seam once per parent object; `plain-server.ts loaders` calls
 * Seam once for all parent objects of a request if Seam has such a call. Reads SEAM_ENDPOINT and SEAM_API_KEY from the environment.
 */
const [variant] = process.argv.slice(2)
const { SEAM_ENDPOINT: endpoint, SEAM_API_KEY: apiKey } = process.env

type User = { acs_user_id: string; acs_system_id: string; display_name: string }
type Credential = {
  acs_credential_id: string
  acs_user_id?: string
  display_name: string
}
type Entrance = { display_name: string }
type Rows = { acs_users: User[]; acs_credentials: Credential[]; acs_entrances: Entrance[] }

async function callSeam(route: string, body: object): Promise<Rows> {
  const response = await fetch(`${endpoint}/${route}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`${route} answered ${response.status}`)
  return (await response.json()) as Rows
}

const schema = buildSchema(`
  type Query { acsUsers(first: Int!): Users! }
  type Users { nodes: [User!]! }
  type User { displayName: String! credentials(first: Int!): Credentials! }
  type Credentials { nodes: [Credential!]! }
  type Credential { displayName: String! entrances(first: Int!): Entrances! }
  type Entrances { nodes: [Entrance!]! }
  type Entrance { displayName: String! }
`)

type Sources = {
  credentials(user: User): Promise<readonly Credential[]>
  entrances(credential: Credential): Promise<readonly Entrance[]>
}

const naiveSources: Sources = {
  credentials: async ({ acs_user_id }) =>
    (await callSeam('acs/credentials/list', { acs_user_id })).acs_credentials,
  entrances: async ({ acs_credential_id }) =>
    (await callSeam('acs/credentials/list_accessible_entrances', { acs_credential_id })).acs_entrances,
}

/** Seam lists the credentials of all ACS users of an ACS system in one call, but the entrances of only one credential per call. */
function createLoaders(): Sources {
  const credentialsOf = new DataLoader<User, readonly Credential[], string>(
    async (users) => {
      const systems = [...new Set(users.map(({ acs_system_id }) => acs_system_id))]
      const lists = await Promise.all(
        systems.map((acs_system_id) => callSeam('acs/credentials/list', { acs_system_id, limit: 1000 })),
      )
      const byUser = Map.groupBy(
        lists.flatMap(({ acs_credentials }) => acs_credentials),
        ({ acs_user_id }) => acs_user_id,
      )
      return users.map(({ acs_user_id }) => byUser.get(acs_user_id) ?? [])
    },
    { cacheKeyFn: ({ acs_user_id }) => acs_user_id },
  )
  const entrancesOf = new DataLoader<Credential, readonly Entrance[], string>(
    (credentials) => Promise.all(credentials.map(naiveSources.entrances)),
    { cacheKeyFn: ({ acs_credential_id }) => acs_credential_id },
  )
  return {
    credentials: (user) => credentialsOf.load(user),
    entrances: (credential) => entrancesOf.load(credential),
  }
}

const createPage = <T>(rows: readonly T[], first: number) => ({ nodes: rows.slice(0, first) })
type First = { first: number }

function createRootValue(sources: Sources) {
  const credentialOf = (credential: Credential) => ({
    displayName: credential.display_name,
    entrances: async ({ first }: First) =>
      createPage(
        (await sources.entrances(credential)).map(({ display_name }) => ({ displayName: display_name })),
        first,
      ),
  })
  const userOf = (user: User) => ({
    displayName: user.display_name,
    credentials: async ({ first }: First) =>
      createPage((await sources.credentials(user)).map(credentialOf), first),
  })
  return {
    acsUsers: async ({ first }: First) =>
      createPage((await callSeam('acs/users/list', { limit: first })).acs_users.map(userOf), first),
  }
}

const server = createServer(async (request, response) => {
  const { query } = JSON.parse(Buffer.concat(await Array.fromAsync(request)).toString()) as { query: string }
  const rootValue = createRootValue(variant === 'loaders' ? createLoaders() : naiveSources)
  const result = await graphql({ schema, source: query, rootValue })
  response.setHeader('content-type', 'application/json').end(JSON.stringify(result))
})
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as { port: number }).port }))
process.once('disconnect', () => process.exit(0))
