import type { ReactNode } from 'react'
import { Screen } from '../../components/screen.tsx'
import { texts } from '../../texts.ts'

export function MoveIn(): ReactNode {
  return <Screen title={texts.navigation.moveIn}>{null}</Screen>
}
