import type { NodeType } from '../../src/model/ids.ts'

/**
 * What each field of the graph may show, and to which viewers. The suite fails for a field without a rule, so that no field is shown by
 * mistake.
 *
 * - `own`: a value of the object itself; a viewer that sees the object sees the value
 * - `{ scope }`: `null` without that scope
 * - `edge`: exactly those related objects (`WorkspaceFacts.edges`) that are in the access scope
 * - `within`: refers to other objects, all of them in the access scope
 * - `{ list }`, `{ one }`: all objects of a type in the access scope; one of them by its id
 * - `frame`: shows no value itself; its fields have rules
 * - `viewer`: describes the viewer
 * - `feed`: changes of objects in the access scope
 * - `act`: changes objects in the access scope
 * - `mine`: concerns what belongs to the viewer's own API key
 */
export type FieldRule =
  | 'own'
  | 'edge'
  | 'within'
  | 'frame'
  | 'viewer'
  | 'feed'
  | 'act'
  | 'mine'
  | { readonly scope: string }
  | { readonly list: NodeType }
  | { readonly one: NodeType | 'any' }

type Rules = Readonly<Record<string, FieldRule>>

const each = (rule: FieldRule, names: string): Rules =>
  Object.fromEntries(names.split(' ').map((name) => [name, rule]))
const own = (names: string): Rules => each('own', names)
const frame = (names: string): Rules => each('frame', names)

const node = own('id seamId createdAt')
const issues = frame('errors warnings')
const change: Rules = {
  ...own('id cursor kind occurredAt origin seamEventId subjectId'),
  actor: { scope: 'audit' },
}
const connection = frame('edges nodes pageInfo totalCount')
const edge: Rules = { ...own('cursor'), ...frame('node') }
const feed: Rules = { ...own('cursor'), ...frame('gap changes') }
const outcome: Rules = { ...own('cursor'), ...frame('userErrors') }

