import { type ReactNode, useEffect, useRef } from 'react'
import { Button, Form } from 'react-aria-components'
import { FormErrors } from '../../components/form-errors.tsx'
import { texts } from '../../texts.ts'
import styles from './forms.module.css'

/** The part of `useMutationForm` that the frame of a form needs. */
export type FormState = {
  readonly isSending: boolean
  readonly fieldErrors: Record<string, string[]>
  readonly formErrors: readonly string[]
}

/** Frame of a form: fields, errors of the server, and buttons. After a refusal the focus moves to the first field with an error. */
export function MutationForm({
  form,
  submitLabel,
  cancelLabel = texts.form.cancel,
  isDanger = false,
  isSubmitShown = true,
  onSubmit,
  onCancel,
  children,
}: {
  readonly form: FormState
  readonly submitLabel: string
  readonly cancelLabel?: string
  readonly isDanger?: boolean
  readonly isSubmitShown?: boolean
  readonly onSubmit: () => void
  readonly onCancel?: () => void
  readonly children: ReactNode
}): ReactNode {
  const element = useRef<HTMLFormElement>(null)
  useEffect(() => {
    if (Object.keys(form.fieldErrors).length === 0) return
    const field = element.current?.querySelector('[data-invalid]')
    const control = field?.querySelector<HTMLElement>('input, button, [role="spinbutton"], [role="listbox"]')
    control?.focus()
  }, [form.fieldErrors])
  return (
    <Form
      ref={element}
      className={styles.form ?? ''}
      validationErrors={form.fieldErrors}
      onSubmit={(event) => {
        event.preventDefault()
        if (!form.isSending) onSubmit()
      }}
    >
      <FormErrors messages={form.formErrors} />
      {children}
      <div className={styles.buttons}>
        {onCancel === undefined ? null : <Button onPress={onCancel}>{cancelLabel}</Button>}
        {isSubmitShown ? (
          <Button
            type="submit"
            className={`react-aria-Button ${isDanger ? 'danger' : 'primary'}`}
            isPending={form.isSending}
          >
            {form.isSending ? texts.form.sending : submitLabel}
          </Button>
        ) : null}
      </div>
    </Form>
  )
}
