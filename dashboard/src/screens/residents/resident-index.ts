import { normalizeText } from '../../components/text-search.ts'
import type {
  AccessMethod,
  CredentialStatus,
  ResidentListRowFragment,
} from '../../graph/generated/graphql.ts'
import { texts } from '../../texts.ts'

export type ResidentRow = ResidentListRowFragment

/** State of a resident as one word: the most urgent one of the credentials, unless the resident is suspended, has none, or Seam could not be read. */
export type ResidentStatus = CredentialStatus | 'SUSPENDED' | 'NONE' | 'UNKNOWN'

/** From the most urgent to the least. */
export const residentStatuses: readonly ResidentStatus[] = [
  'FAILED',
  'SUSPENDED',
  'PENDING',
  'NONE',
  'UNKNOWN',
  'EXPIRED',
  'SCHEDULED',
  'ACTIVE',
]

type TimeRange = { readonly startMs: number; readonly endMs: number }

/** End of a credential in ms since 1970, `Infinity` if it does not end. */
export type CredentialEnd = { readonly method: AccessMethod; readonly endMs: number }

type ResidentIndex = {
  /** Name, email address and phone number in lower case without accents, and the phone number again as digits only. */
  readonly searchText: string
  readonly sortName: string
  /** Time ranges of the credentials that are neither failed nor waiting for Latch. */
  readonly ranges: readonly TimeRange[]
  readonly schedule: TimeRange
  /** Status of a credential that does not depend on the time. */
  readonly fixedStatus: 'FAILED' | 'PENDING' | null
  /** When each credential ends, earliest first. A schedule or a scheduled move-out that ends earlier counts. */
  readonly ends: readonly CredentialEnd[]
  readonly moveOutMs: number
  readonly summary: string
  /** Errors and warnings of the resident and of the credentials. */
  readonly issues: readonly { readonly message: string }[]
}

const indexes = new WeakMap<ResidentRow, ResidentIndex>()

/** What filters, sorting and cells need of a row. Computed once per row object: a row that changes is a new object. */
export function getResidentIndex(row: ResidentRow): ResidentIndex {
  let index = indexes.get(row)
  if (index === undefined) {
    index = createResidentIndex(row)
    indexes.set(row, index)
  }
  return index
}

function createResidentIndex(row: ResidentRow): ResidentIndex {
  const { displayName, fullName, emailAddress, phoneNumber, accessSchedule, scheduledMoveOut } = row
  const credentials = row.credentials?.nodes ?? []
  const statuses = credentials.map(({ status }) => status)
  const ranges = credentials
    .filter(({ status }) => status !== 'FAILED' && status !== 'PENDING')
    .map(parseRange)
  const schedule = parseRange(accessSchedule)
  const moveOutMs = scheduledMoveOut === null ? Number.POSITIVE_INFINITY : Date.parse(scheduledMoveOut.at)
  const ends = credentials.map((credential) => ({
    method: credential.accessMethod,
    endMs: Math.min(parseRange(credential).endMs, schedule.endMs, moveOutMs),
  }))
  return {
    searchText: normalizeText(
      [displayName, fullName, emailAddress, phoneNumber, phoneNumber?.replace(/\D/g, '')]
        .filter((text) => text != null)
        .join(' '),
    ),
    sortName: normalizeText(displayName),
    ranges,
    schedule,
    fixedStatus: statuses.includes('FAILED') ? 'FAILED' : statuses.includes('PENDING') ? 'PENDING' : null,
    ends: ends.sort((a, b) => Number(a.endMs > b.endMs) - Number(a.endMs < b.endMs)),
    moveOutMs,
    summary: summarizeCredentials(credentials),
    issues: [
      ...row.errors,
      ...row.warnings,
      ...credentials.flatMap(({ errors, warnings }) => [...errors, ...warnings]),
    ],
  }
}

function parseRange(
  range: { readonly startsAt: string | null; readonly endsAt: string | null } | null,
): TimeRange {
  return {
    startMs: range?.startsAt == null ? Number.NEGATIVE_INFINITY : Date.parse(range.startsAt),
    endMs: range?.endsAt == null ? Number.POSITIVE_INFINITY : Date.parse(range.endsAt),
  }
}

const methods = ['MOBILE_KEY', 'CODE', 'CARD', 'UNKNOWN'] as const satisfies readonly AccessMethod[]

/** Number of credentials by access method: "2 mobile keys · 1 PIN". */
function summarizeCredentials(credentials: readonly { readonly accessMethod: AccessMethod }[]): string {
  return methods
    .map(
      (method) => [method, credentials.filter(({ accessMethod }) => accessMethod === method).length] as const,
    )
    .filter(([, count]) => count > 0)
    .map(([method, count]) => texts.residents.methodCounts[method](count))
    .join(' · ')
}

/** The credential that ends next; the one that ended last if all have ended; `null` if there is no credential. */
export function findNextEnd(row: ResidentRow, nowMs: number): CredentialEnd | null {
  const { ends } = getResidentIndex(row)
  return ends.find(({ endMs }) => endMs > nowMs) ?? ends.at(-1) ?? null
}

/** What ends at the next end: "PIN", or that all credentials do. */
export function describeNextEnd(row: ResidentRow, { endMs }: CredentialEnd, nowMs: number): string {
  const { ends, moveOutMs } = getResidentIndex(row)
  if (endMs <= nowMs) return texts.residents.ended
  if (endMs === moveOutMs) return texts.residents.movesOut
  const current = ends.filter((end) => end.endMs > nowMs)
  const ending = current.filter((end) => end.endMs === endMs)
  if (ending.length > 1 && ending.length === current.length) return texts.residents.allCredentials
  return [...new Set(ending.map(({ method }) => texts.accessMethods[method]))].join(' · ')
}

/** Status of a resident at a time. The gateway sends no change when a start or an end is reached. */
export function getResidentStatus(row: ResidentRow, nowMs: number): ResidentStatus {
  if (row.isSuspended) return 'SUSPENDED'
  if (row.credentials === null) return 'UNKNOWN'
  const { ranges, schedule, fixedStatus } = getResidentIndex(row)
  if (fixedStatus !== null) return fixedStatus
  if (ranges.length === 0) return 'NONE'
  if (schedule.endMs <= nowMs || ranges.every(({ endMs }) => endMs <= nowMs)) return 'EXPIRED'
  const isActive = ranges.some(({ startMs, endMs }) => startMs <= nowMs && endMs > nowMs)
  return isActive && schedule.startMs <= nowMs ? 'ACTIVE' : 'SCHEDULED'
}
