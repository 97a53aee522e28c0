import type { ReactNode } from 'react'
import { Badge } from '../../components/badge.tsx'
import type { EntranceRowFragment } from '../../graph/generated/graphql.ts'
import { texts } from '../../texts.ts'

/** Whether the lock is online. Seam does not report it for every entrance. */
export function EntranceState({ entrance }: { readonly entrance: EntranceRowFragment }): ReactNode {
  if (entrance.errors.length > 0) return <Badge tone="bad">{texts.entrances.hasErrors}</Badge>
  const isConnected = entrance.latch?.isConnected ?? null
  if (isConnected === null) return <Badge tone="neutral">{texts.entrances.unknown}</Badge>
  return isConnected ? (
    <Badge tone="good">{texts.entrances.online}</Badge>
  ) : (
    <Badge tone="warn">{texts.entrances.offline}</Badge>
  )
}

/** How an entrance can be unlocked: "Mobile key, PIN". */
export function formatUnlockMethods({ unlockWith }: EntranceRowFragment): string {
  const methods = [
    unlockWith.mobileKey === 'SUPPORTED' ? texts.accessMethods.MOBILE_KEY : null,
    unlockWith.code === 'SUPPORTED' ? texts.accessMethods.CODE : null,
  ].filter((method) => method !== null)
  return methods.length === 0 ? texts.entrances.unknownMethods : methods.join(', ')
}
