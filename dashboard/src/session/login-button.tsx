import { type ReactNode, useState } from 'react'
import { Button } from 'react-aria-components'
import type { Settings } from '../settings.ts'
import { texts } from '../texts.ts'
import { describeLoginError, startLogin } from './login.ts'
import styles from './sign-in.module.css'

/** Leads to the login of the issuer. */
export function LoginButton({ login }: { readonly login: NonNullable<Settings['login']> }): ReactNode {
  const [isStarting, setIsStarting] = useState(false)
  const [error, setError] = useState<string | null>(null)

  async function start(): Promise<void> {
    setIsStarting(true)
    setError(null)
    try {
      await startLogin(login)
    } catch (cause) {
      setIsStarting(false)
      setError(describeLoginError(cause))
    }
  }
  return (
    <>
      <Button className="react-aria-Button primary" isPending={isStarting} onPress={() => void start()}>
        {isStarting ? texts.signIn.returning : texts.signIn.withLogin}
      </Button>
      {error === null ? null : (
        <p role="alert" className={styles.end}>
          {error}
        </p>
      )}
    </>
  )
}
