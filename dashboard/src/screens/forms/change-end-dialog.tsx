import { type ReactNode, useState } from 'react'
import { formatTime } from '../../components/building-time.tsx'
import { ModalDialog } from '../../components/modal-dialog.tsx'
import { useMutationForm } from '../../components/use-mutation-form.ts'
import {
  FormsUpdateCredentialDocument,
  type FormsUpdateCredentialMutation,
} from '../../graph/generated/graphql.ts'
import { texts } from '../../texts.ts'
import styles from './forms.module.css'
import { MutationForm } from './mutation-form.tsx'
import { ChangeOutcome, CredentialOutcome, useChangedIds } from './outcome.tsx'
import type { CredentialDialogProps } from './resident.ts'
import { EndField, getFormZone } from './schedule-fields.tsx'

/** Changes the end of a credential. Without an end, Seam requires a new credential. */
export function ChangeEndDialog({
  credential,
  name,
  resident: { acsSystem, displayName },
  onClose,
}: CredentialDialogProps): ReactNode {
  const form = useMutationForm(FormsUpdateCredentialDocument, (data) => data.updateCredential, ['endsAt'])
  const changedIds = useChangedIds()
  const [endsAt, setEndsAt] = useState(credential.endsAt)
  const [payload, setPayload] = useState<FormsUpdateCredentialMutation['updateCredential'] | null>(null)
  const zone = getFormZone(acsSystem.timeZone)
  const message = texts.actions.done.changeEnd(endsAt === null ? null : formatTime(endsAt, zone))
  return (
    <ModalDialog
      isOpen
      title={texts.actions.credentialTitle(texts.actions.changeEnd, name, displayName)}
      onClose={onClose}
    >
      {payload === null ? (
        <MutationForm
          form={form}
          submitLabel={texts.actions.changeEnd}
          onCancel={onClose}
          onSubmit={async () => setPayload(await form.submit({ acsCredentialId: credential.id, endsAt }))}
        >
          <EndField
            label={texts.actions.newEnd}
            value={endsAt}
            onChange={setEndsAt}
            timeZone={zone}
            autoFocus
          />
          {endsAt === null && credential.endsAt !== null ? (
            <p className={styles.note}>{texts.actions.noEndWarning[credential.accessMethod]}</p>
          ) : null}
        </MutationForm>
      ) : payload.replaced === null ? (
        <ChangeOutcome
          subjectId={credential.id}
          changedIds={changedIds}
          message={message}
          onClose={onClose}
        />
      ) : (
        <CredentialOutcome credential={payload.acsCredential} message={message} onClose={onClose} />
      )}
    </ModalDialog>
  )
}
