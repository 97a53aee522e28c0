import type { AcsCredential, AcsEntrance, AcsSystem, AcsUser, ConnectedAccount, Issue } from './entities.ts'
import type { AcsCredentialId, AcsEntranceId } from './ids.ts'

/**
 * What of a row can become different, by the names of the graph's fields, each as a text that is equal exactly when the field is. A
 * PIN is never among them, nor anything made of it. A name with `~` in front is no field of the graph: it tells which kind of change
 * a difference is.
 */
export type Facets = Readonly<Record<string, string>>

/** Whether a system or account is connected: not a field by itself, and told as CONNECTED or DISCONNECTED. */
export const connected = '~connected'

export function userFacets(row: AcsUser): Facets {
  return {
    displayName: text(row.displayName),
    fullName: text(row.fullName),
    emailAddress: text(row.emailAddress),
    phoneNumber: text(row.phoneNumber),
    isSuspended: text(row.isSuspended),
    accessSchedule: text(row.accessSchedule && [row.accessSchedule.startsAt, row.accessSchedule.endsAt]),
    userIdentity: text(row.userIdentityId),
    ...issueFacets(row.errors, row.warnings),
  }
}

export function entranceFacets(row: AcsEntrance): Facets {
  const { latch } = row
  return {
    displayName: text(row.displayName),
    unlockWith: text([row.canUnlockWithCode, row.canUnlockWithMobileKey]),
    latch: text(latch && [latch.doorName, latch.doorType, latch.accessibilityType, latch.isConnected]),
    ...issueFacets(row.errors, row.warnings),
  }
}

export function credentialFacets(row: AcsCredential): Facets {
  return {
    displayName: text(row.displayName),
    accessMethod: text(row.accessMethod),
    isMultiPhoneSync: text(row.isMultiPhoneSync),
    codeState: text(
      row.code !== null || row.isCodeAtSeam === true
        ? 'THERE'
        : row.accessMethod === 'code'
          ? 'PENDING'
          : 'NONE',
    ),
    startsAt: text(row.startsAt),
    endsAt: text(row.endsAt),
    isIssued: text(row.isIssued),
    issuedAt: text(row.issuedAt),
    acsUser: text(row.acsUserId),
    // Says the same as `isIssued`, and goes away with it.
    ...issueFacets(
      row.errors,
      row.warnings.filter((warning) => warning.code !== 'waiting_to_be_issued'),
    ),
  }
}

export function systemFacets(row: AcsSystem): Facets {
  return {
    name: text(row.name),
    externalType: text(row.externalType),
    timeZone: text(row.timeZone),
    connectedAccount: text(row.connectedAccountId),
    ...issueFacets(row.errors, row.warnings),
    [connected]: text(disconnection(row.errors) === null),
  }
}

export function accountFacets(row: ConnectedAccount): Facets {
  return {
    displayName: text(row.displayName),
    accountType: text(row.accountType),
    ...issueFacets(row.errors, row.warnings),
    [connected]: text(disconnection(row.errors) === null),
  }
}

/** The error that says a connection is down (facts: `account_disconnected`, `acs_system_disconnected` and others so named). */
export function disconnection(errors: readonly Issue[]): Issue | null {
  return errors.find((error) => error.code.endsWith('disconnected')) ?? null
}

/** The names that differ, in the order of `after`. What only one of them has says nothing: it was not looked at then. */
export function differing(before: Facets, after: Facets): string[] {
  return Object.keys(after).filter((name) => Object.hasOwn(before, name) && before[name] !== after[name])
}

/** Whose a credential is and what it opens. */
export type Opening = { readonly owner: string | null; readonly entrances: readonly AcsEntranceId[] }

/** Who opens what, by credential. */
export type Edges = ReadonlyMap<AcsCredentialId, Opening>

/** Fields that differ, by the row that has them. */
export type EdgeDifferences = {
  readonly credentials: ReadonlyMap<AcsCredentialId, readonly string[]>
  readonly entrances: ReadonlyMap<AcsEntranceId, readonly string[]>
}

/**
 * What differs of who opens what: `entrances` on a credential; `credentials` and `users` on an entrance. Of credentials that were there
 * before and still are: those that came or went are changes themselves.
 */
export function differingEdges(before: Edges, after: Edges): EdgeDifferences {
  const stayed = [...after.keys()].filter((id) => before.has(id))
  const credentials = new Map<AcsCredentialId, readonly string[]>()
  for (const id of stayed) {
    const [was, is] = [before.get(id)?.entrances ?? [], after.get(id)?.entrances ?? []]
    if (!sameSet(was, is)) credentials.set(id, ['entrances'])
  }
  const [was, is] = [byEntrance(before, stayed), byEntrance(after, stayed)]
  const entrances = new Map<AcsEntranceId, readonly string[]>()
  for (const id of new Set([...was.keys(), ...is.keys()])) {
    const fields = entranceFields(was.get(id), is.get(id))
    if (fields.length > 0) entrances.set(id, fields)
  }
  return { credentials, entrances }
}

type Openers = { readonly credentials: Set<string>; readonly users: Set<string> }

function byEntrance(edges: Edges, ids: readonly AcsCredentialId[]): Map<AcsEntranceId, Openers> {
  const openers = new Map<AcsEntranceId, Openers>()
  for (const id of ids) {
    const opening = edges.get(id)
    for (const entrance of opening?.entrances ?? []) {
      const here = openers.get(entrance) ?? { credentials: new Set(), users: new Set() }
      openers.set(entrance, here)
      here.credentials.add(id)
      if (opening?.owner) here.users.add(opening.owner)
    }
  }
  return openers
}

function entranceFields(was: Openers | undefined, is: Openers | undefined): string[] {
  const fields: string[] = []
  if (!sameSet(was?.credentials ?? [], is?.credentials ?? [])) fields.push('credentials')
  if (!sameSet(was?.users ?? [], is?.users ?? [])) fields.push('users')
  return fields
}

function sameSet(some: Iterable<string>, others: Iterable<string>): boolean {
  const [left, right] = [new Set(some), new Set(others)]
  return left.size === right.size && left.isSubsetOf(right)
}

function issueFacets(
  errors: readonly Issue[],
  warnings: readonly Issue[],
): { errors: string; warnings: string } {
  return { errors: issuesText(errors), warnings: issuesText(warnings) }
}

/** In no particular order, and whenever they began: Seam promises neither. */
function issuesText(issues: readonly Issue[]): string {
  return text(issues.map(({ code, message }) => text([code, message])).sort())
}

function text(value: unknown): string {
  return JSON.stringify(value)
}
