import type { ReactNode } from 'react'
import { Screen } from '../../components/screen.tsx'
import { texts } from '../../texts.ts'

export function Entrance({ id }: { readonly id: string }): ReactNode {
  return <Screen title={texts.navigation.entrances}>{id}</Screen>
}
