import { type ReactNode, useState } from 'react'
import { ModalDialog } from '../../components/modal-dialog.tsx'
import { useMutationForm } from '../../components/use-mutation-form.ts'
import { type CredentialRowFragment, FormsRevokeCredentialDocument } from '../../graph/generated/graphql.ts'
import { texts } from '../../texts.ts'
import { MutationForm } from './mutation-form.tsx'
import { ChangeOutcome, useChangedIds } from './outcome.tsx'
import type { ActionDialogProps } from './resident.ts'

/** Asks before a credential is revoked. */
export function RevokeDialog({
  credential,
  resident: { displayName },
  onClose,
}: ActionDialogProps & { readonly credential: CredentialRowFragment }): ReactNode {
  const form = useMutationForm(FormsRevokeCredentialDocument, (data) => data.revokeCredential, [])
  const changedIds = useChangedIds()
  const [isAccepted, setIsAccepted] = useState(false)
  const name = texts.accessMethods[credential.accessMethod]
  return (
    <ModalDialog
      isOpen
      role="alertdialog"
      title={texts.actions.of(texts.actions.revoke, name)}
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
          <p>{texts.actions.revokeDetail(name, displayName)}</p>
        </MutationForm>
      )}
    </ModalDialog>
  )
}
