import { encodeNodeId, type NodeType, nodeTypes } from '../../src/model/ids.ts'
import { callSandbox } from '../support/sandbox-client.ts'
import type { World } from '../support/world.ts'

type Row = Readonly<Record<string, unknown>>
type Ids = ReadonlySet<string>

/** The limits of a viewer's access scope, as API keys and tokens contain them; `null` is no limit. */
export type ScopeBounds = { readonly systems: readonly string[] | null; readonly resident: string | null }

/** All objects of the workspace, read directly from the sandbox, and the relations between them. */
export type WorkspaceFacts = {
  readonly rows: Readonly<Record<NodeType, ReadonlyMap<string, Row>>>
  /** For each edge of the graph, the ids that it shows for an object to a viewer with full access. */
  readonly edges: Readonly<Record<string, (id: string) => Ids>>
}

const idKeys: Readonly<Record<NodeType, string>> = {
  AcsSystem: 'acs_system_id',
  AcsUser: 'acs_user_id',
  AcsEntrance: 'acs_entrance_id',
  AcsCredential: 'acs_credential_id',
  UserIdentity: 'user_identity_id',
  ConnectedAccount: 'connected_account_id',
  ConnectWebview: 'connect_webview_id',
}
const lists: Readonly<Record<NodeType, readonly [route: string, key: string]>> = {
  AcsSystem: ['acs/systems/list', 'acs_systems'],
  AcsUser: ['acs/users/list', 'acs_users'],
  AcsEntrance: ['acs/entrances/list', 'acs_entrances'],
  AcsCredential: ['acs/credentials/list', 'acs_credentials'],
  UserIdentity: ['user_identities/list', 'user_identities'],
  ConnectedAccount: ['connected_accounts/list', 'connected_accounts'],
  ConnectWebview: ['connect_webviews/list', 'connect_webviews'],
}

export async function readWorkspaceFacts(world: World): Promise<WorkspaceFacts> {
  const read = async (type: NodeType) => {
    const [route, key] = lists[type]
    const answer = await callSandbox<Record<string, Row[]>>(world, route)
    return [type, new Map((answer[key] ?? []).map((row) => [String(row[idKeys[type]]), row]))] as const
  }
  const rows = Object.fromEntries(await Promise.all(nodeTypes.map(read))) as unknown as WorkspaceFacts['rows']
  const entrancesByCredential = new Map<string, Ids>()
  for (const acs_credential_id of rows.AcsCredential.keys()) {
    const route = 'acs/credentials/list_accessible_entrances'
    const { acs_entrances } = await callSandbox<{ acs_entrances: Row[] }>(world, route, { acs_credential_id })
    entrancesByCredential.set(
      acs_credential_id,
      new Set(acs_entrances.map((row) => String(row.acs_entrance_id))),
    )
  }
  return { rows, edges: edgesOf(rows, entrancesByCredential) }
}

function edgesOf(
  rows: WorkspaceFacts['rows'],
  entrancesByCredential: ReadonlyMap<string, Ids>,
): WorkspaceFacts['edges'] {
  /** Returns the object that a row references. */
  const referenced = (from: NodeType, to: NodeType) => (id: string) => {
    const named = rows[from].get(id)?.[idKeys[to]]
    return new Set(typeof named === 'string' && rows[to].has(named) ? [named] : [])
  }
  /** Returns the objects whose rows reference this one. */
  const referencing = (type: NodeType, from: NodeType) => (id: string) =>
    new Set([...rows[from]].filter(([, row]) => row[idKeys[type]] === id).map(([child]) => child))
  const chain = (first: (id: string) => Ids, second: (id: string) => Ids) => (id: string) =>
    new Set([...first(id)].flatMap((each) => [...second(each)]))
  const entrancesOfCredential = (id: string) => entrancesByCredential.get(id) ?? new Set<string>()
  const credentialsOfEntrance = (id: string) =>
    new Set([...entrancesByCredential].filter(([, ids]) => ids.has(id)).map(([credential]) => credential))
  return {
    'AcsCredential.acsSystem': referenced('AcsCredential', 'AcsSystem'),
    'AcsCredential.acsUser': referenced('AcsCredential', 'AcsUser'),
    'AcsCredential.entrances': entrancesOfCredential,
    'AcsEntrance.acsSystem': referenced('AcsEntrance', 'AcsSystem'),
    'AcsEntrance.credentials': credentialsOfEntrance,
    'AcsEntrance.users': chain(credentialsOfEntrance, referenced('AcsCredential', 'AcsUser')),
    'AcsSystem.connectedAccount': referenced('AcsSystem', 'ConnectedAccount'),
    'AcsSystem.users': referencing('AcsSystem', 'AcsUser'),
    'AcsSystem.entrances': referencing('AcsSystem', 'AcsEntrance'),
    'AcsSystem.credentials': referencing('AcsSystem', 'AcsCredential'),
    'AcsUser.acsSystem': referenced('AcsUser', 'AcsSystem'),
    'AcsUser.userIdentity': referenced('AcsUser', 'UserIdentity'),
    'AcsUser.credentials': referencing('AcsUser', 'AcsCredential'),
    'AcsUser.accessibleEntrances': chain(referencing('AcsUser', 'AcsCredential'), entrancesOfCredential),
    'ConnectedAccount.acsSystems': referencing('ConnectedAccount', 'AcsSystem'),
    'ConnectWebview.connectedAccount': referenced('ConnectWebview', 'ConnectedAccount'),
    'UserIdentity.acsUsers': referencing('UserIdentity', 'AcsUser'),
  }
}

