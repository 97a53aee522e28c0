import type { ReactNode } from 'react'
import { Badge, type Tone } from '../../components/badge.tsx'
import { texts } from '../../texts.ts'
import type { ResidentStatus } from './resident-index.ts'

const tones: Readonly<Record<ResidentStatus, Tone>> = {
  ACTIVE: 'good',
  EXPIRED: 'neutral',
  FAILED: 'bad',
  NONE: 'neutral',
  PENDING: 'warn',
  SCHEDULED: 'accent',
  SUSPENDED: 'bad',
}

export function ResidentStatusBadge({ status }: { readonly status: ResidentStatus }): ReactNode {
  return <Badge tone={tones[status]}>{texts.residents.statuses[status]}</Badge>
}
