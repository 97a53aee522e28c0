import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { ChangePartsFragment } from '../graph/generated/graphql.ts'
import { texts } from '../texts.ts'
import { BuildingTime, RelativeTime } from './building-time.tsx'
import styles from './change-line.module.css'

type CredentialChangeParts = Extract<ChangePartsFragment, { __typename: 'CredentialChange' }>

/** The ACS user of a credential, also after the credential is deleted. */
function getCredentialUser(change: CredentialChangeParts) {
  return change.credential?.acsUser ?? change.recordedAcsUser
}

/** The access method of a credential in words, also after the credential is deleted: "PIN". */
export function formatChangedMethod({ credential, recordedAccessMethod }: CredentialChangeParts): string {
  const method = credential?.accessMethod ?? recordedAccessMethod
  return method === null ? texts.changes.credentialNoun : texts.accessMethods[method]
}

const formatHref = (folder: string, object: { readonly id: string } | null): string | null =>
  object === null ? null : `${folder}/${object.id}`

function describeConnectionChange({
  kind,
  acsSystem,
  connectedAccount,
}: Extract<ChangePartsFragment, { __typename: 'ConnectionChange' }>): string {
  if (acsSystem !== null) return `${acsSystem.name} ${texts.changes.object[kind]}`
  // A Connect Webview has no account before somebody has logged in.
  if (kind === 'CREATED' && connectedAccount === null) return texts.changes.connectionStarted
  return `${texts.changes.account} ${texts.changes.credential[kind]}`
}

/** What a change is about, in words: "PIN of Ada King issued". */
export function describeChange(change: ChangePartsFragment): string {
  switch (change.__typename) {
    case 'CredentialChange': {
      const method = formatChangedMethod(change)
      const user = getCredentialUser(change)
      const subject = user === null ? method : texts.changes.credentialOf(method, user.displayName)
      return `${subject} ${texts.changes.credential[change.kind]}`
    }
    case 'UserChange':
      return `${change.acsUser?.displayName ?? texts.changes.user} ${texts.changes.object[change.kind]}`
    case 'EntranceChange':
      return `${change.acsEntrance?.displayName ?? texts.changes.entrance} ${texts.changes.object[change.kind]}`
    case 'ConnectionChange':
      return describeConnectionChange(change)
  }
}

/** Address of the screen of what changed, or `null` if it is gone or has none. */
export function getChangeHref(change: ChangePartsFragment): string | null {
  switch (change.__typename) {
    case 'CredentialChange':
      return formatHref('/residents', getCredentialUser(change))
    case 'UserChange':
      return formatHref('/residents', change.acsUser)
    case 'EntranceChange':
      return formatHref('/entrances', change.acsEntrance)
    case 'ConnectionChange':
      return '/connect'
  }
}

/** The building of what changed, or `null` if it is not known, for example after the object was deleted. */
function getChangeBuilding(change: ChangePartsFragment) {
  switch (change.__typename) {
    case 'CredentialChange':
      return getCredentialUser(change)?.acsSystem ?? null
    case 'UserChange':
      return change.acsUser?.acsSystem ?? null
    case 'EntranceChange':
      return change.acsEntrance?.acsSystem ?? null
    case 'ConnectionChange':
      return change.acsSystem
  }
}

export const getChangeZone = (change: ChangePartsFragment): string | null =>
  getChangeBuilding(change)?.timeZone ?? null

/** Name of the building of what changed, or `null` if it is not known or is itself what changed. */
export const getBuildingName = (change: ChangePartsFragment): string | null =>
  change.__typename === 'ConnectionChange' ? null : (getChangeBuilding(change)?.name ?? null)

const fieldNames: Readonly<Record<string, string>> = texts.changes.fields

/** The names of changed fields in words: `isSuspended` is "suspension". */
export function formatFields(fields: readonly string[]): string {
  const names = fields.map(
    (field) => fieldNames[field] ?? field.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`),
  )
  return [...new Set(names)].join(', ')
}

/** One change as a line: what and in which building, when, and how it became known or who made it. */
export function ChangeLine({
  change,
  count = 1,
  from,
  isBrief = false,
  building,
}: {
  readonly change: ChangePartsFragment
  /** How many equal changes the line stands for, of which `change` is the newest. */
  readonly count?: number
  /** Address at which the changes after this one are shown. */
  readonly from?: string
  /** Whether the exact time is only a tooltip. */
  readonly isBrief?: boolean
  /** The building that the screen is about. It is not named again. */
  readonly building?: { readonly timeZone: string | null } | undefined
}): ReactNode {
  const href = getChangeHref(change)
  const fields = 'changedFields' in change ? change.changedFields : []
  const buildingName = building === undefined ? getBuildingName(change) : null
  const time = { value: change.occurredAt, timeZone: getChangeZone(change) ?? building?.timeZone }
  return (
    <li className={styles.line}>
      <span>
        {href === null ? (
          describeChange(change)
        ) : (
          <Link href={href} className="subject">
            {describeChange(change)}
          </Link>
        )}
        {fields.length === 0 ? null : <span className="muted small"> ({formatFields(fields)})</span>}
        {count === 1 ? null : <span className="muted small"> {texts.changes.times(count)}</span>}
        {buildingName === null ? null : <span className="muted small"> · {buildingName}</span>}
      </span>
      <span className={`muted small ${styles.when}`}>
        <span>
          {isBrief ? (
            <RelativeTime {...time} />
          ) : (
            <>
              <BuildingTime {...time} /> (<RelativeTime {...time} />)
            </>
          )}
          {' · '}
          {texts.changes.source(change.actor ?? texts.origins[change.origin])}
        </span>
        {from === undefined ? null : <Link href={from}>{texts.changes.showAfter}</Link>}
      </span>
    </li>
  )
}
