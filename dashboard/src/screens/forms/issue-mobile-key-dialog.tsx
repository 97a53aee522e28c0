import { type ReactNode, useState } from 'react'
import { ModalDialog } from '../../components/modal-dialog.tsx'
import { useMutationForm } from '../../components/use-mutation-form.ts'
import {
  FormsIssueMobileKeyDocument,
  type FormsIssueMobileKeyMutation,
} from '../../graph/generated/graphql.ts'
import { useEntrances } from '../../graph/use-entrances.ts'
import { texts } from '../../texts.ts'
import { EntranceChoice } from './entrance-choice.tsx'
import { MutationForm } from './mutation-form.tsx'
import { CredentialOutcome } from './outcome.tsx'
import type { ActionDialogProps } from './resident.ts'
import { findIdentityConflict, SamePersonQuestion } from './same-person-question.tsx'
import { getCurrentMinute, ScheduleFields } from './schedule-fields.tsx'

/** Issues a mobile key for one or more entrances. */
export function IssueMobileKeyDialog({
  resident,
  initialEntranceId,
  onClose,
}: ActionDialogProps & { readonly initialEntranceId: string | undefined }): ReactNode {
  const { acsSystem, displayName } = resident
  const form = useMutationForm(FormsIssueMobileKeyDocument, ({ issueMobileKey }) => issueMobileKey, [
    'acsEntranceIds',
    'startsAt',
    'endsAt',
  ])
  const entrances = useEntrances(acsSystem.id)
  const [acsEntranceIds, setEntranceIds] = useState<readonly string[]>(
    initialEntranceId === undefined ? [] : [initialEntranceId],
  )
  const [startsAt, setStartsAt] = useState<string | null>(getCurrentMinute)
  const [endsAt, setEndsAt] = useState<string | null>(null)
  const [isMissing, setIsMissing] = useState(false)
  const [payload, setPayload] = useState<FormsIssueMobileKeyMutation['issueMobileKey'] | null>(null)
  const conflict = findIdentityConflict(form.errors)

  async function submit(sameUser?: boolean): Promise<void> {
    setIsMissing(acsEntranceIds.length === 0)
    if (acsEntranceIds.length === 0) return
    const input = { acsUserId: resident.id, acsEntranceIds: [...acsEntranceIds], startsAt, endsAt }
    setPayload(await form.submit(sameUser === undefined ? input : { ...input, sameUser }))
  }

  return (
    <ModalDialog isOpen title={texts.actions.of(texts.actions.issueMobileKey, displayName)} onClose={onClose}>
      {payload !== null ? (
        <CredentialOutcome
          credential={payload.acsCredential}
          message={texts.actions.done.issueMobileKey}
          onClose={onClose}
        />
      ) : (
        <MutationForm
          form={form}
          submitLabel={texts.actions.issueMobileKey}
          isSubmitShown={conflict === undefined}
          onCancel={onClose}
          onSubmit={() => void submit()}
        >
          <EntranceChoice
            label={texts.forms.mobileKeyFor}
            method="mobileKey"
            entrances={entrances}
            selected={acsEntranceIds}
            onChange={(ids) => {
              setEntranceIds(ids)
              setIsMissing(false)
            }}
            errors={isMissing ? [texts.actions.mobileKeyChosen] : (form.fieldErrors.acsEntranceIds ?? [])}
          />
          <ScheduleFields
            timeZone={acsSystem.timeZone}
            startsAt={startsAt}
            endsAt={endsAt}
            onStartChange={setStartsAt}
            onEndChange={setEndsAt}
          />
          {conflict === undefined ? null : (
            <SamePersonQuestion
              conflict={conflict}
              isSending={form.isSending}
              onAnswer={(isSame) => void submit(isSame)}
            />
          )}
        </MutationForm>
      )}
    </ModalDialog>
  )
}
