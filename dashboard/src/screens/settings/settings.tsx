import type { ReactNode } from 'react'
import { Screen } from '../../components/screen.tsx'
import { texts } from '../../texts.ts'

export function Settings(): ReactNode {
  return <Screen title={texts.navigation.settings}>{null}</Screen>
}
