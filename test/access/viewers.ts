import { openKeyStore } from '../../src/auth/open-keys.ts'
import { type GraphName, notForPartners, scopes } from '../../src/auth/viewer.ts'
import type { AcsSystemId, AcsUserId } from '../../src/model/ids.ts'
import { audience, issuerName, startIssuer } from '../support/issuer.ts'
import { inBuilding } from '../support/seam.ts'
import { startWorld, type World } from '../support/world.ts'
import { type Bounds, readTruth, type Sight, sightWithin, type Truth } from './truth.ts'

/** Somebody who asks, by a key or by a token. */
export type Asker = {
  readonly kind: string
  readonly credential: string
  readonly bounds: Bounds
  readonly sight: Sight
  readonly scopes: readonly string[]
}

/** Two accounts with three buildings, a person who lives in two of them, and every kind of viewer. */
export type Stage = AsyncDisposable & {
  readonly world: World
  readonly truth: Truth
  readonly askers: readonly Asker[]
}

/** Where webhooks may be sent to; nobody is there. */
export const receiverHost = '127.0.0.1:9'

type Made = { readonly id: string }

/** `graph` is the one that all of them ask. */
export async function startStage(graph: GraphName = 'whole'): Promise<Stage> {
  await using opening = new AsyncDisposableStack()
  const issuer = opening.use(await startIssuer())
  const world = opening.use(
    await startWorld({
      sandbox: { systems: 2, doors: 8, residents: 10 },
      config: {
        auth: { jwksUrl: issuer.url, issuer: issuerName, audience },
        webhookInternalHosts: [receiverHost],
      },
    }),
  )
  const resident = await peopleTheStage(world)
  const truth = await readTruth(world)
  const [first = '', second = '', third = ''] = truth.rows.AcsSystem.keys()
  const home = String(truth.rows.AcsUser.get(resident)?.acs_system_id)
  const elsewhere = [first, second].find((id) => id !== home) ?? ''

  const keys = await openKeyStore({
    redisUrl: null,
    dataDir: world.dataDir,
    workspaceId: async () => world.sandbox.workspaceId,
  })
  const offered = graph === 'whole' ? scopes : scopes.filter((scope) => !notForPartners.includes(scope))
  const all = offered.filter((scope) => scope !== 'admin')
  async function byKey(kind: string, bounds: Bounds, may = all): Promise<Asker> {
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
      sight: sightWithin(truth, bounds),
      scopes: may.filter((scope) => offered.includes(scope)),
    }
  }
  async function byToken(kind: string, bounds: Bounds, may = all): Promise<Asker> {
    const credential = await issuer.sign(
      {
        scope: may.join(' '),
        latchkey_graph: graph,
        ...(bounds.systems !== null && { latchkey_systems: bounds.systems }),
        ...(bounds.resident !== null && { latchkey_resident: bounds.resident }),
      },
      { expiresIn: 3600 },
    )
    return { kind, credential, bounds, sight: sightWithin(truth, bounds), scopes: may }
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
  world.sandbox.resetCalls()
  const open = opening.move()
  return { world, truth, askers, [Symbol.asyncDispose]: () => open.disposeAsync() }
}

/** A second account with a building and somebody in it; a neighbour's door shared; one person with a home in two buildings. Answers that person. */
async function peopleTheStage(world: World): Promise<string> {
  const ask = <T>(path: string, body: object = {}) =>
    inBuilding<T>(world, path, body as Record<string, unknown>)
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
