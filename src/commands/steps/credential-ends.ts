import type { NewChange } from '../../model/change.ts'
import type { AcsCredential } from '../../model/entities.ts'
import { isSameTime } from '../../model/time.ts'
import type { SeamClient } from '../../seam/client.ts'
import { SeamError } from '../../seam/errors.ts'
import { isSeamRefusal } from '../execution/seam-refusal.ts'
import { createCredentialChange } from '../publishing/mutation-changes.ts'
import { settleAll } from './settle-all.ts'

/** A credential, and its new end; `null` leaves the end unchanged. */
export type CredentialEndTarget = { readonly row: AcsCredential; readonly end: string | null }

/** The errors with which Seam rejected the new end, by credential. */
export type CredentialEndRefusals = ReadonlyMap<AcsCredential, SeamError>

/**
 * Updates the ends of credentials that differ. Returns those that Seam rejected. After all calls have ended, rejects with `SeamError` if one
 * failed, and with `PartialStepFailure` around it if others succeeded.
 */
export async function updateCredentialEnds(
  seam: SeamClient,
  targets: readonly CredentialEndTarget[],
): Promise<CredentialEndRefusals> {
  const refusals = new Map<AcsCredential, SeamError>()
  async function updateEnd({ row, end }: CredentialEndTarget): Promise<readonly NewChange[]> {
    if (end === null || isSameTime(row.endsAt, end)) return []
    try {
      await seam.updateCredential(row.acsCredentialId, { endsAt: end })
      return [createCredentialChange('UPDATED', { ...row, acsEntranceIds: null }, ['endsAt'])]
    } catch (error) {
      if (!(error instanceof SeamError && isSeamRefusal(error))) throw error
      refusals.set(row, error)
      return []
    }
  }
  await settleAll(targets.map(updateEnd))
  return refusals
}

/** Returns the message of a step for its refusals; `null` if there are none. */
export function formatRefusals(refusals: CredentialEndRefusals): string | null {
  const sentences = [...refusals].map(
    ([{ acsCredentialId }, { message }]) =>
      `Seam rejected the new end time of the credential ${acsCredentialId}: ${message}`,
  )
  return sentences.length === 0 ? null : sentences.join(' ')
}
