import type { ReactNode } from 'react'
import type { CredentialStatus } from '../graph/generated/graphql.ts'
import { texts } from '../texts.ts'
import { Badge, type Tone } from './badge.tsx'
import { useNow } from './building-time.tsx'

type Timed = {
  readonly status: CredentialStatus
  readonly startsAt: string | null
  readonly endsAt: string | null
}

/** A credential that would work if its resident were not suspended is `SUSPENDED`. */
export type ShownStatus = CredentialStatus | 'SUSPENDED'

export const statusTones: Readonly<Record<ShownStatus, Tone>> = {
  ACTIVE: 'good',
  EXPIRED: 'neutral',
  FAILED: 'bad',
  PENDING: 'warn',
  SCHEDULED: 'accent',
  SUSPENDED: 'neutral',
}

/**
 * Status of a credential at a time. The gateway computes it at request time, and no change is sent when a start or an end is reached.
 */
export function getStatusAt({ status, startsAt, endsAt }: Timed, nowMs: number): CredentialStatus {
  if (status === 'FAILED' || status === 'PENDING') return status
  if (endsAt !== null && Date.parse(endsAt) <= nowMs) return 'EXPIRED'
  if (startsAt !== null && Date.parse(startsAt) > nowMs) return 'SCHEDULED'
  return 'ACTIVE'
}

/** Status of a credential at a time, as it is shown. */
export function getShownStatus(credential: Timed, isSuspended: boolean, nowMs: number): ShownStatus {
  const status = getStatusAt(credential, nowMs)
  return status === 'ACTIVE' && isSuspended ? 'SUSPENDED' : status
}

/** Status of a credential at `atMs`, by default now. */
export function CredentialStatusBadge({
  credential,
  isSuspended = false,
  atMs,
}: {
  readonly credential: Timed
  /** Whether the credential's resident is suspended. */
  readonly isSuspended?: boolean
  readonly atMs?: number
}): ReactNode {
  const nowMs = useNow()
  const status = getShownStatus(credential, isSuspended, atMs ?? nowMs)
  return <Badge tone={statusTones[status]}>{texts.credentialStatus[status]}</Badge>
}
