import type { ReactNode } from 'react'
import { Screen } from '../../components/screen.tsx'
import { texts } from '../../texts.ts'

export function Connect(): ReactNode {
  return <Screen title={texts.navigation.connect}>{null}</Screen>
}
