import { type ReactNode, useEffect, useRef } from 'react'
import { Button } from 'react-aria-components'
import type { UserError } from '../../components/use-mutation-form.ts'
import { texts } from '../../texts.ts'
import styles from './forms.module.css'

/** The refusal that asks whether a known user identity is the same person, or `undefined`. */
export function findIdentityConflict(errors: readonly UserError[]): UserError | undefined {
  return errors.find(({ code, userIdentityId }) => code === 'CONFLICT' && userIdentityId != null)
}

/** Asks whether a user identity with the same contact details belongs to the same person. */
export function SamePersonQuestion({
  conflict,
  isSending,
  onAnswer,
}: {
  readonly conflict: UserError
  readonly isSending: boolean
  readonly onAnswer: (isSame: boolean) => void
}): ReactNode {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus(), [])
  return (
    <section className={styles.note} aria-label={texts.forms.samePerson.title}>
      <div className={styles.outcome}>
        <h3 ref={heading} tabIndex={-1}>
          {texts.forms.samePerson.title}
        </h3>
        <p>{texts.forms.samePerson.detail}</p>
        <p className="muted small">{conflict.message}</p>
        <div className={styles.actions}>
          <Button isDisabled={isSending} onPress={() => onAnswer(true)}>
            {texts.forms.samePerson.same}
          </Button>
          <Button isDisabled={isSending} onPress={() => onAnswer(false)}>
            {texts.forms.samePerson.other}
          </Button>
        </div>
      </div>
    </section>
  )
}
