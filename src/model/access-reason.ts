/** Codes of the reasons for or against access, as the graph names them. */
export const accessReasonCodes = [
  'NO_CREDENTIAL',
  'NOT_YET_VALID',
  'EXPIRED',
  'NOT_ISSUED',
  'USER_SUSPENDED',
  'USER_ERROR',
  'USER_INACTIVE',
  'USER_WARNING',
  'CREDENTIAL_ERROR',
  'CREDENTIAL_WARNING',
  'ENTRANCE_OFFLINE',
  'ENTRANCE_ERROR',
  'ENTRANCE_WARNING',
  'SYSTEM_DISCONNECTED',
  'SYSTEM_ERROR',
  'ACCOUNT_ERROR',
] as const
export type AccessReasonCode = (typeof accessReasonCodes)[number]
