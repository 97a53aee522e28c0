import type { ReactNode } from 'react'
import { Screen } from '../../components/screen.tsx'
import { texts } from '../../texts.ts'

export function Entrances(): ReactNode {
  return <Screen title={texts.navigation.entrances}>{null}</Screen>
}
