import type { JWTPayload } from 'jose'
import { parseId } from '../../model/ids.ts'
import { type GraphName, type Scope, scopes, scopesNotForPartners, type Viewer } from '../viewer.ts'

/** A token of the configured issuer has an invalid claim. The message names the claim, never its value. */
export class InvalidClaim extends Error {
  override readonly name = 'InvalidClaim'
  readonly code = 'BAD_CLAIM'
}

/** Maximum length of a subject. */
const maxSubjectLength = 200

/**
 * Creates the viewer that the claims of a verified token describe:
 *
 * - `sub` is the name, as `jwt:<sub>`, so that it cannot equal the name of an API key;
 * - `scope` lists scopes, separated by spaces (RFC 8693, 4.2). Unknown scopes are ignored; without the claim there are none;
 * - `latchkey_systems`, a list of IDs, limits the access scope to these ACS systems. Without it: all. Empty: none;
 * - `latchkey_resident`, an ID, limits the access scope to that ACS user. With both claims, both limits apply;
 *
 * - `latchkey_graph` is `partner` or `whole` (default). In the partners' graph, scopes that are not for partners are ignored.
 *
 * IDs are Seam's or the graph's. Throws `InvalidClaim` for a malformed claim, since a limit must not be ignored.
 */
export function readViewer(claims: JWTPayload): Viewer {
  const graph = readGraph(claims.latchkey_graph)
  return {
    name: `jwt:${readSubject(claims.sub)}`,
    scopes: readScopes(claims.scope, graph),
    accessScope: {
      acsSystemIds: readSystemIds(claims.latchkey_systems),
      acsUserId: readAcsUserId(claims.latchkey_resident),
    },
    graph,
    isDemo: false,
    expiresAt: new Date(Number(claims.exp) * 1000).toISOString(),
    apiKeyId: null,
  }
}

function readSubject(sub: unknown): string {
  if (typeof sub !== 'string' || sub === '' || sub.length > maxSubjectLength)
    throw new InvalidClaim(`sub must be a text of 1 to ${maxSubjectLength} characters.`)
  return sub
}

function readGraph(claim: unknown): GraphName {
  if (claim === undefined) return 'whole'
  if (claim === 'whole' || claim === 'partner') return claim
  throw new InvalidClaim('latchkey_graph must be whole or partner.')
}

function readScopes(claim: unknown, graph: GraphName): ReadonlySet<Scope> {
  if (claim === undefined) return new Set()
  if (typeof claim !== 'string') throw new InvalidClaim('scope must be a text of scopes divided by spaces.')
  const given = claim.split(' ')
  const offered = graph === 'whole' ? scopes : scopes.filter((scope) => !scopesNotForPartners.includes(scope))
  return new Set(offered.filter((scope) => given.includes(scope)))
}

function readSystemIds(claim: unknown): Viewer['accessScope']['acsSystemIds'] {
  if (claim === undefined) return null
  const refuse = (): never => {
    throw new InvalidClaim('latchkey_systems must be a list of ids of ACS systems.')
  }
  if (!Array.isArray(claim)) return refuse()
  return new Set(
    claim.map((id: unknown) => (typeof id === 'string' ? parseId('AcsSystem', id) : null) ?? refuse()),
  )
}

function readAcsUserId(claim: unknown): Viewer['accessScope']['acsUserId'] {
  if (claim === undefined) return null
  const id = typeof claim === 'string' ? parseId('AcsUser', claim) : null
  if (id === null) throw new InvalidClaim('latchkey_resident must be the id of an ACS user.')
  return id
}
