import type { ReactNode } from 'react'
import { Button } from 'react-aria-components'
import type { CombinedError } from 'urql'
import { ErrorState } from '../components/states.tsx'
import { texts } from '../texts.ts'
import { endSession } from './session.ts'
import styles from './sign-in.module.css'

/** The first request failed, so there is nothing to show. It is sent again until it succeeds. */
export function StartError({ error }: { readonly error: CombinedError }): ReactNode {
  return (
    <main className={styles.page}>
      <div className={styles.card}>
        <h1>{texts.appName}</h1>
        <ErrorState error={error} />
        <Button onPress={() => endSession('signed-out')}>{texts.navigation.signOut}</Button>
      </div>
    </main>
  )
}
