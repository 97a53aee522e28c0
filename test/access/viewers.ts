import type { AppTiming } from '../../src/app.ts'
import { openApiKeyStore } from '../../src/auth/api-keys/open-api-key-store.ts'
import { type GraphName, scopes, scopesNotForPartners } from '../../src/auth/viewer.ts'
import type { AcsSystemId, AcsUserId } from '../../src/model/ids.ts'
import { mutate } from '../support/graph-mutations.ts'
import { callSandbox } from '../support/sandbox-client.ts'
import { audience, issuerName, startIssuer } from '../support/token-issuer.ts'
import { startWorld, type World } from '../support/world.ts'
import {
  computeVisibleIds,
  readWorkspaceFacts,
  type ScopeBounds,
  type VisibleIds,
  type WorkspaceFacts,
} from './expected-access.ts'

/** A viewer with an API key or a token, and what it may see. */
export type TestViewer = {
  readonly kind: string
  readonly credential: string
  readonly bounds: ScopeBounds
  readonly visibleIds: VisibleIds
  readonly scopes: readonly string[]
}

/** A workspace with two connected accounts, three ACS systems, a user identity in two of them, and every kind of viewer. */
export type AccessFixture = AsyncDisposable & {
  readonly world: World
  readonly truth: WorkspaceFacts
  readonly viewers: readonly TestViewer[]
}

/** A permitted address of webhook endpoints, on which no server listens. */
export const receiverHost = '127.0.0.1:9'

type Made = { readonly id: string }

/** Starts the fixture. All viewers query `graph`. */
export async function startAccessFixture(
  graph: GraphName = 'whole',
  { areAdmins = false, timing }: { areAdmins?: boolean; timing?: AppTiming } = {},
): Promise<AccessFixture> {
  await using opening = new AsyncDisposableStack()
  const issuer = opening.use(await startIssuer())
  const world = opening.use(
    await startWorld({
      sandbox: { systems: 2, doors: 8, residents: 10 },
      // Otherwise the gateway would report the owners of the sandbox's first changes some seconds later, during the tests.
      timing: { ownersRetryMs: 3_600_000, ...timing },
      config: {
        auth: { jwksUrl: issuer.url, issuer: issuerName, audience },
        webhookInternalHosts: [receiverHost],
      },
    }),
  )
  const resident = await createObjects(world)
  const truth = await readWorkspaceFacts(world)
  const [first = '', second = '', third = ''] = truth.rows.AcsSystem.keys()
  const home = String(truth.rows.AcsUser.get(resident)?.acs_system_id)
  const elsewhere = [first, second].find((id) => id !== home) ?? ''

  const keys = await openApiKeyStore({
    redisUrl: null,
    dataDir: world.dataDir,
    workspaceId: async () => world.sandbox.workspaceId,
  })
  const offered = graph === 'whole' ? scopes : scopes.filter((scope) => !scopesNotForPartners.includes(scope))
  const all = offered.filter((scope) => areAdmins || scope !== 'admin')
  async function byKey(kind: string, bounds: ScopeBounds, may = all): Promise<TestViewer> {
    const { key } = await keys.create({
      name: kind,
      scopes: may.filter((scope) => offered.includes(scope)),
      graph,
      ...(bounds.systems !== null && { acsSystemIds: bounds.systems as AcsSystemId[] }),
      ...(bounds.resident !== null && { residentId: bounds.resident as AcsUserId }),
    })
    return {
      kind,
      credential: key,
      bounds,
      visibleIds: computeVisibleIds(truth, bounds),
      scopes: may.filter((scope) => offered.includes(scope)),
    }
  }
  async function byToken(kind: string, bounds: ScopeBounds, may = all): Promise<TestViewer> {
    const credential = await issuer.sign(
      {
        scope: may.join(' '),
        latchkey_graph: graph,
        ...(bounds.systems !== null && { latchkey_systems: bounds.systems }),
        ...(bounds.resident !== null && { latchkey_resident: bounds.resident }),
      },
      { expiresIn: 3600 },
    )
    return { kind, credential, bounds, visibleIds: computeVisibleIds(truth, bounds), scopes: may }
  }

  const everything = { systems: null, resident: null }
  const nobody = '00000000-0000-4000-8000-000000000000'
  const viewers = [
    await byKey('an API key for everything', everything),
    await byKey('an API key for one system', { systems: [first], resident: null }),
    await byKey('an API key for two systems', { systems: [first, second], resident: null }),
    await byKey('an API key for a system of another account', { systems: [third], resident: null }),
    await byKey('an API key for no system', { systems: [], resident: null }),
    await byKey('an API key of one resident', { systems: null, resident }),
    await byKey('an API key of a resident, limited to their system', { systems: [home], resident }),
    await byKey('an API key of a resident, limited to another system', { systems: [elsewhere], resident }),
    await byKey('an API key of an unknown resident', { systems: null, resident: nobody }),
    await byKey('a read-only API key', { systems: [second], resident: null }, ['read', 'events']),
    await byKey('an API key without scopes', everything, []),
    await byKey('a write-only API key', everything, ['write', 'connections:write']),
    await byToken('a token for everything', everything),
    await byToken('a token for one system', { systems: [second], resident: null }),
    await byToken('a token of one resident', { systems: null, resident }),
    await byToken('a token without scopes', everything, []),
  ]
  await keys.close()
  await scheduleMoveOuts(world, truth, viewers[0]?.credential)
  world.sandbox.resetCalls()
  const open = opening.move()
  return { world, truth, viewers, [Symbol.asyncDispose]: () => open.disposeAsync() }
}

