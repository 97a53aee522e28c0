import { type ReactNode, useState } from 'react'
import { Button } from 'react-aria-components'
import { ModalDialog } from '../../components/modal-dialog.tsx'
import { useMutationForm } from '../../components/use-mutation-form.ts'
import {
  FormsCancelMoveOutDocument,
  type FormsCancelMoveOutMutation,
  type MoveOutUserFragment,
} from '../../graph/generated/graphql.ts'
import { texts } from '../../texts.ts'
import formStyles from '../forms/forms.module.css'
import { MutationForm } from '../forms/mutation-form.tsx'
import { Steps } from '../forms/steps.tsx'

/** Asks before a scheduled move-out is canceled, and says which credentials were replaced. */
export function CancelMoveOutDialog({
  resident: { id, displayName },
  onClose,
}: {
  readonly resident: MoveOutUserFragment
  readonly onClose: () => void
}): ReactNode {
  const form = useMutationForm(FormsCancelMoveOutDocument, ({ cancelMoveOut }) => cancelMoveOut, [])
  const [payload, setPayload] = useState<FormsCancelMoveOutMutation['cancelMoveOut'] | null>(null)
  return (
    <ModalDialog isOpen role="alertdialog" title={texts.moveOuts.cancelTitle} onClose={onClose}>
      {payload === null ? (
        <MutationForm
          form={form}
          submitLabel={texts.moveOuts.cancel}
          cancelLabel={texts.moveOuts.keep}
          onCancel={onClose}
          onSubmit={async () => setPayload(await form.submit({ acsUserId: id }))}
        >
          <p>{texts.moveOuts.cancelDetail(displayName)}</p>
          <Steps steps={form.rejected?.steps ?? []} />
        </MutationForm>
      ) : (
        <>
          <p role="status" className={formStyles.success}>
            {texts.moveOuts.canceled(displayName)}
          </p>
          {payload.acsCredentials.length === 0 ? null : (
            <p className={formStyles.note}>{texts.moveOuts.newPins}</p>
          )}
          <div className={formStyles.buttons}>
            <Button autoFocus className="react-aria-Button primary" onPress={onClose}>
              {texts.form.close}
            </Button>
          </div>
        </>
      )}
    </ModalDialog>
  )
}
