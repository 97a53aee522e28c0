import type { AcsSystemId, AcsUserId } from '../model/ids.ts'

/** As on the command line and in tokens. */
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

/** What of the workspace a viewer may see: everything, or only some systems, or one resident, or one resident if in some systems. */
export type Reach = {
  readonly acsSystemIds: ReadonlySet<AcsSystemId> | null
  readonly residentId: AcsUserId | null
}

/** Which graph somebody asks: the whole one, or the part of it that is for partners. */
export const graphNames = ['whole', 'partner'] as const
export type GraphName = (typeof graphNames)[number]

/** What a partner may not do: these are about the gateway itself, who else uses it, and how it is connected. */
export const notForPartners: readonly Scope[] = ['admin', 'audit', 'connections:write']

/** Who is asking. */
export type Viewer = {
  readonly name: string
  readonly scopes: ReadonlySet<Scope>
  readonly reach: Reach
  readonly graph: GraphName
  readonly isDemo: boolean
  /** ISO 8601; `null` is never. */
  readonly expiresAt: string | null
  /** Of the API key this viewer came by; `null` for the demo. */
  readonly keyId: string | null
}

/**
 * Two viewers with the same sight see the same bytes. It keys shared executions and binds cursors, so whatever may change an
 * answer belongs in it; the name does not.
 */
export function sightOf(viewer: Viewer): string {
  const systems = viewer.reach.acsSystemIds === null ? '*' : [...viewer.reach.acsSystemIds].sort().join('+')
  const graph = viewer.graph === 'whole' ? '' : `|${viewer.graph}`
  return `${[...viewer.scopes].sort().join('+')}|${systems}|${viewer.reach.residentId ?? '*'}${graph}`
}
