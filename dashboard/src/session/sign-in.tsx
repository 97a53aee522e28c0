import { type ReactNode, useState } from 'react'
import { Button, Form } from 'react-aria-components'
import { TextInput } from '../components/fields.tsx'
import { settings } from '../settings.ts'
import { texts } from '../texts.ts'
import { type SessionEnd, signIn } from './session.ts'
import styles from './sign-in.module.css'

/** Asks for a credential. The address stays as it is, so that the sign-in leads to the screen that was asked for. */
export function SignIn({ end }: { readonly end: SessionEnd | null }): ReactNode {
  const [key, setKey] = useState('')
  const [errors, setErrors] = useState<Record<string, string>>({})
  return (
    <main className={styles.page}>
      <div className={styles.card}>
        <h1>{texts.appName}</h1>
        <p className="muted">{texts.signIn.lead}</p>
        {end === null ? null : (
          <p role="alert" className={styles.end}>
            {texts.signIn.ends[end]}
          </p>
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
            autoFocus
            description={texts.signIn.apiKeyHint}
            value={key}
            onChange={(value) => {
              setKey(value)
              setErrors({})
            }}
          />
          <Button type="submit" className="react-aria-Button primary">
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
