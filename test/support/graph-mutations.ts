import { callSandbox } from './sandbox-client.ts'
import type { World } from './world.ts'

/** The selection of each mutation's payload, in addition to `cursor` and `userErrors`. */
const selections: Readonly<Record<string, string>> = {
  createConnectWebview: 'connectWebview { seamId url status }',
  deleteConnectedAccount: 'connectedAccountId',
  createUserIdentity: 'userIdentity { seamId key fullName emailAddress phoneNumber }',
  createAcsUser: 'acsUserId acsUser { seamId fullName emailAddress phoneNumber }',
  updateAcsUser:
    'acsUserId acsUser { seamId fullName emailAddress phoneNumber accessSchedule { startsAt endsAt } }',
  suspendAcsUser: 'acsUser { seamId isSuspended }',
  unsuspendAcsUser: 'acsUser { seamId isSuspended }',
  deleteAcsUser: 'acsUserId',
  issueCode: 'acsCredential { seamId accessMethod startsAt endsAt entrances { nodes { seamId } } }',
  issueMobileKey:
    'acsCredential { seamId accessMethod acsUser { seamId userIdentity { seamId } } entrances { nodes { seamId } } }',
  updateCredential:
    'replaced acsCredential { seamId accessMethod startsAt endsAt entrances { nodes { seamId } } }',
  revokeCredential: 'acsCredentialId',
  moveIn:
    'acsUser { seamId userIdentity { seamId } } acsCredentials { seamId accessMethod } steps { name status message }',
  moveInMany: 'results { userErrors { field code message } }',
  moveOut: 'acsUserId scheduledAt steps { name status message }',
  cancelMoveOut: 'acsUserId acsCredentials { seamId accessMethod endsAt } steps { name status message }',
  createClientSession: 'token clientSessionId expiresAt',
  revokeClientSession: 'clientSessionIds',
}

export type UserError = {
  readonly field: readonly string[] | null
  readonly code: string
  readonly message: string
}
export type Payload = {
  readonly cursor: string | null
  readonly userErrors: readonly UserError[]
  // biome-ignore lint/suspicious/noExplicitAny: each payload has other fields
  readonly [field: string]: any
}

/** The answer of a mutation: its payload, or the error that replaces it. */
export type Answer = {
  readonly payload: Payload | null
  readonly error: { readonly message: string; readonly extensions: Readonly<Record<string, unknown>> } | null
}

/** Sends one mutation to a gateway. */
export async function mutate(
  { url }: { readonly url: string },
  name: string,
  input: object,
  key?: string,
): Promise<Answer> {
  const type = `${name.slice(0, 1).toUpperCase()}${name.slice(1)}Input`
  const query = `mutation($input: ${type}!) { ${name}(input: $input) { ${selections[name]} cursor userErrors { field code message } } }`
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
    },
    body: JSON.stringify({ query, variables: { input } }),
  })
  const body = (await response.json()) as {
    data?: Record<string, Payload> | null
    errors?: readonly NonNullable<Answer['error']>[]
  }
  return { payload: body.data?.[name] ?? null, error: body.errors?.[0] ?? null }
}

/** Sends one mutation and returns its payload. Throws if it fails or has user errors. */
export async function mutateSuccessfully(
  world: { readonly url: string },
  name: string,
  input: object,
  key?: string,
): Promise<Payload> {
  const { payload, error } = await mutate(world, name, input, key)
  if (payload === null || error !== null || payload.userErrors.length > 0)
    throw new Error(`${name}: ${JSON.stringify(error ?? payload?.userErrors)}`)
  return payload
}

type Row = Readonly<Record<string, unknown>>

/** All objects in the sandbox that mutations can change. */
export type SandboxObjects = {
  readonly users: readonly Row[]
  readonly credentials: readonly Row[]
  readonly identities: readonly Row[]
  readonly webviews: readonly Row[]
  readonly accounts: readonly Row[]
}

/** Reads the objects directly from the sandbox. */
export async function readSandboxObjects(world: Pick<World, 'sandbox'>): Promise<SandboxObjects> {
  const list = async (path: string, key: string, limit = 5000): Promise<Row[]> =>
    (await callSandbox<Record<string, Row[]>>(world, path, { limit }))[key] ?? []
  const [users, credentials, identities, webviews, accounts] = await Promise.all([
    list('acs/users/list', 'acs_users'),
    list('acs/credentials/list', 'acs_credentials'),
    list('user_identities/list', 'user_identities'),
    list('connect_webviews/list', 'connect_webviews'),
    list('connected_accounts/list', 'connected_accounts'),
  ])
  return { users, credentials, identities, webviews, accounts }
}

/** Lists the called routes that change something at Seam, since the counters were reset. */
export function listSeamWrites(world: Pick<World, 'sandbox'>): string[] {
  const changing = /(create|update|delete|suspend|add_acs_user|remove_acs_user|assign)/
  return Object.keys(world.sandbox.calls().byRoute).filter((route) => changing.test(route))
}
