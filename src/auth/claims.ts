import type { JWTPayload } from 'jose'
import { parseId } from '../model/ids.ts'
import { type GraphName, notForPartners, type Scope, scopes, type Viewer } from './viewer.ts'

/** A token of the right issuer whose claims can't be read. The message names the claim, never its value. */
export class BadClaim extends Error {
  override readonly name = 'BadClaim'
  readonly code = 'BAD_CLAIM'
}

/** Longer subjects are no names. */
const subjectAtMost = 200

/**
 * The viewer that a verified token's claims describe:
 *
 * - `sub` names them, as `jwt:<sub>`, so that no token passes for a key of that name in the audit;
 * - `scope` lists scopes, divided by spaces (RFC 8693, 4.2). Those that aren't ours are skipped; without the claim there are none;
 * - `latchkey_systems`, a list of systems' ids, narrows them to these. Without it: all systems. Empty: none;
 * - `latchkey_resident`, an ACS user's id, narrows them to that person. With both, what is in both.
 *
 * - `latchkey_graph`, `partner` or `whole`, is which graph they ask. Without it: the whole one. With the partners' one, the scopes that
 *   are not for partners are skipped.
 *
 * Ids are Seam's, or the graph's. Throws `BadClaim` for a claim that is there and isn't of that form: what was meant to narrow must not
 * be skipped.
 */
export function viewerOfClaims(claims: JWTPayload): Viewer {
  const graph = graphOf(claims.latchkey_graph)
  return {
    name: `jwt:${subjectOf(claims.sub)}`,
    scopes: scopesOf(claims.scope, graph),
    reach: {
      acsSystemIds: systemsOf(claims.latchkey_systems),
      residentId: residentOf(claims.latchkey_resident),
    },
    graph,
    isDemo: false,
    expiresAt: new Date(Number(claims.exp) * 1000).toISOString(),
    keyId: null,
  }
}

function subjectOf(sub: unknown): string {
  if (typeof sub !== 'string' || sub === '' || sub.length > subjectAtMost)
    throw new BadClaim(`sub must be a text of 1 to ${subjectAtMost} characters.`)
  return sub
}

function graphOf(claim: unknown): GraphName {
  if (claim === undefined) return 'whole'
  if (claim === 'whole' || claim === 'partner') return claim
  throw new BadClaim('latchkey_graph must be whole or partner.')
}

function scopesOf(claim: unknown, graph: GraphName): ReadonlySet<Scope> {
  if (claim === undefined) return new Set()
  if (typeof claim !== 'string') throw new BadClaim('scope must be a text of scopes divided by spaces.')
  const given = claim.split(' ')
  const offered = graph === 'whole' ? scopes : scopes.filter((scope) => !notForPartners.includes(scope))
  return new Set(offered.filter((scope) => given.includes(scope)))
}

function systemsOf(claim: unknown): Viewer['reach']['acsSystemIds'] {
  if (claim === undefined) return null
  const refuse = (): never => {
    throw new BadClaim('latchkey_systems must be a list of ids of ACS systems.')
  }
  if (!Array.isArray(claim)) return refuse()
  return new Set(
    claim.map((id: unknown) => (typeof id === 'string' ? parseId('AcsSystem', id) : null) ?? refuse()),
  )
}

function residentOf(claim: unknown): Viewer['reach']['residentId'] {
  if (claim === undefined) return null
  const id = typeof claim === 'string' ? parseId('AcsUser', claim) : null
  if (id === null) throw new BadClaim('latchkey_resident must be the id of an ACS user.')
  return id
}
