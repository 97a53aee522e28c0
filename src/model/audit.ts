/** How the actor of an audited action was authenticated. */
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

/** Record of an action that changes access, permissions or the delivery of events. Never contains a PIN, token, API key or secret. */
export type AuditRecord = {
  /** Equal for each attempt to record the same action, so that the action is stored once. */
  readonly id: string
  /** ISO 8601, UTC, with milliseconds. */
  readonly at: string
  /** Name of the API key, `jwt:` and the subject of the token, or the operating system's name of the user of the command line. */
  readonly actor: string
  readonly actorKind: AuditActorKind
  /** Name of the mutation or of the command on the command line. */
  readonly action: string
  readonly outcome: AuditOutcome
  readonly targetType: AuditTargetType
  /** Seam's id of the target, or the id of the API key or webhook endpoint; `null` for the journal. */
  readonly targetId: string | null
  /** The ACS systems that the action affects; `null` is the whole workspace. */
  readonly acsSystemIds: readonly string[] | null
  /** The ACS user that the action affects, or `null` if it affects none. */
  readonly acsUserId: string | null
  /** IDs, times and settings of the action, by name. */
  readonly details: Readonly<Record<string, string>>
}

/** An audit record in the form that stores persist. */
export type AuditRow = Pick<AuditRecord, 'id' | 'at'> & { readonly content: string }

export function toAuditRow({ id, at, ...rest }: AuditRecord): AuditRow {
  return { id, at, content: JSON.stringify(rest) }
}

export function fromAuditRow({ id, at, content }: AuditRow): AuditRecord {
  return { id, at, ...(JSON.parse(content) as Omit<AuditRecord, 'id' | 'at'>) }
}

/** Sort key of a record: by time, then by id. */
export function auditSortKey({ at, id }: Pick<AuditRow, 'at' | 'id'>): string {
  return `${at} ${id}`
}

/** Converts details to texts. Omits `null` and `undefined`, and joins the items of a list with spaces. */
export function toAuditDetails(details: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const texts = Object.entries(details).flatMap(([name, value]) => {
    if (value === null || value === undefined) return []
    return [[name, Array.isArray(value) ? value.join(' ') : String(value)] as const]
  })
  return Object.fromEntries(texts)
}
