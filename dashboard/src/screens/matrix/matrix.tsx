import type { ReactNode } from 'react'
import { Screen } from '../../components/screen.tsx'
import { texts } from '../../texts.ts'

export function Matrix(): ReactNode {
  return <Screen title={texts.navigation.matrix}>{null}</Screen>
}
