import { type ReactNode, useEffect } from 'react'
import { settings } from '../settings.ts'
import { texts } from '../texts.ts'
import { describeLoginError, finishLogin } from './login.ts'
import styles from './sign-in.module.css'

/** Shown when the issuer has returned to the page, until the gateway's credential is there. */
export function LoginReturn({ onEnd }: { readonly onEnd: (error: string | null) => void }): ReactNode {
  useEffect(() => {
    if (settings.login === null) return onEnd(null)
    finishLogin(settings.login).then(
      () => onEnd(null),
      (error) => onEnd(describeLoginError(error)),
    )
  }, [onEnd])
  return (
    <main className={styles.page}>
      <div className={styles.card}>
        <h1>{texts.appName}</h1>
        <p role="status">{texts.signIn.returning}</p>
      </div>
    </main>
  )
}