export const fieldRules: Readonly<Record<string, Rules>> = {
  Query: {
    ...own('cursor'),
    viewer: 'viewer',
    node: { one: 'any' },
    nodes: { one: 'any' },
    acsSystem: { one: 'AcsSystem' },
    acsUser: { one: 'AcsUser' },
    acsEntrance: { one: 'AcsEntrance' },
    acsCredential: { one: 'AcsCredential' },
    userIdentity: { one: 'UserIdentity' },
    connectedAccount: { one: 'ConnectedAccount' },
    connectWebview: { one: 'ConnectWebview' },
    acsSystems: { list: 'AcsSystem' },
    acsUsers: { list: 'AcsUser' },
    acsEntrances: { list: 'AcsEntrance' },
    acsCredentials: { list: 'AcsCredential' },
    connectedAccounts: { list: 'ConnectedAccount' },
    accessCheck: 'within',
    scheduledMoveOuts: 'frame',
    changes: 'feed',
    auditTrail: { scope: 'audit' },
    ...each('mine', 'webhookEndpoint webhookEndpoints'),
    apiKeys: { scope: 'admin' },
    gateway: { scope: 'admin' },
    _service: 'frame',
    _entities: { one: 'any' },
  },
  Subscription: each('feed', 'changes credentialChanges userChanges entranceChanges connectionChanges'),
  Mutation: {
    ...each(
      'act',
      'createAcsUser createClientSession createConnectWebview createUserIdentity deleteAcsUser deleteConnectedAccount issueCode issueMobileKey cancelMoveOut moveIn moveInMany moveOut revokeClientSession revokeCredential suspendAcsUser unsuspendAcsUser updateAcsUser updateCredential',
    ),
    ...each(
      'mine',
      'createWebhookEndpoint deleteWebhookEndpoint pauseWebhookEndpoint resumeWebhookEndpoint rotateWebhookSecret sendTestWebhook updateWebhookEndpoint',
    ),
    createApiKey: { scope: 'admin' },
    updateApiKey: { scope: 'admin' },
    revokeApiKey: { scope: 'admin' },
  },
  Node: own('id'),
  AcsSystem: {
    ...node,
    ...issues,
    ...own('name externalType timeZone'),
    ...frame('capabilities sync'),
    ...each('edge', 'connectedAccount users entrances credentials'),
  },
  AcsUser: {
    ...node,
    ...issues,
    ...own('fullName displayName emailAddress phoneNumber isSuspended'),
    ...frame('accessSchedule scheduledMoveOut'),
    ...each('edge', 'acsSystem userIdentity credentials accessibleEntrances'),
  },
  AcsEntrance: {
    ...node,
    ...frame('errors latch unlockWith'),
    ...own('displayName'),
    ...each('edge', 'acsSystem credentials users'),
  },
  AcsCredential: {
    ...node,
    ...issues,
    ...own('accessMethod codeState displayName endsAt isIssued isMultiPhoneSync issuedAt seamAccessMethod'),
    ...own('startsAt status'),
    code: { scope: 'codes:read' },
    ...each('edge', 'acsSystem acsUser entrances'),
  },
  UserIdentity: {
    ...node,
    ...issues,
    ...own('key fullName displayName emailAddress phoneNumber'),
    ...each('edge', 'acsUsers'),
  },
  ConnectedAccount: {
    ...node,
    ...issues,
    ...own('displayName accountType state'),
    ...each('edge', 'acsSystems'),
  },
  ConnectWebview: {
    ...node,
    ...own('status authorizedAt'),
    url: { scope: 'connections:write' },
    ...each('edge', 'connectedAccount'),
  },
  AcsSystemConnection: connection,
  AcsUserConnection: connection,
  AcsEntranceConnection: connection,
  AcsCredentialConnection: connection,
  ConnectedAccountConnection: connection,
  ScheduledMoveOutConnection: connection,
  ChangeConnection: connection,
  AcsSystemEdge: edge,
  AcsUserEdge: edge,
  AcsEntranceEdge: edge,
  AcsCredentialEdge: edge,
  ConnectedAccountEdge: edge,
  ScheduledMoveOutEdge: edge,
  ChangeEdge: edge,
  PageInfo: own('startCursor endCursor hasNextPage hasPreviousPage'),
  AccessCheck: { ...own('allowed cursor'), ...frame('reasons'), via: 'within' },
  AccessReason: { ...own('blocking code message'), ...frame('issue'), credential: 'within' },
  AccessSchedule: own('startsAt endsAt'),
  ScheduledMoveOut: { ...own('at keepUser requestedAt'), acsUser: 'within' },
  AcsSystemCapabilities: frame('customCodes mobileKeys remoteCodes remoteUnlock syncIn'),
  Capability: own('reason support'),
  Issue: own('advice code message since'),
  LatchEntrance: own('accessibilityType doorName doorType isConnected'),
  SyncState: own('complete detail lagMs state syncedAt'),
  UnlockMethods: own('code mobileKey'),
  _Service: own('sdl'),
  Viewer: { ...each('viewer', 'expiresAt isDemo name scopes'), ...frame('reach') },
  Reach: { ...each('viewer', 'allSystems'), acsSystems: { list: 'AcsSystem' }, resident: 'within' },
  Change: change,
  CredentialChange: {
    ...change,
    ...own('changedFields credentialId recordedAcsUserId recordedAcsEntranceIds recordedAccessMethod'),
    ...each('within', 'credential recordedAcsUser'),
  },
  UserChange: { ...change, ...own('changedFields acsUserId'), acsUser: 'within' },
  EntranceChange: { ...change, ...own('changedFields acsEntranceId'), acsEntrance: 'within' },
  ConnectionChange: {
    ...change,
    ...frame('problem'),
    ...each('within', 'connectedAccount acsSystem connectWebview'),
  },
  ChangeFeed: feed,
  CredentialFeed: feed,
  UserFeed: feed,
  EntranceFeed: feed,
  ConnectionFeed: feed,
  Gap: own('missed reason'),
  AuditRecordConnection: connection,
  AuditRecordEdge: edge,
  AuditRecord: {
    ...own('acsSystemIds acsUserId action actor actorKind at id outcome targetId targetType'),
    ...frame('details'),
  },
  AuditDetail: own('name value'),
  UserError: own('code field message userIdentityId'),
  UserErrorPayload: frame('userErrors'),
  CreateAcsUserPayload: { ...outcome, ...own('acsUserId'), acsUser: 'within' },
  CreateClientSessionPayload: { ...outcome, ...own('clientSessionId expiresAt token') },
  RevokeClientSessionPayload: { ...outcome, ...own('clientSessionIds') },
  CreateConnectWebviewPayload: { ...outcome, connectWebview: 'within' },
  CreateUserIdentityPayload: { ...outcome, userIdentity: 'within' },
  DeleteAcsUserPayload: { ...outcome, ...own('acsUserId deletedId') },
  DeleteConnectedAccountPayload: { ...outcome, ...own('connectedAccountId deletedId') },
  IssueCodePayload: { ...outcome, ...own('acsCredentialId'), acsCredential: 'within' },
  IssueMobileKeyPayload: { ...outcome, ...own('acsCredentialId'), acsCredential: 'within' },
  MoveInManyPayload: { ...outcome, ...frame('results') },
  MoveInPayload: {
    ...outcome,
    ...own('acsUserId'),
    ...frame('steps'),
    ...each('within', 'acsCredentials acsUser'),
  },
  MoveOutPayload: { ...outcome, ...own('acsUserId deletedId scheduledAt'), ...frame('steps') },
  CancelMoveOutPayload: {
    ...outcome,
    ...own('acsUserId'),
    ...frame('steps'),
    ...each('within', 'acsCredentials acsUser'),
  },
  MoveStep: own('message name status'),
  RevokeCredentialPayload: { ...outcome, ...own('acsCredentialId deletedId') },
  SuspendAcsUserPayload: { ...outcome, ...own('acsUserId'), acsUser: 'within' },
  UnsuspendAcsUserPayload: { ...outcome, ...own('acsUserId'), acsUser: 'within' },
  UpdateAcsUserPayload: { ...outcome, ...own('acsUserId'), acsUser: 'within' },
  UpdateCredentialPayload: {
    ...outcome,
    ...own('acsCredentialId deletedId replaced'),
    acsCredential: 'within',
  },
  WebhookEndpoint: {
    ...own('createdAt description failingSince id isOwn lastDeliveredAt nextTryAt parallel state'),
    ...own('stopReason url'),
    ...frame('failure filter lag'),
  },
  WebhookFailure: own('at message status'),
  WebhookLag: own('isLowerBound oldestUndeliveredAt undeliveredCount'),
  WebhookFilter: own('acsEntranceId acsSystemId acsUserId kinds origins subjects'),
  CreateWebhookEndpointPayload: { ...frame('userErrors'), ...each('mine', 'secret webhookEndpoint') },
  DeleteWebhookEndpointPayload: { ...frame('userErrors'), ...each('mine', 'webhookEndpointId') },
  PauseWebhookEndpointPayload: { ...frame('userErrors'), ...each('mine', 'webhookEndpoint') },
  ResumeWebhookEndpointPayload: { ...frame('userErrors'), ...each('mine', 'webhookEndpoint') },
  RotateWebhookSecretPayload: { ...frame('userErrors'), ...each('mine', 'secret webhookEndpoint') },
  SendTestWebhookPayload: { ...frame('userErrors'), ...each('mine', 'result') },
  WebhookTestResult: own('failure isDelivered messageId sentAt status'),
  ApiKey: own('acsSystemIds acsUserId createdAt expiresAt graph id name scopes'),
  CreateApiKeyPayload: { ...frame('userErrors record'), ...own('apiKey') },
  UpdateApiKeyPayload: frame('userErrors record'),
  RevokeApiKeyPayload: { ...frame('userErrors'), ...own('apiKeyId') },
  Gateway: {
    ...own('isJournalHealthy isReady journalFloor journalHead reconciledAt runningSeamCalls startedAt'),
    ...own('storage subscriberCount version waitingSeamCalls webhookStatus'),
    ...frame('refusedWebhooks'),
  },
  RefusedWebhooks: own('count reason'),
  UpdateWebhookEndpointPayload: { ...frame('userErrors'), ...each('mine', 'webhookEndpoint') },
}

