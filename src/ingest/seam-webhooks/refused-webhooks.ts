import type { Journal } from '../../journal/journal.ts'
import { dayMs } from '../../model/time.ts'
import type { Logger } from '../../observability/logger.ts'

/** Reasons to refuse a webhook, by the invalid part. `secret` means that this gateway's own secret is missing or invalid. */
export const refusalReasons = [
  'headers',
  'secret',
  'signature',
  'timestamp',
  'body',
  'event',
  'workspace',
] as const
export type RefusalReason = (typeof refusalReasons)[number]

/** Recently refused webhooks, stored so that other processes can read them. */
export type RefusalRecord = {
  /** When the newest webhook after a refusal was accepted, in ms since the epoch. */
  readonly takenAt: number | null
  readonly reasons: Readonly<
    Partial<Record<RefusalReason, { readonly count: number; readonly at: number; readonly detail: string }>>
  >
}

/** Counts refused webhooks and records them in the log and in the journal's store. */
export type RefusedWebhooks = {
  readonly counts: Readonly<Record<RefusalReason, number>>
  /** `detail` completes "a webhook was refused: …". */
  recordRefusal(reason: RefusalReason, detail: string, context?: object): void
  recordAccepted(): void
}

const storeKey = 'webhooks refused'
const recordTtlMs = dayMs
/** Minimum time between two log entries per reason, since anyone who knows the URL can send any number of webhooks. */
const minLogIntervalMs = 60_000

export function createRefusedWebhooks(
  journal: Pick<Journal, 'putValue'>,
  log: Logger,
  now: () => number,
): RefusedWebhooks {
  const counts = Object.fromEntries(refusalReasons.map((reason) => [reason, 0])) as Record<
    RefusalReason,
    number
  >
  const loggedAt = new Map<RefusalReason, number>()
  let record: RefusalRecord = { takenAt: null, reasons: {} }
  let isAcceptanceRecorded = true

  function saveRecord(): void {
    // A failure to store the record does not affect the response to the webhook.
    journal.putValue(storeKey, JSON.stringify(record), recordTtlMs).catch((error: unknown) => {
      log.debug({ err: error }, 'the record of refused webhooks could not be stored')
    })
  }

  return {
    counts,
    recordRefusal(reason, detail, context = {}) {
      const count = ++counts[reason]
      const at = now()
      isAcceptanceRecorded = false
      if (at - (loggedAt.get(reason) ?? Number.NEGATIVE_INFINITY) < minLogIntervalMs) return
      loggedAt.set(reason, at)
      record = { ...record, reasons: { ...record.reasons, [reason]: { count, at, detail } } }
      log.warn({ ...context, reason, count }, `a webhook was refused: ${detail}`)
      saveRecord()
    },
    recordAccepted() {
      if (isAcceptanceRecorded) return
      isAcceptanceRecorded = true
      record = { ...record, takenAt: now() }
      saveRecord()
    },
  }
}

/** Returns the refusals of the last day, or `null` if there are none. */
export async function readRefusals(journal: Pick<Journal, 'getValue'>): Promise<RefusalRecord | null> {
  const text = await journal.getValue(storeKey)
  return text === null ? null : (JSON.parse(text) as RefusalRecord)
}
