import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { Screen } from '../components/screen.tsx'
import { Empty } from '../components/states.tsx'
import { texts } from '../texts.ts'

export function NotFound(): ReactNode {
  return (
    <Screen title={texts.navigation.notFound}>
      <Empty title={texts.navigation.notFoundDetail}>
        <Link href="/">{texts.navigation.toOverview}</Link>
      </Empty>
    </Screen>
  )
}