/**
 * The rule of each argument and input field. The suite fails for one without a rule.
 *
 * - `{ id }`: the id of an object: one outside of the access scope must be treated as if it did not exist
 * - `{ search }`: searches values of objects of a type
 * - `page`, `feed`: a page size, or a cursor that the gateway returned before
 * - `input`: an input object; its fields have rules
 * - `plain`: a value or filter that refers to no object outside of the access scope
 * - `mine`: the id of what belongs to the viewer's own API key: one of another API key must be treated as if it did not exist
 * - `admin`: the id of an object that only administrators of the whole workspace can see; no other viewer gets a result
 * - `{ test }`: names objects in another form: the file tests that those outside of the access scope are treated as if they did not exist
 */
export type ArgumentRule =
  | 'plain'
  | 'page'
  | 'feed'
  | 'input'
  | 'mine'
  | 'admin'
  | { readonly id: NodeType | 'any' }
  | { readonly search: NodeType }
  | { readonly test: string }

const ids: Readonly<Record<string, ArgumentRule>> = {
  acsSystemId: { id: 'AcsSystem' },
  acsUserId: { id: 'AcsUser' },
  acsEntranceId: { id: 'AcsEntrance' },
  acsCredentialId: { id: 'AcsCredential' },
  userIdentityId: { id: 'UserIdentity' },
  connectedAccountId: { id: 'ConnectedAccount' },
  acsSystemIds: { id: 'AcsSystem' },
  acsEntranceIds: { id: 'AcsEntrance' },
  codeAcsEntranceIds: { id: 'AcsEntrance' },
  mobileKeyAcsEntranceIds: { id: 'AcsEntrance' },
}
const common: Readonly<Record<string, ArgumentRule>> = {
  ...ids,
  first: 'page',
  last: 'page',
  filter: 'input',
  input: 'input',
  people: 'input',
  accessSchedule: 'input',
  orderBy: 'plain',
  at: 'plain',
  activeAt: 'plain',
  endsBefore: 'plain',
  accessMethod: 'plain',
  status: 'plain',
  isConnected: 'plain',
  isSuspended: 'plain',
  kinds: 'plain',
  origins: 'plain',
  subjects: 'plain',
  startsAt: 'plain',
  endsAt: 'plain',
  expiresAt: 'plain',
  fullName: 'plain',
  emailAddress: 'plain',
  phoneNumber: 'plain',
  idempotencyKey: 'plain',
  keepUser: 'plain',
  dryRun: 'plain',
  userIdentityKey: 'plain',
  sameUser: 'plain',
  customRedirectUrl: 'plain',
  customRedirectFailureUrl: 'plain',
  url: 'plain',
  parallel: 'plain',
  description: 'plain',
  webhookEndpointId: 'mine',
}
const special: Readonly<Record<string, ArgumentRule>> = {
  'Query.node.id': { id: 'any' },
  'Query.nodes.ids': { id: 'any' },
  'Query.acsSystem.id': { id: 'AcsSystem' },
  'Query.acsUser.id': { id: 'AcsUser' },
  'Query.acsEntrance.id': { id: 'AcsEntrance' },
  'Query.acsCredential.id': { id: 'AcsCredential' },
  'Query.userIdentity.id': { id: 'UserIdentity' },
  'Query.connectedAccount.id': { id: 'ConnectedAccount' },
  'Query.connectWebview.id': { id: 'ConnectWebview' },
  'Query.webhookEndpoint.id': 'mine',
  'Query._entities.representations': { test: 'test/schema/federation.test.ts' },
  'ScheduledMoveOutFilter.before': 'plain',
  'RevokeClientSessionInput.clientSessionId': { test: 'test/commands/definitions/client-sessions.test.ts' },
  'CreateApiKeyInput.name': 'plain',
  'CreateApiKeyInput.scopes': 'plain',
  'CreateApiKeyInput.graph': 'plain',
  'UpdateApiKeyInput.apiKeyId': 'admin',
  'UpdateApiKeyInput.scopes': 'plain',
  'RevokeApiKeyInput.apiKeyId': 'admin',
  'AuditFilter.actor': 'plain',
  'AuditFilter.action': 'plain',
  'AuditFilter.since': 'plain',
  'AuditFilter.until': 'plain',
  // These only filter records in the access scope.
  'AuditFilter.targetId': 'plain',
  'AuditFilter.acsUserId': 'plain',
  'AcsUserFilter.search': { search: 'AcsUser' },
  'AcsEntranceFilter.search': { search: 'AcsEntrance' },
}

/** Returns the rule of `Type.field.argument` or `Input.field`; `type` is the type as the schema prints it. */
export function argumentRule(coordinate: string, type: string): ArgumentRule | undefined {
  const name = coordinate.split('.').at(-1) ?? ''
  if (special[coordinate] === undefined && (name === 'after' || name === 'before'))
    return type === 'Cursor' ? 'feed' : 'page'
  return special[coordinate] ?? common[name]
}
