import { type ReactNode, useState } from 'react'
import { ModalDialog } from '../../components/modal-dialog.tsx'
import { useMutationForm } from '../../components/use-mutation-form.ts'
import { FormsRevokeCredentialDocument } from '../../graph/generated/graphql.ts'
import { texts } from '../../texts.ts'
import { MutationForm } from './mutation-form.tsx'
import { ChangeOutcome, useChangedIds } from './outcome.tsx'
import type { CredentialDialogProps } from './resident.ts'

/** Asks before a credential is revoked. */
export function RevokeDialog({
  credential,
  name,
  resident: { displayName },
  onClose,
}: CredentialDialogProps): ReactNode {
  const form = useMutationForm(FormsRevokeCredentialDocument, (data) => data.revokeCredential, [])
  const changedIds = useChangedIds()
  const [isAccepted, setIsAccepted] = useState(false)
  return (
    <ModalDialog
      isOpen
      role="alertdialog"
      title={texts.actions.credentialTitle(texts.actions.revoke, name, displayName)}
      onClose={onClose}
    >
      {isAccepted ? (
        <ChangeOutcome
          subjectId={credential.id}
          changedIds={changedIds}
          message={texts.actions.done.revoke}
          onClose={onClose}
        />
      ) : (
        <MutationForm
          form={form}
          submitLabel={texts.actions.revoke}
          isDanger
          onCancel={onClose}
          onSubmit={async () =>
            setIsAccepted((await form.submit({ acsCredentialId: credential.id })) !== null)
          }
        >
          <p>{texts.actions.revokeDetail}</p>
        </MutationForm>
      )}
    </ModalDialog>
  )
}
