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

const tones: Readonly<Record<CredentialStatus, Tone>> = {
  ACTIVE: 'good',
  EXPIRED: 'neutral',
  FAILED: 'bad',
  PENDING: 'warn',
  SCHEDULED: 'accent',
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

/** Status of a credential at `atMs`, by default now. */
export function CredentialStatusBadge({
  credential,
  atMs,
}: {
  readonly credential: Timed
  readonly atMs?: number
}): ReactNode {
  const nowMs = useNow()
  const status = getStatusAt(credential, atMs ?? nowMs)
  return <Badge tone={tones[status]}>{texts.credentialStatus[status]}</Badge>
}
