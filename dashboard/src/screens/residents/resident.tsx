import type { ReactNode } from 'react'
import { Screen } from '../../components/screen.tsx'
import { texts } from '../../texts.ts'

export function Resident({ id }: { readonly id: string }): ReactNode {
  return <Screen title={texts.navigation.residents}>{id}</Screen>
}
