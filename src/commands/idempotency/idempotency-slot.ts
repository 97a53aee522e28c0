import { hash } from 'node:crypto'
import { serializeAccessScope, type Viewer } from '../../auth/viewer.ts'
import { toCanonicalJson } from '../../model/canonical-json.ts'
import { idempotencyKeyErrors, textErrors } from '../../model/text-validation.ts'
import { createRefusal, throwIfRefused } from '../../model/user-error.ts'
import type { SlotOwner } from '../records/command-records.ts'
import type { IdempotencySlot } from '../saga.ts'

/** Part of every mutation's input. */
export type IdempotentInput = { readonly idempotencyKey?: string | null | undefined }

/**
 * Returns the storage key of a viewer's idempotency key. The same text from another viewer, or from the same viewer with other scopes or
 * systems, is another idempotency key: a stored outcome must not show more than the reader's access scope.
 */
function hashSlotPlace(viewer: Viewer, idempotencyKey: string): string {
  const owner = viewer.apiKeyId ?? `name ${viewer.name}`
  return hash('sha256', JSON.stringify([owner, serializeAccessScope(viewer), idempotencyKey]))
}

/** Returns a hash that is equal for the same command with the same input, whatever the order of its fields. */
function hashInput(command: string, { idempotencyKey: _key, ...rest }: IdempotentInput): string {
  return hash('sha256', toCanonicalJson([command, rest]))
}

/** Returns the slot of a mutation's idempotency key; `null` if it has none. Throws `MutationRefused` for an invalid idempotency key. */
export function readIdempotencySlot(
  viewer: Viewer,
  mutation: string,
  input: IdempotentInput,
): IdempotencySlot | null {
  const { idempotencyKey } = input
  if (idempotencyKey == null) return null
  throwIfRefused([...textErrors({ idempotencyKey }), ...idempotencyKeyErrors(idempotencyKey)])
  return { place: hashSlotPlace(viewer, idempotencyKey), fingerprint: hashInput(mutation, input) }
}

/** Throws `MutationRefused` if the idempotency key was used with another mutation or input. */
export function refuseFingerprintMismatch(owner: SlotOwner, slot: IdempotencySlot): void {
  if (owner.fingerprint === slot.fingerprint) return
  throw createRefusal(
    'idempotencyKey',
    'IDEMPOTENCY_MISMATCH',
    'This idempotency key was used with another mutation or input. Use a new key for a new request.',
  )
}
