import { type ReactNode, useState } from 'react'
import { Button, Form } from 'react-aria-components'
import { TextInput } from '../components/text-input.tsx'
import { settings } from '../settings.ts'
import { texts } from '../texts.ts'
import { LoginButton } from './login-button.tsx'
import { type SessionEnd, signIn } from './session.ts'
import styles from './sign-in.module.css'

/** Asks for a credential. The address stays as it is, so that the sign-in leads to the screen that was asked for. */
export function SignIn({
  end,
  loginError,
}: {
  readonly end: SessionEnd | null
  /** Why the last login at the issuer failed, as a sentence. */
  readonly loginError: string | null
}): ReactNode {
  const alert = end === null ? loginError : texts.signIn.ends[end]
  const [key, setKey] = useState('')
  const [errors, setErrors] = useState<Record<string, string>>({})
  return (
    <main className={styles.page}>
      <div className={styles.card}>
        <h1>{texts.appName}</h1>
        <p className="muted">{texts.signIn.lead}</p>
        {alert === null ? null : (
          <p role="alert" className={`${styles.end} ${end === 'signed-out' ? styles.remark : ''}`}>
            {alert}
          </p>
        )}
        {settings.login === null ? null : !window.isSecureContext ? (
          // The browser has no functions for the proof key of a login then.
          <p>{texts.signIn.needsHttps}</p>
        ) : (
          <>
            <LoginButton login={settings.login} />
            <p className={styles.or}>{texts.signIn.or}</p>
          </>
        )}
        <Form
          className={styles.form ?? ''}
          validationErrors={errors}
          onSubmit={(event) => {
            event.preventDefault()
            const value = key.trim()
            if (value === '') return setErrors({ key: texts.signIn.required })
            signIn({ kind: 'api-key', value })
          }}
        >
          <TextInput
            label={texts.signIn.apiKey}
            name="key"
            type="password"
            autoComplete="off"
            autoFocus={settings.login === null}
            description={texts.signIn.apiKeyHint}
            value={key}
            onChange={(value) => {
              setKey(value)
              setErrors({})
            }}
          />
          <Button type="submit" className={`react-aria-Button ${settings.login === null ? 'primary' : ''}`}>
            {texts.signIn.submit}
          </Button>
        </Form>
        {settings.isDemo ? (
          <Button onPress={() => signIn({ kind: 'demo' })}>{texts.signIn.openDemo}</Button>
        ) : null}
        <p className="muted small">{texts.signIn.create}</p>
      </div>
    </main>
  )
}
