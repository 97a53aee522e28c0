import type { ReactNode } from 'react'
import { Screen } from '../../components/screen.tsx'
import { texts } from '../../texts.ts'

export function MoveOuts(): ReactNode {
  return <Screen title={texts.navigation.moveOuts}>{null}</Screen>
}
