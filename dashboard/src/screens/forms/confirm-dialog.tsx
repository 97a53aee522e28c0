import { type ReactNode, useState } from 'react'
import { Button } from 'react-aria-components'
import { FormErrors } from '../../components/form-errors.tsx'
import { ModalDialog } from '../../components/modal-dialog.tsx'
import { texts } from '../../texts.ts'
import styles from './forms.module.css'
import type { FormState } from './mutation-form.tsx'
import { Outcome } from './outcome.tsx'

/**
 * Asks before an action, and then shows what it achieved until the dialog is closed. An object that the action removes takes what it shows
 * with it, so the dialog belongs to the list, not to the line of the object.
 */
export function ConfirmDialog({
  title,
  action,
  isDangerous = false,
  form: { isSending, formErrors },
  outcome,
  onConfirm,
  onClose,
  children,
}: {
  readonly title: string
  readonly action: string
  /** Whether the action cannot be undone. */
  readonly isDangerous?: boolean
  readonly form: Pick<FormState, 'isSending' | 'formErrors'>
  /** What an accepted action achieved. Without it, the caller closes the dialog. */
  readonly outcome?: string
  /** Resolves to whether the server accepted the action. */
  readonly onConfirm: () => Promise<boolean>
  readonly onClose: () => void
  readonly children: ReactNode
}): ReactNode {
  const [isAccepted, setIsAccepted] = useState(false)
  return (
    <ModalDialog title={title} isOpen onClose={onClose}>
      {isAccepted && outcome !== undefined ? (
        <Outcome isWaiting={false} message={outcome} onClose={onClose} />
      ) : (
        <>
          <FormErrors messages={formErrors} />
          {children}
          <div className={styles.buttons}>
            <Button autoFocus onPress={onClose}>
              {texts.form.cancel}
            </Button>
            <Button
              className={`react-aria-Button ${isDangerous ? 'danger' : 'primary'}`}
              isDisabled={isSending}
              onPress={() => void onConfirm().then(setIsAccepted)}
            >
              {isSending ? texts.form.sending : action}
            </Button>
          </div>
        </>
      )}
    </ModalDialog>
  )
}
