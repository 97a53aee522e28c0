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

/** Somebody who asks, by a key or by a token. */
export type TestViewer = {
  readonly kind: string
  readonly credential: string
  readonly bounds: ScopeBounds
  readonly sight: VisibleIds
  readonly scopes: readonly string[]
}

/** Two accounts with three buildings, a person who lives in two of them, and every kind of viewer. */
export type AccessFixture = AsyncDisposable & {
  readonly world: World
  readonly truth: WorkspaceFacts
  readonly askers: readonly TestViewer[]
}

/** Where webhooks may be sent to; nobody is there. */
export const receiverHost = '127.0.0.1:9'

type Made = { readonly id: string }

/** `graph` is the one that all of them ask. */
export async function startAccessFixture(
  graph: GraphName = 'whole',
  { areAdmins = false, timing }: { areAdmins?: boolean; timing?: AppTiming } = {},
): Promise<AccessFixture> {
  await using opening = new AsyncDisposableStack()
  const issuer = opening.use(await startIssuer())
  const world = opening.use(
    await startWorld({
      sandbox: { systems: 2, doors: 8, residents: 10 },
      // Whose the changes of the building's beginning are is told some seconds later, into whatever a test looks at by then.
      timing: { ownersRetryMs: 3_600_000, ...timing },
      config: {
        auth: { jwksUrl: issuer.url, issuer: issuerName, audience },
        webhookInternalHosts: [receiverHost],
      },
    }),
  )
  const resident = await peopleTheStage(world)
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
      sight: computeVisibleIds(truth, bounds),
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
    return { kind, credential, bounds, sight: computeVisibleIds(truth, bounds), scopes: may }
  }

  const everything = { systems: null, resident: null }
  const nobody = '00000000-0000-4000-8000-000000000000'
  const askers = [
    await byKey('a key for everything', everything),
    await byKey('a key for one system', { systems: [first], resident: null }),
    await byKey('a key for two systems', { systems: [first, second], resident: null }),
    await byKey('a key for a system of another account', { systems: [third], resident: null }),
    await byKey('a key for no system', { systems: [], resident: null }),
    await byKey('a key of one resident', { systems: null, resident }),
    await byKey('a key of a resident, narrowed to their system', { systems: [home], resident }),
    await byKey('a key of a resident, narrowed to another system', { systems: [elsewhere], resident }),
    await byKey('a key of a resident who is not there', { systems: null, resident: nobody }),
    await byKey('a key for reading only', { systems: [second], resident: null }, ['read', 'events']),
    await byKey('a key without scopes', everything, []),
    await byKey('a key that only writes', everything, ['write', 'connections:write']),
    await byToken('a token for everything', everything),
    await byToken('a token for one system', { systems: [second], resident: null }),
    await byToken('a token of one resident', { systems: null, resident }),
    await byToken('a token without scopes', everything, []),
  ]
  await keys.close()
  await scheduleMoveOuts(world, truth, askers[0]?.credential)
  world.sandbox.resetCalls()
  const open = opening.move()
  return { world, truth, askers, [Symbol.asyncDispose]: () => open.disposeAsync() }
}

/** A move-out of one ACS user in each system, and of the resident, that waits for its time. */
async function scheduleMoveOuts(world: World, truth: WorkspaceFacts, key: string | undefined): Promise<void> {
  const bySystem = Map.groupBy(truth.rows.AcsUser.values(), (row) => row.acs_system_id)
  for (const [row] of bySystem.values()) {
    const input = { acsUserId: row?.acs_user_id, at: '2099-01-01T00:00:00Z' }
    const { payload } = await mutate(world, 'moveOut', input, key)
    if (payload === null || payload.userErrors.length > 0) throw new Error('A move-out was not scheduled.')
  }
}

/** A second account with a building and somebody in it; a neighbour's door shared; one person with a home in two buildings. Answers that person. */
async function peopleTheStage(world: World): Promise<string> {
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
  const doorIn = async (acs_system_id: string | undefined): Promise<Made> => {
    const found = await ask<{ acs_entrances: { acs_entrance_id: string }[] }>('acs/entrances/list', {
      acs_system_id,
    })
    return { id: found.acs_entrances[0]?.acs_entrance_id ?? '' }
  }
  const settle = async (acs_system_id: string | undefined, person: object): Promise<Made> => {
    const { acs_user } = await ask<{ acs_user: { acs_user_id: string } }>('acs/users/create', {
      acs_system_id,
      ...person,
    })
    const door = await doorIn(acs_system_id)
    await ask('acs/credentials/create', {
      access_method: 'code',
      acs_user_id: acs_user.acs_user_id,
      allowed_acs_entrance_ids: [door.id],
    })
    return { id: acs_user.acs_user_id }
  }
  await settle(third, { full_name: 'Zelda Faraway', email_address: 'zelda@faraway.example' })
  const { acs_users } = await ask<{
    acs_users: { acs_user_id: string; user_identity_id?: string; acs_system_id: string }[]
  }>('acs/users/list')
  const resident = acs_users.find(
    (user) => user.user_identity_id !== undefined && user.acs_system_id !== second,
  )
  await settle(second, {
    full_name: 'Second Home',
    email_address: 'second@home.example',
    user_identity_id: resident?.user_identity_id,
  })
  return resident?.acs_user_id ?? ''
}
