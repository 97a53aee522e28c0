import { type ReactNode, useState } from 'react'
import { ModalDialog } from '../../components/modal-dialog.tsx'
import { useMutationForm } from '../../components/use-mutation-form.ts'
import { FormsIssueCodeDocument, type FormsIssueCodeMutation } from '../../graph/generated/graphql.ts'
import { useHasScope } from '../../graph/graph.tsx'
import { useEntrances } from '../../graph/use-entrances.ts'
import { texts } from '../../texts.ts'
import { EntranceChoice } from './entrance-choice.tsx'
import { MutationForm } from './mutation-form.tsx'
import { CredentialOutcome } from './outcome.tsx'
import type { ActionDialogProps } from './resident.ts'
import { getCurrentMinute, ScheduleFields } from './schedule-fields.tsx'

/** Issues a PIN for one entrance. */
export function IssuePinDialog({
  resident,
  initialEntranceId,
  onClose,
}: ActionDialogProps & { readonly initialEntranceId: string | undefined }): ReactNode {
  const { acsSystem, displayName } = resident
  const form = useMutationForm(FormsIssueCodeDocument, ({ issueCode }) => issueCode, [
    'acsEntranceId',
    'startsAt',
    'endsAt',
  ])
  const canReadPins = useHasScope('CODES_READ')
  const entrances = useEntrances(acsSystem.id)
  const [entranceIds, setEntranceIds] = useState<readonly string[]>(
    initialEntranceId === undefined ? [] : [initialEntranceId],
  )
  const [startsAt, setStartsAt] = useState<string | null>(getCurrentMinute)
  const [endsAt, setEndsAt] = useState<string | null>(null)
  const [isMissing, setIsMissing] = useState(false)
  const [payload, setPayload] = useState<FormsIssueCodeMutation['issueCode'] | null>(null)

  async function submit(): Promise<void> {
    const [acsEntranceId] = entranceIds
    setIsMissing(acsEntranceId === undefined)
    if (acsEntranceId === undefined) return
    setPayload(await form.submit({ acsUserId: resident.id, acsEntranceId, startsAt, endsAt }))
  }

  return (
    <ModalDialog isOpen title={texts.actions.of(texts.actions.issuePin, displayName)} onClose={onClose}>
      {payload !== null ? (
        <CredentialOutcome
          credential={payload.acsCredential}
          message={texts.actions.done.issuePin}
          waitingHint={canReadPins ? texts.actions.pinHint : texts.actions.pinGenerated}
          issuedHint={canReadPins ? texts.actions.pinShown(texts.residents.code.show) : null}
          onClose={onClose}
        />
      ) : (
        <MutationForm
          form={form}
          submitLabel={texts.actions.issuePin}
          onCancel={onClose}
          onSubmit={() => void submit()}
        >
          <EntranceChoice
            label={texts.actions.pinEntrance}
            method="code"
            isSingle
            entrances={entrances}
            selected={entranceIds}
            onChange={(ids) => {
              setEntranceIds(ids)
              setIsMissing(false)
            }}
            errors={isMissing ? [texts.actions.pinChosen] : (form.fieldErrors.acsEntranceId ?? [])}
          />
          <ScheduleFields
            timeZone={acsSystem.timeZone}
            startsAt={startsAt}
            endsAt={endsAt}
            onStartChange={setStartsAt}
            onEndChange={setEndsAt}
          />
        </MutationForm>
      )}
    </ModalDialog>
  )
}
