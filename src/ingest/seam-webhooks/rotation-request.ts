import type { Journal } from '../../journal/journal.ts'
import type { AuditRow } from '../../model/audit.ts'

/** Stored request to the gateway that manages the webhook to replace it by one with a new secret. */
const storeKey = 'webhook rotation'
/** Time after which an unprocessed request expires. */
const requestTtlMs = 600_000

/** Stores a rotation request. The audit record is written atomically with it. */
export async function requestRotation(
  journal: Pick<Journal, 'putValue'>,
  atMs: number,
  audit?: AuditRow,
): Promise<void> {
  await journal.putValue(storeKey, `${atMs}`, requestTtlMs, undefined, audit)
}

/** Returns the time of the pending rotation request in ms since the epoch, or `null` if there is none. */
export async function readRotationRequestedAt(journal: Pick<Journal, 'getValue'>): Promise<number | null> {
  const text = await journal.getValue(storeKey)
  return text === null ? null : Number(text)
}

/** Deletes a completed request. A newer request stays. */
export async function clearRotationRequest(
  journal: Pick<Journal, 'deleteValue'>,
  atMs: number,
): Promise<void> {
  await journal.deleteValue(storeKey, `${atMs}`)
}
