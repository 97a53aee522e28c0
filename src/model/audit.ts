/** How somebody who did something came in. */
export const auditActorKinds = ['API_KEY', 'TOKEN', 'DEMO', 'COMMAND_LINE'] as const
export type AuditActorKind = (typeof auditActorKinds)[number]

export const auditOutcomes = ['DONE', 'SCHEDULED', 'PARTLY_DONE', 'UNDONE'] as const
export type AuditOutcome = (typeof auditOutcomes)[number]

export const auditTargetTypes = [
  'ACS_USER',
  'ACS_CREDENTIAL',
  'USER_IDENTITY',
  'CONNECT_WEBVIEW',
  'CONNECTED_ACCOUNT',
  'WEBHOOK_ENDPOINT',
  'API_KEY',
  'JOURNAL',
] as const
export type AuditTargetType = (typeof auditTargetTypes)[number]

/** Something that was done and changes what somebody may do, or what is told to whom. It never holds a PIN, token, key or secret. */
export type AuditRecord = {
  /** The same for the same act, however often it is written down. */
  readonly id: string
  /** ISO 8601, UTC, with milliseconds. */
  readonly at: string
  /** Name of the API key, `jwt:` and the subject of the token, or the operating system's name of who used the command line. */
  readonly actor: string
  readonly actorKind: AuditActorKind
  /** Name of the mutation, or the command of the command line. */
  readonly action: string
  readonly outcome: AuditOutcome
  readonly targetType: AuditTargetType
  /** Seam's own id, or that of the API key or webhook endpoint; `null` for the journal. */
  readonly targetId: string | null
  /** The ACS systems that it is about; `null` is the whole workspace. */
  readonly acsSystemIds: readonly string[] | null
  /** The ACS user that it is about. */
  readonly acsUserId: string | null
  /** Ids, times and settings, by name. */
  readonly details: Readonly<Record<string, string>>
}

/** An audit record as stores keep it. */
export type AuditRow = Pick<AuditRecord, 'id' | 'at'> & { readonly content: string }

export function toAuditRow({ id, at, ...rest }: AuditRecord): AuditRow {
  return { id, at, content: JSON.stringify(rest) }
}

export function fromAuditRow({ id, at, content }: AuditRow): AuditRecord {
  return { id, at, ...(JSON.parse(content) as Omit<AuditRecord, 'id' | 'at'>) }
}

/** The place of a record among all: by time, and by id at one time. */
export function auditSortKey({ at, id }: Pick<AuditRow, 'at' | 'id'>): string {
  return `${at} ${id}`
}

/** The details that are given, as texts; lists are divided by spaces. */
export function toAuditDetails(given: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const texts = Object.entries(given).flatMap(([name, value]) => {
    if (value === null || value === undefined) return []
    return [[name, Array.isArray(value) ? value.join(' ') : String(value)] as const]
  })
  return Object.fromEntries(texts)
}
