import type { AuditActorKind } from '../model/audit.ts'
import type { AcsSystemId, AcsUserId } from '../model/ids.ts'
import { memoizeByObject } from '../model/memoize-by-object.ts'

/** Scopes, as on the command line and in tokens. */
export const scopes = [
  'read',
  'write',
  'codes:read',
  'connections:write',
  'events',
  'audit',
  'admin',
] as const
export type Scope = (typeof scopes)[number]

/** The objects that a viewer can see: everything, some ACS systems, one resident, or one resident within some ACS systems. */
export type AccessScope = {
  readonly acsSystemIds: ReadonlySet<AcsSystemId> | null
  readonly acsUserId: AcsUserId | null
}

/** The whole graph, or the part of it for partners. */
export const graphNames = ['whole', 'partner'] as const
export type GraphName = (typeof graphNames)[number]

/** Scopes that partners cannot have: they concern the gateway itself, its other users, and its connections. */
export const scopesNotForPartners: readonly Scope[] = ['admin', 'audit', 'connections:write']

/** Scopes that subscriptions and webhooks require. */
export const feedScopes: readonly Scope[] = ['read', 'events']

/** The authenticated requester. */
export type Viewer = {
  readonly name: string
  readonly scopes: ReadonlySet<Scope>
  readonly accessScope: AccessScope
  readonly graph: GraphName
  readonly isDemo: boolean
  /** End of the credential (ISO 8601), or `null` for none. */
  readonly expiresAt: string | null
  /** ID of the viewer's API key; `null` for tokens and the demo. */
  readonly apiKeyId: string | null
}

/**
 * Serialises everything about a viewer that can change an answer. Viewers with the same result share executions, and cursors are bound to it.
 * It does not include the name.
 */
export const serializeAccessScope: (viewer: Viewer) => string = memoizeByObject(
  ({ scopes, accessScope: { acsSystemIds, acsUserId }, graph }) => {
    const systems = acsSystemIds === null ? '*' : [...acsSystemIds].sort().join('+')
    const graphPart = graph === 'whole' ? '' : `|${graph}`
    return `${[...scopes].sort().join('+')}|${systems}|${acsUserId ?? '*'}${graphPart}`
  },
)

/** Returns how a viewer authenticated. */
export function toActorKind({ isDemo, apiKeyId }: Pick<Viewer, 'isDemo' | 'apiKeyId'>): AuditActorKind {
  if (isDemo) return 'DEMO'
  return apiKeyId === null ? 'TOKEN' : 'API_KEY'
}
