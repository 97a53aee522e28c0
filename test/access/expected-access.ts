import { encodeNodeId, type NodeType, nodeTypes } from '../../src/model/ids.ts'
import { callSandbox } from '../support/sandbox-client.ts'
import type { World } from '../support/world.ts'

type Row = Readonly<Record<string, unknown>>
type Ids = ReadonlySet<string>

/** What a viewer is bound to, as it's written into keys and tokens. */
export type ScopeBounds = { readonly systems: readonly string[] | null; readonly resident: string | null }

/** Everything there is, read from the building behind the gateway's back, and who is whose. */
export type WorkspaceFacts = {
  readonly rows: Readonly<Record<NodeType, ReadonlyMap<string, Row>>>
  /** The ids that an edge of the graph names, from one thing's id, to somebody who sees everything. */
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
  const opens = new Map<string, Ids>()
  for (const acs_credential_id of rows.AcsCredential.keys()) {
    const route = 'acs/credentials/list_accessible_entrances'
    const { acs_entrances } = await callSandbox<{ acs_entrances: Row[] }>(world, route, { acs_credential_id })
    opens.set(acs_credential_id, new Set(acs_entrances.map((row) => String(row.acs_entrance_id))))
  }
  return { rows, edges: edgesOf(rows, opens) }
}

function edgesOf(rows: WorkspaceFacts['rows'], opens: ReadonlyMap<string, Ids>): WorkspaceFacts['edges'] {
  /** The thing that a row names by its id. */
  const up = (from: NodeType, to: NodeType) => (id: string) => {
    const named = rows[from].get(id)?.[idKeys[to]]
    return new Set(typeof named === 'string' && rows[to].has(named) ? [named] : [])
  }
  /** The things whose rows name this one. */
  const down = (type: NodeType, from: NodeType) => (id: string) =>
    new Set([...rows[from]].filter(([, row]) => row[idKeys[type]] === id).map(([child]) => child))
  const then = (first: (id: string) => Ids, second: (id: string) => Ids) => (id: string) =>
    new Set([...first(id)].flatMap((each) => [...second(each)]))
  const doors = (id: string) => opens.get(id) ?? new Set<string>()
  const openers = (id: string) =>
    new Set([...opens].filter(([, ids]) => ids.has(id)).map(([credential]) => credential))
  return {
    'AcsCredential.acsSystem': up('AcsCredential', 'AcsSystem'),
    'AcsCredential.acsUser': up('AcsCredential', 'AcsUser'),
    'AcsCredential.entrances': doors,
    'AcsEntrance.acsSystem': up('AcsEntrance', 'AcsSystem'),
    'AcsEntrance.credentials': openers,
    'AcsEntrance.users': then(openers, up('AcsCredential', 'AcsUser')),
    'AcsSystem.connectedAccount': up('AcsSystem', 'ConnectedAccount'),
    'AcsSystem.users': down('AcsSystem', 'AcsUser'),
    'AcsSystem.entrances': down('AcsSystem', 'AcsEntrance'),
    'AcsSystem.credentials': down('AcsSystem', 'AcsCredential'),
    'AcsUser.acsSystem': up('AcsUser', 'AcsSystem'),
    'AcsUser.userIdentity': up('AcsUser', 'UserIdentity'),
    'AcsUser.credentials': down('AcsUser', 'AcsCredential'),
    'AcsUser.accessibleEntrances': then(down('AcsUser', 'AcsCredential'), doors),
    'ConnectedAccount.acsSystems': down('ConnectedAccount', 'AcsSystem'),
    'ConnectWebview.connectedAccount': up('ConnectWebview', 'ConnectedAccount'),
    'UserIdentity.acsUsers': down('UserIdentity', 'AcsUser'),
  }
}

/** Which ids of each kind somebody within bounds may know of. Written from what is promised (docs/security.md), not from the code. */
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
    // Somebody who sees everything sees identities without a person, and webviews on which nobody has logged in.
    UserIdentity: bounds.systems === null ? new Set(all('UserIdentity')) : identities,
    AcsCredential: within('AcsCredential', 'AcsCredential.acsSystem', systems),
    AcsEntrance: within('AcsEntrance', 'AcsEntrance.acsSystem', systems),
    ConnectWebview: within('ConnectWebview', 'ConnectWebview.connectedAccount', accounts),
  }
}

const telling = ['full_name', 'display_name', 'email_address', 'phone_number', 'name', 'code']

/** The texts by which somebody would know something that is out of their sight: ids, names, addresses, numbers, PINs. */
export function listForeignMarks(truth: WorkspaceFacts, sight: VisibleIds): Ids {
  const mine = new Set<string>()
  const foreign = new Set<string>()
  for (const type of nodeTypes)
    for (const [id, row] of truth.rows[type]) {
      const texts = telling.map((key) => row[key]).filter((text) => typeof text === 'string')
      const marks = [id, encodeNodeId(type, id), ...texts]
      for (const mark of marks) (sight[type].has(id) ? mine : foreign).add(mark)
    }
  return foreign.difference(mine)
}
