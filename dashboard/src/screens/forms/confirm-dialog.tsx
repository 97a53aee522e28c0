import type { ReactNode } from 'react'
import { Button } from 'react-aria-components'
import { FormErrors } from '../../components/form-errors.tsx'
import { ModalDialog } from '../../components/modal-dialog.tsx'
import { texts } from '../../texts.ts'
import { Outcome } from '../forms/outcome.tsx'
import styles from './settings.module.css'

/** Asks before an action that cannot be undone. Shows the outcome, if there is a text for it. */
export function ConfirmDialog({
  title,
  action,
  isDangerous = false,
  isSending,
  errors,
  outcome = null,
  onConfirm,
  onClose,
  children,
}: {
  readonly title: string
  readonly action: string
  readonly isDangerous?: boolean
  readonly isSending: boolean
  readonly errors: readonly string[]
  /** What an accepted action achieved. */
  readonly outcome?: string | null
  readonly onConfirm: () => void
  readonly onClose: () => void
  readonly children: ReactNode
}): ReactNode {
  if (outcome !== null)
    return (
      <ModalDialog title={title} isOpen onClose={onClose}>
        <Outcome isWaiting={false} message={outcome} onClose={onClose} />
      </ModalDialog>
    )
  return (
    <ModalDialog title={title} isOpen onClose={onClose}>
      <FormErrors messages={errors} />
      {children}
      <div className={styles.buttons}>
        <Button autoFocus onPress={onClose}>
          {texts.form.cancel}
        </Button>
        <Button
          className={`react-aria-Button ${isDangerous ? 'danger' : 'primary'}`}
          isDisabled={isSending}
          onPress={onConfirm}
        >
          {isSending ? texts.form.sending : action}
        </Button>
      </div>
    </ModalDialog>
  )
}
