import type { ReactNode } from 'react'
import { Screen } from '../../components/screen.tsx'
import { texts } from '../../texts.ts'

export function Changes(): ReactNode {
  return <Screen title={texts.navigation.changes}>{null}</Screen>
}
