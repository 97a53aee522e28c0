import { emailComparisonKey, phoneComparisonKey } from './contacts.ts'
import type { AcsCredential, AcsEntrance, AcsSystem, AcsUser, ConnectedAccount, Issue } from './entities.ts'
import type { AcsCredentialId, AcsEntranceId } from './ids.ts'
import { timeSortKey } from './time.ts'

/**
 * What of a row can become different, by the names of the graph's fields, each as a text that is equal exactly when the field is: instants,
 * phone numbers and e-mail addresses in one spelling. A
 * PIN is never among them, nor anything made of it. A name with `~` in front is no field of the graph: it tells which kind of change
 * a difference is.
 */
export type ComparableFields = Readonly<Record<string, string>>

/** Whether a system or account is connected: not a field by itself, and told as CONNECTED or DISCONNECTED. */
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
    // Says the same as `isIssued`, and goes away with it.
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

/** The error that says a connection is down (facts: `account_disconnected`, `acs_system_disconnected` and others so named). */
export function findDisconnection(errors: readonly Issue[]): Issue | null {
  return errors.find((error) => error.code.endsWith('disconnected')) ?? null
}

/** The names that differ, in the order of `after`. What only one of them has says nothing: it was not looked at then. */
export function changedFieldNames(before: ComparableFields, after: ComparableFields): string[] {
  return Object.keys(after).filter((name) => Object.hasOwn(before, name) && before[name] !== after[name])
}

/** Whose a credential is and what it opens. */
export type CredentialAccess = {
  readonly acsUserId: string | null
  readonly acsEntranceIds: readonly AcsEntranceId[]
}

/** Who opens what, by credential. */
export type AccessEdges = ReadonlyMap<AcsCredentialId, CredentialAccess>

/** Fields that differ, by the row that has them. */
export type AccessDifferences = {
  readonly credentials: ReadonlyMap<AcsCredentialId, readonly string[]>
  readonly entrances: ReadonlyMap<AcsEntranceId, readonly string[]>
}

/** Credentials that are looked at before a pause. */
const credentialsPerStep = 500

/**
 * What differs of who opens what: `entrances` on a credential; `credentials` and `users` on an entrance. Of credentials that were there
 * before and still are: those that came or went are changes themselves. Pauses now and then, since there may be very many.
 */
export function* diffAccess(before: AccessEdges, after: AccessEdges): Generator<void, AccessDifferences> {
  const credentials = new Map<AcsCredentialId, readonly string[]>()
  const openersBefore = new Map<AcsEntranceId, EntranceOpeners>()
  const openersAfter = new Map<AcsEntranceId, EntranceOpeners>()
  let visitedCount = 0
  for (const [id, accessAfter] of after) {
    if (++visitedCount % credentialsPerStep === 0) yield
    const accessBefore = before.get(id)
    if (accessBefore === undefined) continue
    if (!isSameSet(new Set(accessBefore.acsEntranceIds), new Set(accessAfter.acsEntranceIds)))
      credentials.set(id, ['entrances'])
    addOpener(openersBefore, id, accessBefore)
    addOpener(openersAfter, id, accessAfter)
  }
  const entrances = new Map<AcsEntranceId, readonly string[]>()
  for (const id of new Set([...openersBefore.keys(), ...openersAfter.keys()])) {
    // Each may have as many credentials as there are.
    yield
    const fields = changedEntranceFields(
      openersBefore.get(id) ?? noOpeners,
      openersAfter.get(id) ?? noOpeners,
    )
    if (fields.length > 0) entrances.set(id, fields)
  }
  return { credentials, entrances }
}

type EntranceOpeners = { readonly credentials: Set<string>; readonly users: Set<string> }
const noOpeners: EntranceOpeners = { credentials: new Set(), users: new Set() }

function addOpener(
  openers: Map<AcsEntranceId, EntranceOpeners>,
  id: AcsCredentialId,
  access: CredentialAccess,
): void {
  for (const entrance of access.acsEntranceIds) {
    const entranceOpeners = openers.get(entrance) ?? { credentials: new Set(), users: new Set() }
    openers.set(entrance, entranceOpeners)
    entranceOpeners.credentials.add(id)
    if (access.acsUserId) entranceOpeners.users.add(access.acsUserId)
  }
}

function changedEntranceFields(openersBefore: EntranceOpeners, openersAfter: EntranceOpeners): string[] {
  const fields: string[] = []
  if (!isSameSet(openersBefore.credentials, openersAfter.credentials)) fields.push('credentials')
  if (!isSameSet(openersBefore.users, openersAfter.users)) fields.push('users')
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

/** In no particular order, and whenever they began: Seam promises neither. */
function issuesText(issues: readonly Issue[]): string {
  return toText(issues.map(({ code, message }) => toText([code, message])).sort())
}

/** One spelling of an instant, whatever digits and offset Seam writes it with. */
function instantKey(time: string | null): string | null {
  return time === null ? null : timeSortKey(time)
}

function toText(value: unknown): string {
  return JSON.stringify(value)
}

/** Kinds of rows that have comparable fields. */
export const rowKinds = ['SYSTEM', 'ACCOUNT', 'USER', 'ENTRANCE', 'CREDENTIAL'] as const
export type RowKind = (typeof rowKinds)[number]
