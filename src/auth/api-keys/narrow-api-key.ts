import { createRefusal, throwIfRefused, type UserError } from '../../model/user-error.ts'
import { type ApiKeyLimits, type ApiKeyRecord, isActive, parseExpiry } from './api-key-store.ts'

/**
 * Returns an API key with smaller permissions. Throws `MutationRefused` if the API key has ended, and for each value that would give it a
 * permission that it does not have; `field` of an error is the name in the graph. Throws `ApiKeyInvalid` for an invalid time.
 */
export function narrowApiKeyRecord(record: ApiKeyRecord, limits: ApiKeyLimits, now: Date): ApiKeyRecord {
  if (!isActive(record, now))
    throw createRefusal(
      'apiKeyId',
      'NOT_ALLOWED',
      'The API key was revoked or has expired, so it cannot be changed. Create another one.',
    )
  const { scopes, acsSystemIds, residentId, expiresAt } = limits
  if ([scopes, acsSystemIds, residentId, expiresAt].every((limit) => limit === undefined))
    throw createRefusal(
      null,
      'REQUIRED',
      'Give at least one new limit: scopes, ACS systems, a resident or an expiry.',
    )
  const expiry = expiresAt == null ? null : parseExpiry(expiresAt)
  throwIfRefused([
    ...findScopeErrors(record, scopes),
    ...findSystemErrors(record, acsSystemIds),
    ...findResidentErrors(record, residentId),
    ...findExpiryErrors(record, expiresAt === undefined ? undefined : expiry, now),
  ])
  return {
    ...record,
    scopes: scopes === undefined ? record.scopes : record.scopes.filter((scope) => scopes.includes(scope)),
    acsSystemIds: acsSystemIds == null ? record.acsSystemIds : [...new Set(acsSystemIds)],
    residentId: residentId ?? record.residentId,
    expiresAt: expiry ?? record.expiresAt,
  }
}

const createError = (field: string, code: UserError['code'], message: string): UserError => ({
  field: [field],
  code,
  message,
})

function findScopeErrors(record: ApiKeyRecord, scopes: ApiKeyLimits['scopes']): readonly UserError[] {
  if (scopes === undefined) return []
  if (scopes.length === 0)
    return [createError('scopes', 'REQUIRED', 'Keep at least one scope, or revoke the API key.')]
  const added = scopes.filter((scope) => !record.scopes.includes(scope))
  if (added.length === 0) return []
  const message = `The API key does not have the scope ${added.join(', ')} and cannot get it. Omit it, or create another API key.`
  return [createError('scopes', 'NOT_ALLOWED', message)]
}

function findSystemErrors(
  record: ApiKeyRecord,
  acsSystemIds: ApiKeyLimits['acsSystemIds'],
): readonly UserError[] {
  const { acsSystemIds: current } = record
  if (acsSystemIds === undefined || (acsSystemIds === null && current === null)) return []
  if (acsSystemIds === null)
    return [
      createError(
        'acsSystemIds',
        'NOT_ALLOWED',
        'The API key is limited to some ACS systems, and the limit cannot be removed. Omit the ACS systems, or create another API key.',
      ),
    ]
  if (acsSystemIds.length === 0)
    return [createError('acsSystemIds', 'REQUIRED', 'Keep at least one ACS system, or revoke the API key.')]
  if (current === null) return []
  const message =
    'This ACS system is not in the access scope of the API key and cannot be added. Omit it, or create another API key.'
  return acsSystemIds.flatMap((id, index) =>
    current.includes(id)
      ? []
      : [{ field: ['acsSystemIds', String(index)], code: 'NOT_ALLOWED' as const, message }],
  )
}

function findResidentErrors(
  { residentId: current }: ApiKeyRecord,
  residentId: ApiKeyLimits['residentId'],
): readonly UserError[] {
  if (residentId === undefined || current === null || residentId === current) return []
  const message =
    'The API key is limited to one resident, and the limit cannot be changed or removed. Omit the resident, or create another API key.'
  return [createError('acsUserId', 'NOT_ALLOWED', message)]
}

function findExpiryErrors(
  { expiresAt: current }: ApiKeyRecord,
  expiresAt: string | null | undefined,
  now: Date,
): readonly UserError[] {
  if (expiresAt === undefined) return []
  if (expiresAt !== null && Date.parse(expiresAt) <= now.getTime())
    return [
      createError(
        'expiresAt',
        'SCHEDULE_INVALID',
        'The expiry must be in the future. To end the API key now, revoke it.',
      ),
    ]
  if (current === null || (expiresAt !== null && Date.parse(expiresAt) <= Date.parse(current))) return []
  const message = `The API key expires at ${current}. Use that time or an earlier one, or create another API key.`
  return [createError('expiresAt', 'NOT_ALLOWED', message)]
}
