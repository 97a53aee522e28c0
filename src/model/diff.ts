import { emailComparisonKey, phoneComparisonKey } from './contacts.ts'
import type { AcsCredential, AcsEntrance, AcsSystem, AcsUser, ConnectedAccount, Issue } from './entities.ts'
import type { AcsCredentialId, AcsEntranceId } from './ids.ts'
import { timeSortKey } from './time.ts'

/**
 * The fields of a row that can change, by the names of the graph's fields. Two texts are equal exactly if the values are equal: times, phone
 * numbers and email addresses are normalized. Never contains a PIN or a value derived from a PIN. A name that starts with `~` is not a field
 * of the graph; it selects the kind of change that a difference is recorded as.
 */
export type ComparableFields = Readonly<Record<string, string>>

/** Whether an ACS system or a connected account is connected. Not a field of the graph: recorded as a change CONNECTED or DISCONNECTED. */
export const connectedField = '~connected'

export function comparableUserFields(row: AcsUser): ComparableFields {
  return {
    displayName: toText(row.displayName),
    fullName: toText(row.fullName),
    emailAddress: toText(row.emailAddress && emailComparisonKey(row.emailAddress)),
    phoneNumber: toText(row.phoneNumber && phoneComparisonKey(row.phoneNumber)),
    isSuspended: toText(row.isSuspended),
    accessSchedule: toText(
      row.accessSchedule && [row.accessSchedule.startsAt, row.accessSchedule.endsAt].map(instantKey),
    ),
    userIdentity: toText(row.userIdentityId),
    ...comparableIssueFields(row.errors, row.warnings),
  }
}

export function comparableEntranceFields(row: AcsEntrance): ComparableFields {
  const { latch } = row
  return {
    displayName: toText(row.displayName),
    unlockWith: toText([row.canUnlockWithCode, row.canUnlockWithMobileKey]),
    latch: toText(latch && [latch.doorName, latch.doorType, latch.accessibilityType, latch.isConnected]),
    ...comparableIssueFields(row.errors, row.warnings),
  }
}

export function comparableCredentialFields(row: AcsCredential): ComparableFields {
  return {
    displayName: toText(row.displayName),
    accessMethod: toText(row.accessMethod),
    isMultiPhoneSync: toText(row.isMultiPhoneSync),
    codeState: toText(
      row.code !== null || row.isCodeAtSeam === true
        ? 'THERE'
        : row.accessMethod === 'code'
          ? 'PENDING'
          : 'NONE',
    ),
    startsAt: toText(instantKey(row.startsAt)),
    endsAt: toText(instantKey(row.endsAt)),
    isIssued: toText(row.isIssued),
    issuedAt: toText(instantKey(row.issuedAt)),
    acsUser: toText(row.acsUserId),
    // The warning `waiting_to_be_issued` repeats `isIssued`, and disappears together with it.
    ...comparableIssueFields(
      row.errors,
      row.warnings.filter((warning) => warning.code !== 'waiting_to_be_issued'),
    ),
  }
}

export function comparableSystemFields(row: AcsSystem): ComparableFields {
  return {
    name: toText(row.name),
    externalType: toText(row.externalType),
    timeZone: toText(row.timeZone),
    connectedAccount: toText(row.connectedAccountId),
    ...comparableIssueFields(row.errors, row.warnings),
    [connectedField]: toText(findDisconnection(row.errors) === null),
  }
}

export function comparableAccountFields(row: ConnectedAccount): ComparableFields {
  return {
    displayName: toText(row.displayName),
    accountType: toText(row.accountType),
    ...comparableIssueFields(row.errors, row.warnings),
    [connectedField]: toText(findDisconnection(row.errors) === null),
  }
}

/**
 * Returns the error which means that a connection is down, or `null` if there is none (facts: `account_disconnected`,
 * `acs_system_disconnected` and other codes with this ending).
 */
export function findDisconnection(errors: readonly Issue[]): Issue | null {
  return errors.find((error) => error.code.endsWith('disconnected')) ?? null
}

/** Returns the names of the fields that differ, in the order of `after`. Ignores a field that only one side has: the other did not read it. */
export function changedFieldNames(before: ComparableFields, after: ComparableFields): string[] {
  return Object.keys(after).filter((name) => Object.hasOwn(before, name) && before[name] !== after[name])
}

/** The ACS user that a credential is assigned to, and the entrances that the credential unlocks. */
export type CredentialAccess = {
  readonly acsUserId: string | null
  readonly acsEntranceIds: readonly AcsEntranceId[]
}