/** Schedules a move-out of the first ACS user in each ACS system; the resident is one of them. */
async function scheduleMoveOuts(world: World, truth: WorkspaceFacts, key: string | undefined): Promise<void> {
  const bySystem = Map.groupBy(truth.rows.AcsUser.values(), (row) => row.acs_system_id)
  for (const [row] of bySystem.values()) {
    const input = { acsUserId: row?.acs_user_id, at: '2099-01-01T00:00:00Z' }
    const { payload } = await mutate(world, 'moveOut', input, key)
    if (payload === null || payload.userErrors.length > 0) throw new Error('A move-out was not scheduled.')
  }
}

/**
 * Creates a second connected account with an ACS user in its ACS system, and a second ACS user, in another ACS system, for an existing user
 * identity. Each has a PIN for an entrance that others unlock too. Returns the first ACS user of that identity.
 */
async function createObjects(world: World): Promise<string> {
  const ask = <T>(path: string, body: object = {}) =>
    callSandbox<T>(world, path, body as Record<string, unknown>)
  const { connect_webview } = await ask<{ connect_webview: { url: string; connect_webview_id: string } }>(
    'connect_webviews/create',
    { accepted_providers: ['latch'] },
  )
  const login = new URL(connect_webview.url)
  const form = new URLSearchParams([...login.searchParams, ['decision', 'authorize']])
  await fetch(new URL(login.pathname, world.sandbox.url), { method: 'POST', body: form })
  await ask('connect_webviews/create', { accepted_providers: ['latch'] })

  const { acs_systems } = await ask<{ acs_systems: { acs_system_id: string }[] }>('acs/systems/list')
  const [, second, third] = acs_systems.map((system) => system.acs_system_id)
  const entranceIn = async (acs_system_id: string | undefined): Promise<Made> => {
    const found = await ask<{ acs_entrances: { acs_entrance_id: string }[] }>('acs/entrances/list', {
      acs_system_id,
    })
    return { id: found.acs_entrances[0]?.acs_entrance_id ?? '' }
  }
  const createUser = async (acs_system_id: string | undefined, fields: object): Promise<Made> => {
    const { acs_user } = await ask<{ acs_user: { acs_user_id: string } }>('acs/users/create', {
      acs_system_id,
      ...fields,
    })
    const entrance = await entranceIn(acs_system_id)
    await ask('acs/credentials/create', {
      access_method: 'code',
      acs_user_id: acs_user.acs_user_id,
      allowed_acs_entrance_ids: [entrance.id],
    })
    return { id: acs_user.acs_user_id }
  }
  await createUser(third, { full_name: 'Zelda Faraway', email_address: 'zelda@faraway.example' })
  const { acs_users } = await ask<{
    acs_users: { acs_user_id: string; user_identity_id?: string; acs_system_id: string }[]
  }>('acs/users/list')
  const resident = acs_users.find(
    (user) => user.user_identity_id !== undefined && user.acs_system_id !== second,
  )
  await createUser(second, {
    full_name: 'Second Home',
    email_address: 'second@home.example',
    user_identity_id: resident?.user_identity_id,
  })
  return resident?.acs_user_id ?? ''
}
