import { type ReactNode, useState } from 'react'
import { ModalDialog } from '../../components/modal-dialog.tsx'
import { useMutationForm } from '../../components/use-mutation-form.ts'
import { FormsSuspendDocument, FormsUnsuspendDocument } from '../../graph/generated/graphql.ts'
import { texts } from '../../texts.ts'
import { type FormState, MutationForm } from './mutation-form.tsx'
import { ChangeOutcome, useChangedIds } from './outcome.tsx'
import type { ActionDialogProps } from './resident.ts'

/** Asks before a resident is suspended. */
export function SuspendDialog(props: ActionDialogProps): ReactNode {
  const form = useMutationForm(FormsSuspendDocument, ({ suspendAcsUser }) => suspendAcsUser, [])
  return (
    <SuspensionDialog
      {...props}
      form={form}
      title={texts.actions.suspend}
      detail={texts.actions.suspendDetail(props.resident.displayName)}
      message={texts.actions.done.suspend(props.resident.displayName)}
      isDanger
    />
  )
}

/** Asks before the suspension of a resident ends. */
export function UnsuspendDialog(props: ActionDialogProps): ReactNode {
  const form = useMutationForm(FormsUnsuspendDocument, ({ unsuspendAcsUser }) => unsuspendAcsUser, [])
  return (
    <SuspensionDialog
      {...props}
      form={form}
      title={texts.actions.unsuspend}
      detail={texts.actions.unsuspendDetail(props.resident.displayName)}
      message={texts.actions.done.unsuspend(props.resident.displayName)}
      isDanger={false}
    />
  )
}

type SuspensionForm = FormState & {
  submit(input: { readonly acsUserId: string }): Promise<unknown>
}

function SuspensionDialog({
  resident: { id, displayName },
  onClose,
  form,
  title,
  detail,
  message,
  isDanger,
}: ActionDialogProps & {
  readonly form: SuspensionForm
  readonly title: string
  readonly detail: string
  readonly message: string
  readonly isDanger: boolean
}): ReactNode {
  const changedIds = useChangedIds()
  const [isAccepted, setIsAccepted] = useState(false)
  return (
    <ModalDialog isOpen role="alertdialog" title={texts.actions.of(title, displayName)} onClose={onClose}>
      {isAccepted ? (
        <ChangeOutcome subjectId={id} changedIds={changedIds} message={message} onClose={onClose} />
      ) : (
        <MutationForm
          form={form}
          submitLabel={title}
          isDanger={isDanger}
          onCancel={onClose}
          onSubmit={async () => setIsAccepted((await form.submit({ acsUserId: id })) !== null)}
        >
          <p>{detail}</p>
        </MutationForm>
      )}
    </ModalDialog>
  )
}