/** ACS user and entrances of each credential. */
export type AccessEdges = ReadonlyMap<AcsCredentialId, CredentialAccess>

/** Names of the fields that differ, by credential and by entrance. */
export type AccessDifferences = {
  readonly credentials: ReadonlyMap<AcsCredentialId, readonly string[]>
  readonly entrances: ReadonlyMap<AcsEntranceId, readonly string[]>
}

/** Number of credentials that are compared between two yields. */
const credentialsPerStep = 500

/**
 * Compares which credentials unlock which entrances: returns `entrances` for a credential, and `credentials` and `users` for an entrance.
 * Compares only credentials that exist on both sides, because the creation or deletion of a credential is a change of its own. Yields
 * regularly, so that the caller can let other work run during the comparison of a large ACS system.
 */
export function* diffAccess(before: AccessEdges, after: AccessEdges): Generator<void, AccessDifferences> {
  const credentials = new Map<AcsCredentialId, readonly string[]>()
  const entranceAccessBefore = new Map<AcsEntranceId, EntranceAccess>()
  const entranceAccessAfter = new Map<AcsEntranceId, EntranceAccess>()
  let visitedCount = 0
  for (const [id, accessAfter] of after) {
    if (++visitedCount % credentialsPerStep === 0) yield
    const accessBefore = before.get(id)
    if (accessBefore === undefined) continue
    if (!isSameSet(new Set(accessBefore.acsEntranceIds), new Set(accessAfter.acsEntranceIds)))
      credentials.set(id, ['entrances'])
    addEntranceAccess(entranceAccessBefore, id, accessBefore)
    addEntranceAccess(entranceAccessAfter, id, accessAfter)
  }
  const entrances = new Map<AcsEntranceId, readonly string[]>()
  for (const id of new Set([...entranceAccessBefore.keys(), ...entranceAccessAfter.keys()])) {
    // One entrance may be unlocked by every credential.
    yield
    const fields = changedEntranceFields(
      entranceAccessBefore.get(id) ?? noEntranceAccess,
      entranceAccessAfter.get(id) ?? noEntranceAccess,
    )
    if (fields.length > 0) entrances.set(id, fields)
  }
  return { credentials, entrances }
}

/** The credentials that unlock an entrance, and their ACS users. */
type EntranceAccess = { readonly credentials: Set<string>; readonly users: Set<string> }
const noEntranceAccess: EntranceAccess = { credentials: new Set(), users: new Set() }

function addEntranceAccess(
  accessByEntrance: Map<AcsEntranceId, EntranceAccess>,
  id: AcsCredentialId,
  access: CredentialAccess,
): void {
  for (const entrance of access.acsEntranceIds) {
    const entranceAccess = accessByEntrance.get(entrance) ?? { credentials: new Set(), users: new Set() }
    accessByEntrance.set(entrance, entranceAccess)
    entranceAccess.credentials.add(id)
    if (access.acsUserId) entranceAccess.users.add(access.acsUserId)
  }
}

function changedEntranceFields(before: EntranceAccess, after: EntranceAccess): string[] {
  const fields: string[] = []
  if (!isSameSet(before.credentials, after.credentials)) fields.push('credentials')
  if (!isSameSet(before.users, after.users)) fields.push('users')
  return fields
}

function isSameSet(left: ReadonlySet<string>, right: ReadonlySet<string>): boolean {
  return left.size === right.size && left.isSubsetOf(right)
}

function comparableIssueFields(
  errors: readonly Issue[],
  warnings: readonly Issue[],
): { errors: string; warnings: string } {
  return { errors: issuesText(errors), warnings: issuesText(warnings) }
}

/** Ignores the order and the start times of issues: Seam guarantees neither. */
function issuesText(issues: readonly Issue[]): string {
  return toText(issues.map(({ code, message }) => toText([code, message])).sort())
}

/** Normalizes a time: the same instant has the same text, whatever fraction digits and offset Seam writes it with. */
function instantKey(time: string | null): string | null {
  return time === null ? null : timeSortKey(time)
}

function toText(value: unknown): string {
  return JSON.stringify(value)
}

/** Kinds of rows that have comparable fields. */
export const rowKinds = ['SYSTEM', 'ACCOUNT', 'USER', 'ENTRANCE', 'CREDENTIAL'] as const
export type RowKind = (typeof rowKinds)[number]