/** The ids of each type that a viewer may see. Computed from the promises in docs/security.md, not with the gateway's code. */
export type VisibleIds = Readonly<Record<NodeType, Ids>>

export function computeVisibleIds(truth: WorkspaceFacts, bounds: ScopeBounds): VisibleIds {
  const { rows, edges } = truth
  const all = (type: NodeType) => [...rows[type].keys()]
  const any = (edge: string, id: string, of: Ids) =>
    [...(edges[edge]?.(id) ?? [])].some((each) => of.has(each))
  const isInSystems = (id: string) =>
    bounds.systems === null || any('AcsUser.acsSystem', id, new Set(bounds.systems))
  const users = new Set(
    all('AcsUser').filter((id) => isInSystems(id) && (bounds.resident === null || bounds.resident === id)),
  )
  const ofUsers = (edge: string) => new Set([...users].flatMap((id) => [...(edges[edge]?.(id) ?? [])]))
  const identities = ofUsers('AcsUser.userIdentity')
  if (bounds.resident !== null)
    return {
      AcsUser: users,
      UserIdentity: identities,
      AcsSystem: ofUsers('AcsUser.acsSystem'),
      AcsCredential: ofUsers('AcsUser.credentials'),
      AcsEntrance: ofUsers('AcsUser.accessibleEntrances'),
      ConnectedAccount: new Set(),
      ConnectWebview: new Set(),
    }
  const systems = new Set(all('AcsSystem').filter((id) => bounds.systems?.includes(id) ?? true))
  const accounts = new Set(
    all('ConnectedAccount').filter(
      (id) => bounds.systems === null || any('ConnectedAccount.acsSystems', id, systems),
    ),
  )
  const within = (type: NodeType, edge: string, of: Ids) =>
    new Set(all(type).filter((id) => bounds.systems === null || any(edge, id, of)))
  return {
    AcsUser: users,
    AcsSystem: systems,
    ConnectedAccount: accounts,
    // Full access includes identities without an ACS user, and Connect Webviews without a connected account.
    UserIdentity: bounds.systems === null ? new Set(all('UserIdentity')) : identities,
    AcsCredential: within('AcsCredential', 'AcsCredential.acsSystem', systems),
    AcsEntrance: within('AcsEntrance', 'AcsEntrance.acsSystem', systems),
    ConnectWebview: within('ConnectWebview', 'ConnectWebview.connectedAccount', accounts),
  }
}

const identifyingFields = ['full_name', 'display_name', 'email_address', 'phone_number', 'name', 'code']

/** Lists the texts that reveal an object outside of the access scope: ids, names, addresses, numbers, PINs. */
export function listForeignMarks(truth: WorkspaceFacts, visibleIds: VisibleIds): Ids {
  const mine = new Set<string>()
  const foreign = new Set<string>()
  for (const type of nodeTypes)
    for (const [id, row] of truth.rows[type]) {
      const texts = identifyingFields.map((key) => row[key]).filter((text) => typeof text === 'string')
      const marks = [id, encodeNodeId(type, id), ...texts]
      for (const mark of marks) (visibleIds[type].has(id) ? mine : foreign).add(mark)
    }
  return foreign.difference(mine)
}
