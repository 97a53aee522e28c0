import type { ReactNode } from 'react'
import { Screen } from '../../components/screen.tsx'
import { texts } from '../../texts.ts'

export function Audit(): ReactNode {
  return <Screen title={texts.navigation.audit}>{null}</Screen>
}
